import type { KubeObject } from '../../../machinery/src/meta.ts';
import { child, copyJson, fill, isRecord, recordOf, recordsOf, sameJson, type JsonRecord } from '../contract/json.ts';
import { defaultPod } from './pod-defaults.ts';
import { podWarnings } from './pod-warnings.ts';
import { podSpecProblems } from './pod-validation.ts';
import { forbidden, invalid, required } from '../contract/problems.ts';
import { qosClass } from './qos.ts';
import type { FieldProblem, KindStrategy, MutableObject } from '../contract/strategy.ts';

export const pod: KindStrategy = {
  hasGeneration: true,
  returnsDeleted: true,
  default(object) {
    defaultPod(child(object, 'spec'));
    nullTimes(recordOf(object['status']));
  },
  prepareForCreate(object) {
    const spec = child(object, 'spec');
    object['status'] = { phase: 'Pending', qosClass: qosClass(spec) };
    if (recordsOf(spec['schedulingGates']).length > 0) {
      const condition = { lastProbeTime: null, lastTransitionTime: null, status: 'False', type: 'PodScheduled' };
      recordOf(object['status'])['conditions'] = [
        { ...condition, reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' },
      ];
    }
  },
  prepareForStatusUpdate(object, old) {
    keepOwners(object, old);
    fill(child(object, 'status'), { qosClass: recordOf(old['status'])['qosClass'] });
  },
  validate: (object) => podSpecProblems(recordOf(object['spec']), 'spec'),
  validateCreate: (object) =>
    recordsOf(recordOf(object['spec'])['ephemeralContainers']).length === 0
      ? []
      : [forbidden('spec.ephemeralContainers', 'cannot be set on create')],
  validateUpdate: podUpdateProblems,
  validateSubresource: { ephemeralcontainers: ephemeralProblems },
  warnings: (object) => podWarnings(recordOf(object['spec']), 'spec'),
};

/** Times that Kubernetes writes as null when they are not set. */
function nullTimes(status: JsonRecord): void {
  for (const condition of recordsOf(status['conditions'])) {
    fillNull(condition, ['lastProbeTime', 'lastTransitionTime']);
  }
  for (const list of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses']) {
    for (const container of recordsOf(status[list])) {
      for (const state of [recordOf(container['state']), recordOf(container['lastState'])]) {
        if (isRecord(state['running'])) fillNull(state['running'], ['startedAt']);
        if (isRecord(state['terminated'])) fillNull(state['terminated'], ['startedAt', 'finishedAt']);
      }
    }
  }
}

export function fillNull(target: JsonRecord, keys: readonly string[]): void {
  for (const key of keys) if (target[key] === undefined) target[key] = null;
}

function keepOwners(object: MutableObject, old: KubeObject): void {
  if (old.metadata.ownerReferences === undefined) delete object.metadata['ownerReferences'];
  else object.metadata['ownerReferences'] = copyJson(old.metadata.ownerReferences);
}

function podUpdateProblems(object: KubeObject, old: KubeObject): FieldProblem[] {
  const spec = recordOf(object['spec']);
  const before = recordOf(old['spec']);
  const problems: FieldProblem[] = [];
  const now = recordsOf(spec['containers']);
  const then = recordsOf(before['containers']);
  if (now.length !== then.length) {
    return [forbidden('spec.containers', 'pod updates may not add or remove containers')];
  }
  if (recordsOf(spec['initContainers']).length !== recordsOf(before['initContainers']).length) {
    return [forbidden('spec.initContainers', 'pod updates may not add or remove containers')];
  }
  problems.push(...deadlineProblems(spec['activeDeadlineSeconds'], before['activeDeadlineSeconds']));
  if (!sameJson(fixedPart(spec, before), before)) {
    problems.push(forbidden('spec', `${onlyThese}\n${difference(fixedPart(spec, before), before)}`));
  }
  return problems;
}

function deadlineProblems(now: unknown, before: unknown): FieldProblem[] {
  const field = 'spec.activeDeadlineSeconds';
  if (typeof before !== 'number') return [];
  if (typeof now !== 'number') return [invalid(field, null, 'must not update from a positive integer to nil value')];
  return now > before ? [invalid(field, now, 'must be less than or equal to previous value')] : [];
}

/** A debugging container never changes and never goes. */
function ephemeralProblems(object: KubeObject, old: KubeObject): FieldProblem[] {
  const field = 'spec.ephemeralContainers';
  const now = recordsOf(recordOf(object['spec'])['ephemeralContainers']);
  const { ephemeralContainers, ...before } = recordOf(old['spec']);
  const { ephemeralContainers: _now, ...rest } = recordOf(object['spec']);
  const problems = recordsOf(ephemeralContainers).flatMap((container) => {
    const { name } = container;
    const same = now.find((other) => other['name'] === name);
    if (same === undefined)
      return [forbidden(field, `existing ephemeral containers ${JSON.stringify(name)} may not be removed`)];
    const text = `existing ephemeral containers ${JSON.stringify(name)} may not be changed`;
    return sameJson(same, container) ? [] : [forbidden(field, `${text}\n${difference(same, container)}`)];
  });
  if (!sameJson(rest, before)) problems.push(forbidden('spec', `${onlyThese}\n${difference(rest, before)}`));
  return [
    ...problems,
    ...now.flatMap((container, i) => (container['image'] ? [] : [required(`${field}[${i}].image`)])),
  ];
}

const onlyThese =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** The new spec with everything that an update may change put back. */
function fixedPart(spec: JsonRecord, before: JsonRecord): JsonRecord {
  const rest = copyJson(spec);
  for (const list of ['containers', 'initContainers']) {
    recordsOf(rest[list]).forEach((container, i) => {
      container['image'] = recordsOf(before[list])[i]?.['image'];
    });
  }
  restore(rest, before, 'activeDeadlineSeconds');
  const tolerations = recordsOf(before['tolerations']);
  const kept = tolerations.every((t) => recordsOf(spec['tolerations']).some((other) => sameJson(t, other)));
  if (kept) restore(rest, before, 'tolerations');
  if (Number(before['terminationGracePeriodSeconds']) < 0 && spec['terminationGracePeriodSeconds'] === 1) {
    restore(rest, before, 'terminationGracePeriodSeconds');
  }
  if (recordsOf(spec['schedulingGates']).length < recordsOf(before['schedulingGates']).length) {
    restore(rest, before, 'schedulingGates');
  }
  return rest;
}

function restore(target: JsonRecord, before: JsonRecord, key: string): void {
  if (before[key] === undefined) Reflect.deleteProperty(target, key);
  else target[key] = copyJson(before[key]);
}

/** The fields that differ, as a person reads them: `-` before, `+` now. */
function difference(now: JsonRecord, before: JsonRecord): string {
  const keys = [...new Set([...Object.keys(now), ...Object.keys(before)])].sort();
  return keys
    .filter((key) => !sameJson(now[key], before[key]))
    .map((key) => `- ${key}: ${JSON.stringify(before[key])}\n+ ${key}: ${JSON.stringify(now[key])}\n`)
    .join('');
}
