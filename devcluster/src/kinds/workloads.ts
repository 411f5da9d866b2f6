import type { KubeObject } from '../../../machinery/src/meta.ts';
import {
  at,
  child,
  copyJson,
  fill,
  isRecord,
  recordOf,
  recordsOf,
  stringOf,
  type JsonRecord,
} from '../contract/json.ts';
import { defaultPodTemplate } from './pod-defaults.ts';
import {
  immutableFields,
  runningTemplateProblems,
  templateProblems,
  workloadSelectorProblems,
} from './pod-template.ts';
import { templateWarnings } from './pod-warnings.ts';
import { nonNegative } from './probe-validation.ts';
import { forbidden, invalid, required, Struct, unsupported } from '../contract/problems.ts';
import { isZero, rollingUpdateProblems, shareProblems } from './rolling-update.ts';
import type { FieldProblem, KindStrategy, MutableObject } from '../contract/strategy.ts';
import { changed } from './workload-generation.ts';
import { sameJson } from '../contract/json.ts';
import { dnsLabel } from '../text/syntax.ts';
import { claimSpecProblems, defaultClaim } from './volumes.ts';

function specOf(object: KubeObject | MutableObject): JsonRecord {
  return recordOf(object['spec']);
}

function emptyStatus(object: MutableObject): void {
  object['status'] = {};
}

function keepLabels(object: MutableObject, old: KubeObject): void {
  if (old.metadata.labels === undefined) delete object.metadata['labels'];
  else object.metadata['labels'] = copyJson(old.metadata.labels);
}

export const deployment: KindStrategy = {
  hasGeneration: true,
  warnings: templateWarnings,
  default(object) {
    const spec = child(object, 'spec');
    fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
    const strategy = child(spec, 'strategy');
    fill(strategy, { type: 'RollingUpdate' });
    if (strategy['type'] === 'RollingUpdate') {
      fill(child(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' });
    }
    defaultPodTemplate(child(spec, 'template'));
  },
  prepareForCreate: emptyStatus,
  prepareForStatusUpdate: keepLabels,
  validate(object) {
    const spec = specOf(object);
    return [
      ...nonNegative(spec['replicas'], 'spec.replicas'),
      ...workloadSelectorProblems(spec, 'deployment'),
      ...runningTemplateProblems(spec, 'spec', 'ReplicaSet'),
      ...strategyProblems(spec),
      ...nonNegative(spec['minReadySeconds'], 'spec.minReadySeconds'),
      ...nonNegative(spec['revisionHistoryLimit'], 'spec.revisionHistoryLimit'),
      ...deadlineProblems(spec),
    ];
  },
  validateUpdate: (object, old) => immutableFields(object['spec'], old['spec'], ['selector']),
  changesGeneration: (object, old) =>
    changed(object, old) || !sameJson(object.metadata.annotations ?? {}, old.metadata.annotations ?? {}),
};

function strategyProblems(spec: JsonRecord): FieldProblem[] {
  const strategy = recordOf(spec['strategy']);
  const field = 'spec.strategy';
  const rolling = strategy['rollingUpdate'];
  switch (strategy['type']) {
    case 'Recreate':
      return isRecord(rolling)
        ? [forbidden(`${field}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")]
        : [];
    case 'RollingUpdate':
      return isRecord(rolling)
        ? rollingUpdateProblems(rolling, `${field}.rollingUpdate`)
        : [required(`${field}.rollingUpdate`, 'this should be defaulted and never be nil')];
    default:
      return [unsupported(field, shownUpdate(strategy), ['Recreate', 'RollingUpdate'])];
  }
}

function deadlineProblems(spec: JsonRecord): FieldProblem[] {
  const field = 'spec.progressDeadlineSeconds';
  const deadline = spec['progressDeadlineSeconds'];
  if (typeof deadline !== 'number') return [];
  const problems = nonNegative(deadline, field);
  if (deadline <= Number(spec['minReadySeconds'] ?? 0)) {
    problems.push(invalid(field, deadline, 'must be greater than minReadySeconds'));
  }
  return problems;
}

export const replicaSet: KindStrategy = {
  hasGeneration: true,
  warnings: templateWarnings,
  default(object) {
    const spec = child(object, 'spec');
    fill(spec, { replicas: 1 });
    defaultPodTemplate(child(spec, 'template'));
  },
  prepareForCreate(object) {
    object['status'] = { replicas: 0 };
  },
  validate(object) {
    const spec = specOf(object);
    return [
      ...nonNegative(spec['replicas'], 'spec.replicas'),
      ...nonNegative(spec['minReadySeconds'], 'spec.minReadySeconds'),
      ...workloadSelectorProblems(spec, 'deployment'),
      ...runningTemplateProblems(spec, 'spec', 'ReplicaSet'),
    ];
  },
  validateUpdate: (object, old) => immutableFields(object['spec'], old['spec'], ['selector']),
};

export const replicationController: KindStrategy = {
  hasGeneration: true,
  default(object) {
    const spec = child(object, 'spec');
    fill(spec, { replicas: 1 });
    const template = child(spec, 'template');
    defaultPodTemplate(template);
    const labels = at(template, 'metadata', 'labels');
    if (Object.keys(labels).length === 0) return;
    fill(spec, { selector: copyJson(labels) });
    fill(object.metadata, { labels: copyJson(labels) });
  },
  prepareForCreate(object) {
    object['status'] = { replicas: 0 };
  },
  validate(object) {
    const spec = specOf(object);
    const matchLabels = recordOf(spec['selector']);
    const problems = nonNegative(spec['replicas'], 'spec.replicas');
    if (Object.keys(matchLabels).length === 0) problems.push(required('spec.selector'));
    const asSelector = { ...spec, selector: { matchLabels } };
    return [...problems, ...runningTemplateProblems(asSelector, 'spec', 'ReplicationController')];
  },
};

const templateGeneration = 'deprecated.daemonset.template.generation';

export const daemonSet: KindStrategy = {
  hasGeneration: true,
  warnings: templateWarnings,
  default(object) {
    const spec = child(object, 'spec');
    fill(spec, { revisionHistoryLimit: 10 });
    const update = child(spec, 'updateStrategy');
    fill(update, { type: 'RollingUpdate' });
    if (update['type'] === 'RollingUpdate') fill(child(update, 'rollingUpdate'), { maxUnavailable: 1, maxSurge: 0 });
    defaultPodTemplate(child(spec, 'template'));
    fill(child(object.metadata, 'annotations'), { [templateGeneration]: '0' });
  },
  prepareForCreate(object) {
    object['status'] = {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    };
    child(object.metadata, 'annotations')[templateGeneration] = '1';
  },
  prepareForUpdate(object, old) {
    const before = Number(old.metadata.annotations?.[templateGeneration] ?? '1');
    const same = sameJson(specOf(object)['template'], specOf(old)['template']);
    child(object.metadata, 'annotations')[templateGeneration] = String(same ? before : before + 1);
  },
  validate(object) {
    const spec = specOf(object);
    return [
      ...(isRecord(spec['selector']) ? workloadSelectorProblems(spec, 'daemonset') : []),
      ...runningTemplateProblems(spec, 'spec', 'DaemonSet'),
      ...nonNegative(spec['minReadySeconds'], 'spec.minReadySeconds'),
      ...updateTypeProblems(spec),
      ...nonNegative(spec['revisionHistoryLimit'], 'spec.revisionHistoryLimit'),
    ];
  },
  validateUpdate: (object, old) => immutableFields(object['spec'], old['spec'], ['selector']),
};

function updateTypeProblems(spec: JsonRecord): FieldProblem[] {
  const { type, rollingUpdate } = at(spec, 'updateStrategy');
  if (type === 'OnDelete') return [];
  if (type === 'RollingUpdate') return isRecord(rollingUpdate) ? surgeProblems(rollingUpdate) : [];
  return [unsupported('spec.updateStrategy', shownUpdate(at(spec, 'updateStrategy')), ['RollingUpdate', 'OnDelete'])];
}

/** Of the pods of a DaemonSet either some may be missing during an update, or some be too many. */
function surgeProblems({ maxSurge, maxUnavailable }: JsonRecord): FieldProblem[] {
  const field = 'spec.updateStrategy.rollingUpdate';
  const problems = [
    ...shareProblems(maxUnavailable, `${field}.maxUnavailable`),
    ...shareProblems(maxSurge, `${field}.maxSurge`),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge))
    problems.push(required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  if (!isZero(maxUnavailable) && !isZero(maxSurge))
    problems.push(invalid(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  return problems;
}

/** An update strategy of an unknown type as kube-apiserver shows it: by its internal names. */
function shownUpdate({ type }: JsonRecord): Struct {
  return new Struct({ Type: type, RollingUpdate: null });
}

const setUpdates = ['RollingUpdate', 'OnDelete'];
const retentions = ['Retain', 'Delete'];

function setUpdateProblems(update: JsonRecord): FieldProblem[] {
  const field = 'spec.updateStrategy';
  const { type, rollingUpdate } = update;
  if (!setUpdates.includes(stringOf(type)))
    return [invalid(field, shownUpdate(update), "must be 'RollingUpdate' or 'OnDelete'")];
  if (!isRecord(rollingUpdate)) return [];
  const { partition = 0 } = rollingUpdate;
  if (type === 'RollingUpdate') return nonNegative(partition, `${field}.rollingUpdate.partition`);
  const shown = new Struct({ Partition: partition, MaxUnavailable: null });
  return [invalid(`${field}.rollingUpdate`, shown, "only allowed for updateStrategy 'RollingUpdate'")];
}

function retentionProblems(policy: JsonRecord): FieldProblem[] {
  const field = 'spec.persistentVolumeClaimRetentionPolicy';
  return ['whenDeleted', 'whenScaled'].flatMap((key) =>
    retentions.includes(stringOf(policy[key])) ? [] : [unsupported(`${field}.${key}`, policy[key], retentions)],
  );
}

function claimTemplateProblems(claims: readonly JsonRecord[]): FieldProblem[] {
  return claims.flatMap((claim, i) =>
    claimSpecProblems(recordOf(claim['spec']), `spec.volumeClaimTemplates[${i}].spec`),
  );
}

export const statefulSet: KindStrategy = {
  hasGeneration: true,
  name: 'label',
  alwaysWritten: [['spec', 'serviceName']],
  warnings: templateWarnings,
  default(object) {
    const spec = child(object, 'spec');
    fill(spec, { podManagementPolicy: 'OrderedReady', replicas: 1, revisionHistoryLimit: 10, serviceName: '' });
    fill(child(spec, 'persistentVolumeClaimRetentionPolicy'), { whenDeleted: 'Retain', whenScaled: 'Retain' });
    const update = child(spec, 'updateStrategy');
    fill(update, { type: 'RollingUpdate' });
    if (update['type'] === 'RollingUpdate') fill(child(update, 'rollingUpdate'), { partition: 0 });
    // of a feature that is off
    if (isRecord(update['rollingUpdate'])) delete update['rollingUpdate']['maxUnavailable'];
    defaultPodTemplate(child(spec, 'template'));
    for (const claim of recordsOf(spec['volumeClaimTemplates'])) {
      fill(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
      child(claim, 'metadata');
      defaultClaim(claim);
    }
  },
  prepareForCreate(object) {
    object['status'] = { replicas: 0, availableReplicas: 0 };
  },
  validate(object) {
    const spec = specOf(object);
    const management = spec['podManagementPolicy'];
    return [
      ...(management === 'OrderedReady' || management === 'Parallel'
        ? []
        : [invalid('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'")]),
      ...setUpdateProblems(at(spec, 'updateStrategy')),
      ...retentionProblems(at(spec, 'persistentVolumeClaimRetentionPolicy')),
      ...claimTemplateProblems(recordsOf(spec['volumeClaimTemplates'])),
      ...nonNegative(at(spec, 'ordinals')['start'], 'spec.ordinals.start'),
      ...dnsLabelOrEmpty(stringOf(spec['serviceName'])).map((text) =>
        invalid('spec.serviceName', spec['serviceName'], text),
      ),
      ...nonNegative(spec['replicas'], 'spec.replicas'),
      ...nonNegative(spec['minReadySeconds'], 'spec.minReadySeconds'),
      ...workloadSelectorProblems(spec, 'statefulset'),
      ...runningTemplateProblems(spec, 'spec', 'StatefulSet'),
    ];
  },
  validateUpdate: (object, old) => frozenStatefulSet(specOf(object), specOf(old)),
};

const dnsLabelOrEmpty = (name: string): string[] => (name === '' ? [] : dnsLabel(name));

const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function frozenStatefulSet(spec: JsonRecord, old: JsonRecord): FieldProblem[] {
  const rest = (o: JsonRecord) => Object.fromEntries(Object.entries(o).filter(([key]) => !changeable.includes(key)));
  if (sameJson(rest(spec), rest(old))) return [];
  const text =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return [forbidden('spec', text)];
}

export const podTemplate: KindStrategy = {
  hasGeneration: true,
  returnsDeleted: true,
  default: (object) => {
    defaultPodTemplate(child(object, 'template'));
  },
  validate: (object) => templateProblems(recordOf(object['template']), 'template'),
};
