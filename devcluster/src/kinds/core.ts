import { child, fill, isRecord, recordOf, recordsOf, stringOf } from '../contract/json.ts';
import { forbidden, immutableText, invalid, required, unsupported } from '../contract/problems.ts';
import { fillNull } from './pod.ts';
import type { FieldProblem, KindStrategy } from '../contract/strategy.ts';
import { dnsLabel } from '../text/syntax.ts';

const ownLabel = 'kubernetes.io/metadata.name';

export const namespace: KindStrategy = {
  name: 'namespace',
  default(object) {
    const name = stringOf(object.metadata['name']);
    if (name !== '') child(object.metadata, 'labels')[ownLabel] = name;
    fill(child(object, 'status'), { phase: 'Active' });
    for (const condition of recordsOf(recordOf(object['status'])['conditions'])) {
      fillNull(condition, ['lastTransitionTime']);
    }
  },
  prepareForCreate(object) {
    object['status'] = { phase: 'Active' };
    child(object.metadata, 'labels')[ownLabel] = stringOf(object.metadata['name']);
    const spec = child(object, 'spec');
    const finalizers: unknown[] = Array.isArray(spec['finalizers']) ? spec['finalizers'] : [];
    if (!finalizers.includes('kubernetes')) spec['finalizers'] = [...finalizers, 'kubernetes'];
  },
  prepareForUpdate(object, old) {
    child(object, 'spec')['finalizers'] = recordOf(old['spec'])['finalizers'];
  },
  validateStatusUpdate(object) {
    const phase = recordOf(object['status'])['phase'];
    const isEnding = object.metadata.deletionTimestamp !== undefined;
    if (!isEnding && phase !== 'Active') {
      return [invalid('status.Phase', phase ?? '', "may only be 'Active' if `deletionTimestamp` is empty")];
    }
    if (isEnding && phase !== 'Terminating') {
      return [invalid('status.Phase', phase ?? '', "may only be 'Terminating' if `deletionTimestamp` is not empty")];
    }
    return [];
  },
};

export const serviceAccount: KindStrategy = {
  returnsDeleted: true,
};

export const node: KindStrategy = {
  default(object) {
    const status = child(object, 'status');
    if (isRecord(status['capacity'])) fill(status, { allocatable: { ...status['capacity'] } });
    for (const condition of recordsOf(status['conditions'])) {
      fillNull(condition, ['lastHeartbeatTime', 'lastTransitionTime']);
    }
  },
};

export const event: KindStrategy = {
  createOnUpdate: true,
  alwaysWritten: [['reportingComponent'], ['reportingInstance']],
  default(object) {
    fillNull(object, ['firstTimestamp', 'lastTimestamp', 'eventTime']);
    fill(object, { reportingComponent: '', reportingInstance: '' });
  },
  validate(object) {
    const involved = recordOf(object['involvedObject']);
    const namespace = stringOf(involved['namespace']);
    const own = object.metadata.namespace ?? '';
    if (namespace === '' ? own === 'default' || own === 'kube-system' || own !== '' : namespace === own) {
      return [];
    }
    return [invalid('involvedObject.namespace', namespace, 'does not match event.namespace')];
  },
};

/** events.k8s.io names the same fields differently. */
export const newEvent: KindStrategy = {
  createOnUpdate: true,
  default(object) {
    fillNull(object, ['deprecatedFirstTimestamp', 'deprecatedLastTimestamp', 'eventTime']);
  },
};

export const lease: KindStrategy = {
  // of coordinated leader election, which is off
  default(object) {
    const spec = recordOf(object['spec']);
    delete spec['strategy'];
    delete spec['preferredHolder'];
  },
  createOnUpdate: true,
  updateNeedsVersion: true,
  validate(object) {
    const spec = recordOf(object['spec']);
    const seconds = spec['leaseDurationSeconds'];
    const transitions = spec['leaseTransitions'];
    const problems = [];
    if (typeof seconds === 'number' && seconds <= 0) {
      problems.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
    }
    if (typeof transitions === 'number' && transitions < 0) {
      problems.push(invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
    }
    return problems;
  },
};

export const resourceQuota: KindStrategy = {
  returnsDeleted: true,
  default: (object) => {
    child(object, 'status');
  },
  prepareForCreate(object) {
    object['status'] = {};
  },
};

export const limitRange: KindStrategy = {
  createOnUpdate: true,
  default(object) {
    for (const limit of recordsOf(recordOf(object['spec'])['limits'])) {
      if (limit['type'] !== 'Container') continue;
      const limits = child(limit, 'default');
      fill(limits, recordOf(limit['max']));
      const requests = child(limit, 'defaultRequest');
      fill(requests, limits);
      fill(requests, recordOf(limit['min']));
    }
  },
};

export const priorityClass: KindStrategy = {
  hasGeneration: true,
  alwaysWritten: [['value']],
  default: (object) => {
    fill(object, { preemptionPolicy: 'PreemptLowerPriority', value: 0 });
  },
  validate(object) {
    const name = object.metadata.name ?? '';
    const value = Number(object['value'] ?? 0);
    const highest = 1_000_000_000;
    const problems = preemptionProblems(object['preemptionPolicy']);
    if (!name.startsWith('system-') && value > highest) {
      problems.push(forbidden('value', `maximum allowed value of a user defined priority is ${highest}`));
    }
    return problems;
  },
  validateUpdate: (object, old) => [
    ...(object['value'] === old['value'] ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...(object['preemptionPolicy'] === old['preemptionPolicy']
      ? []
      : [invalid('preemptionPolicy', object['preemptionPolicy'], immutableText)]),
  ],
};

const preemptions = ['Never', 'PreemptLowerPriority'];

function preemptionProblems(policy: unknown): FieldProblem[] {
  return preemptions.includes(stringOf(policy)) ? [] : [unsupported('preemptionPolicy', policy, preemptions)];
}

export const runtimeClass: KindStrategy = {
  validate(object) {
    const handler = stringOf(object['handler']);
    return handler === '' ? [required('handler')] : dnsLabel(handler).map((text) => invalid('handler', handler, text));
  },
  validateUpdate: (object, old) =>
    object['handler'] === old['handler'] ? [] : [invalid('handler', object['handler'] ?? '', immutableText)],
};
