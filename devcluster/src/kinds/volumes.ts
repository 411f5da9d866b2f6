import type { KubeObject } from '../../../machinery/src/meta.ts';
import {
  at,
  child,
  copyJson,
  fill,
  isRecord,
  recordOf,
  sameJson,
  stringOf,
  type JsonRecord,
} from '../contract/json.ts';
import { immutableFields } from './pod-template.ts';
import { selectorProblems } from './label-selector.ts';
import { forbidden, immutableText, invalid, required, unsupported } from '../contract/problems.ts';
import { dnsSubdomain, qualifiedName } from '../text/syntax.ts';
import { parseQuantity } from '../text/quantity.ts';
import type { FieldProblem, KindStrategy } from '../contract/strategy.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** The defaults of a claim, alone or in a StatefulSet's template. */
export function defaultClaim(claim: JsonRecord): void {
  const spec = child(claim, 'spec');
  fill(spec, { volumeMode: 'Filesystem' });
  child(spec, 'resources');
  fill(child(claim, 'status'), { phase: 'Pending' });
  mirrorDataSource(spec);
}

/** `dataSource` and `dataSourceRef` mean the same; kube-apiserver writes both. */
function mirrorDataSource(spec: JsonRecord): void {
  if (isRecord(spec['dataSource']) && !isRecord(spec['dataSourceRef'])) {
    spec['dataSourceRef'] = copyJson(spec['dataSource']);
  }
}

function modeProblems(spec: JsonRecord, field: string, missing: string): FieldProblem[] {
  const modes: unknown[] = Array.isArray(spec['accessModes']) ? spec['accessModes'] : [];
  const at = `${field}.accessModes`;
  if (modes.length === 0) return [required(at, missing)];
  const problems: FieldProblem[] = modes
    .filter((mode) => !accessModes.includes(String(mode)))
    .map((mode) => unsupported(at, mode, accessModes));
  if (modes.length > 1 && modes.includes('ReadWriteOncePod'))
    problems.push(forbidden(at, 'may not use ReadWriteOncePod with other access modes'));
  return problems;
}

/** What is wrong with the spec of a claim, alone or in a StatefulSet's template. */
export function claimSpecProblems(spec: JsonRecord, field: string): FieldProblem[] {
  return [
    ...modeProblems(spec, field, 'at least 1 access mode is required'),
    ...storageProblems(at(spec, 'resources', 'requests')['storage'], `${field}.resources`),
    ...volumeModeProblems(spec, field),
    ...(isRecord(spec['selector']) ? selectorProblems(spec['selector'], `${field}.selector`) : []),
    ...classProblems(spec, field),
  ];
}

const volumeModes = ['Block', 'Filesystem'];

function volumeModeProblems({ volumeMode }: JsonRecord, field: string): FieldProblem[] {
  if (volumeModes.includes(stringOf(volumeMode))) return [];
  return [unsupported(`${field}.volumeMode`, volumeMode, volumeModes)];
}

function classProblems({ storageClassName: name }: JsonRecord, field: string): FieldProblem[] {
  if (typeof name !== 'string' || name === '') return [];
  return dnsSubdomain(name).map((text) => invalid(`${field}.storageClassName`, name, text));
}

function storageProblems(value: unknown, field: string): FieldProblem[] {
  if (typeof value !== 'string' && typeof value !== 'number') return [required(`${field}[storage]`)];
  const nano = parseQuantity(value)?.nano ?? 0n;
  return nano > 0n ? [] : [invalid(`${field}[storage]`, value, 'must be greater than zero')];
}

export const persistentVolumeClaim: KindStrategy = {
  returnsDeleted: true,
  default: defaultClaim,
  prepareForCreate(object) {
    object['status'] = { phase: 'Pending' };
  },
  prepareForUpdate(object, old) {
    const spec = recordOf(object['spec']);
    const before = recordOf(old['spec']);
    if (before['volumeName'] === undefined) return;
    fill(spec, { volumeName: before['volumeName'], storageClassName: before['storageClassName'] });
  },
  validate(object) {
    return claimSpecProblems(recordOf(object['spec']), 'spec');
  },
  validateUpdate: claimUpdateProblems,
};

const changeable = ['resources', 'volumeName', 'volumeAttributesClassName'];

function claimUpdateProblems(object: KubeObject, old: KubeObject): FieldProblem[] {
  const spec = recordOf(object['spec']);
  const before = recordOf(old['spec']);
  const fixed = (o: JsonRecord) => Object.fromEntries(Object.entries(o).filter(([key]) => !changeable.includes(key)));
  const bound = before['volumeName'];
  const moved = bound !== undefined && spec['volumeName'] !== bound;
  if (!moved && sameJson(fixed(spec), fixed(before))) return shrinkProblems(object, old);
  const text =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  return [forbidden('spec', text)];
}

function shrinkProblems(object: KubeObject, old: KubeObject): FieldProblem[] {
  const size = (o: KubeObject) => {
    const value = at(o['spec'], 'resources', 'requests')['storage'];
    return typeof value === 'string' ? (parseQuantity(value)?.nano ?? 0n) : 0n;
  };
  if (size(object) >= size(old)) return [];
  return [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')];
}

export const persistentVolume: KindStrategy = {
  returnsDeleted: true,
  default(object) {
    const spec = child(object, 'spec');
    fill(spec, { volumeMode: 'Filesystem', persistentVolumeReclaimPolicy: 'Retain' });
    if (isRecord(spec['hostPath'])) fill(spec['hostPath'], { type: '' });
    fill(child(object, 'status'), { phase: 'Pending' });
  },
  prepareForCreate(object, { now }) {
    object['status'] = { phase: 'Pending', lastPhaseTransitionTime: now };
  },
  validate(object) {
    const spec = recordOf(object['spec']);
    return [
      ...modeProblems(spec, 'spec', ''),
      ...capacityProblems(recordOf(spec['capacity'])),
      ...volumeModeProblems(spec, 'spec'),
      ...classProblems(spec, 'spec'),
      ...reclaimProblems(spec),
      ...sourceProblems(spec),
    ];
  },
};

function capacityProblems(capacity: JsonRecord): FieldProblem[] {
  const field = 'spec.capacity';
  const names = Object.keys(capacity);
  const isStorage = names.length === 1 && names[0] === 'storage';
  return [
    ...(names.length === 0 ? [required(field)] : []),
    ...(isStorage ? [] : [unsupported(field, names.length === 0 ? null : capacity, ['storage'])]),
    ...('storage' in capacity ? storageProblems(capacity['storage'], field) : []),
  ];
}

const reclaims = ['Delete', 'Recycle', 'Retain'];

function reclaimProblems({ persistentVolumeReclaimPolicy: policy }: JsonRecord): FieldProblem[] {
  if (reclaims.includes(stringOf(policy))) return [];
  return [unsupported('spec.persistentVolumeReclaimPolicy', policy, reclaims)];
}

const others = [
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
];

/** A volume is of one type. */
function sourceProblems(spec: JsonRecord): FieldProblem[] {
  const [first, ...more] = Object.keys(spec).filter((key) => !others.includes(key) && isRecord(spec[key]));
  if (first === undefined) return [required('spec', 'must specify a volume type')];
  const text = 'may not specify more than 1 volume type';
  const problems = more.map((key) => forbidden(`spec.${key}`, text));
  const path = recordOf(spec['hostPath'])['path'];
  if (isRecord(spec['hostPath']) && stringOf(path) === '') problems.push(required('spec.hostPath.path'));
  return problems;
}

const classReclaims = ['Delete', 'Retain'];
const bindingModes = ['Immediate', 'WaitForFirstConsumer'];

export const storageClass: KindStrategy = {
  returnsDeleted: true,
  default: (object) => {
    fill(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
  },
  validate(object) {
    const provisioner = stringOf(object['provisioner']);
    const { reclaimPolicy, volumeBindingMode } = object;
    return [
      ...(provisioner === '' ? [required('provisioner')] : []),
      ...(provisioner === '' ? [] : qualifiedName(provisioner.toLowerCase())).map((text) =>
        invalid('provisioner', provisioner.toLowerCase(), text),
      ),
      ...(classReclaims.includes(stringOf(reclaimPolicy))
        ? []
        : [unsupported('reclaimPolicy', reclaimPolicy, classReclaims)]),
      ...(bindingModes.includes(stringOf(volumeBindingMode))
        ? []
        : [unsupported('volumeBindingMode', volumeBindingMode, bindingModes)]),
    ];
  },
  validateUpdate: (object, old) =>
    ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']
      .filter((key) => !sameJson(object[key], old[key]))
      .map((key) => invalid(key, object[key], immutableText)),
};

export const csiDriver: KindStrategy = {
  hasGeneration: true,
  returnsDeleted: true,
  default: (object) => {
    const spec = child(object, 'spec');
    fill(spec, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    });
  },
  validateUpdate: (object, old) =>
    immutableFields(object['spec'], old['spec'], ['attachRequired', 'volumeLifecycleModes']),
};
