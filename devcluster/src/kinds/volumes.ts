import type { KubeObject } from '../../../machinery/src/meta.ts';
import { at, child, copyJson, fill, isRecord, recordOf, sameJson, type JsonRecord } from '../contract/json.ts';
import { immutableFields } from './pod-template.ts';
import { forbidden, immutableText, invalid, required, unsupported } from '../contract/problems.ts';
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

function modeProblems(spec: JsonRecord): FieldProblem[] {
  const modes: unknown[] = Array.isArray(spec['accessModes']) ? spec['accessModes'] : [];
  if (modes.length === 0) return [required('spec.accessModes', 'at least 1 access mode is required')];
  return modes
    .filter((mode) => !accessModes.includes(String(mode)))
    .map((mode) => unsupported('spec.accessModes', mode, accessModes));
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
    const spec = recordOf(object['spec']);
    return [...modeProblems(spec), ...storageProblems(at(spec, 'resources', 'requests')['storage'], 'spec.resources')];
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
    return [...modeProblems(spec), ...storageProblems(recordOf(spec['capacity'])['storage'], 'spec.capacity')];
  },
};

export const storageClass: KindStrategy = {
  returnsDeleted: true,
  default: (object) => {
    fill(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
  },
  validate: (object) => (object['provisioner'] ? [] : [required('provisioner')]),
  validateUpdate: (object, old) => [
    ...['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']
      .filter((key) => !sameJson(object[key], old[key]))
      .map((key) =>
        key === 'parameters' || key === 'provisioner'
          ? forbidden(key, 'updates to parameters are forbidden.'.replace('parameters', key))
          : invalid(key, object[key], immutableText),
      ),
  ],
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
