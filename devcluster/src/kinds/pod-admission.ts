import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { Random } from '../../../machinery/src/clock/clock.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contract/admission.ts';
import { StatusError } from '../contract/status-error.ts';
import { child, copyJson, isRecord, recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { tokenMountPath, tokenVolume } from './token-volume.ts';

/** The objects that the plug-in reads. */
export interface PodSurroundings {
  readonly list: (group: string, plural: string) => readonly KubeObject[];
  readonly random: Random;
}

/** Completes new pods: service account and its token, tolerations of failing nodes, priority. */
export function podAdmission(surroundings: PodSurroundings): AdmissionPlugin {
  return {
    mutate(request) {
      const { object, resource, operation, subresource } = request;
      const isNewPod =
        resource.group === '' && resource.plural === 'pods' && operation === 'CREATE' && subresource === '';
      if (object !== undefined && isPodUpdate(request)) return tolerant(object);
      if (!isNewPod || object === undefined) return undefined;
      const pod = { ...object, spec: copyJson(recordOf(object['spec'])) };
      addAccount(pod.spec, request, surroundings);
      addTolerations(pod.spec);
      addPriority(pod.spec, request, surroundings);
      return pod;
    },
  };
}

function refuse(request: AdmissionRequest, text: string): never {
  const { name } = request;
  throw new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: `pods "${name}" is forbidden: ${text}`,
    details: { ...(name === '' ? {} : { name }), kind: 'pods' },
  });
}

function addAccount(spec: JsonRecord, request: AdmissionRequest, { list, random }: PodSurroundings): void {
  const name = stringOf(spec['serviceAccountName']) || 'default';
  spec['serviceAccountName'] = name;
  spec['serviceAccount'] = name;
  const { namespace = '' } = request;
  const account = list('', 'serviceaccounts').find(
    (a) => a.metadata.name === name && a.metadata.namespace === namespace,
  );
  if (account === undefined) {
    // language: allow
    refuse(request, `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`);
  }
  const wantsToken = spec['automountServiceAccountToken'] ?? account['automountServiceAccountToken'] ?? true;
  if (wantsToken === true) mountToken(spec, random);
  if (recordsOf(spec['imagePullSecrets']).length === 0 && recordsOf(account['imagePullSecrets']).length > 0) {
    spec['imagePullSecrets'] = copyJson(account['imagePullSecrets']);
  }
}

function mountToken(spec: JsonRecord, random: Random): void {
  const containers = [...recordsOf(spec['initContainers']), ...recordsOf(spec['containers'])];
  const needy = containers.filter(
    (c) => !recordsOf(c['volumeMounts']).some((mount) => mount['mountPath'] === tokenMountPath),
  );
  if (needy.length === 0) return;
  const volume = tokenVolume(random);
  spec['volumes'] = [...recordsOf(spec['volumes']), volume];
  for (const container of needy) {
    const mount = { name: volume.name, readOnly: true, mountPath: tokenMountPath };
    container['volumeMounts'] = [...recordsOf(container['volumeMounts']), mount];
  }
}

const secondsOnFailingNode = 300;

function isPodUpdate({ resource, operation, subresource }: AdmissionRequest): boolean {
  return resource.group === '' && resource.plural === 'pods' && operation === 'UPDATE' && subresource === '';
}

/** The pod with tolerations of failing nodes; undefined when it has them. */
function tolerant(pod: KubeObject): KubeObject | undefined {
  const spec = copyJson(recordOf(pod['spec']));
  const before = recordsOf(spec['tolerations']).length;
  addTolerations(spec);
  return recordsOf(spec['tolerations']).length === before ? undefined : { ...pod, spec };
}

function addTolerations(spec: JsonRecord): void {
  const given = recordsOf(spec['tolerations']);
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !given.some((toleration) => tolerates(toleration, key)))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: secondsOnFailingNode }));
  if (added.length > 0) spec['tolerations'] = [...given, ...added];
}

function tolerates(toleration: JsonRecord, key: string): boolean {
  const { effect } = toleration;
  const everyEffect = effect === undefined || effect === '' || effect === 'NoExecute';
  return everyEffect && (toleration['key'] === key || !toleration['key']);
}

const systemClasses: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

function addPriority(spec: JsonRecord, request: AdmissionRequest, { list }: PodSurroundings): void {
  const classes = list('scheduling.k8s.io', 'priorityclasses');
  let name = stringOf(spec['priorityClassName']);
  if (name === '') {
    name = classes.find((c) => c['globalDefault'] === true)?.metadata.name ?? '';
    if (name !== '') spec['priorityClassName'] = name;
  }
  const found = classes.find((c) => c.metadata.name === name);
  const value = name === '' ? 0 : (found?.['value'] ?? systemClasses[name]);
  if (value === undefined) refuse(request, `no PriorityClass with name ${name} was found`);
  if (spec['priority'] !== undefined && spec['priority'] !== value) {
    refuse(
      request,
      'the integer value of priority must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    );
  }
  spec['priority'] = value;
  spec['preemptionPolicy'] ??= found?.['preemptionPolicy'] ?? 'PreemptLowerPriority';
}

/** Gives claims the default storage class. */
export function claimAdmission(list: PodSurroundings['list']): AdmissionPlugin {
  return {
    mutate({ object, resource, operation, subresource }) {
      const isNew = resource.plural === 'persistentvolumeclaims' && operation === 'CREATE' && subresource === '';
      if (!isNew || resource.group !== '' || !isRecord(object?.['spec'])) return undefined;
      if (object['spec']['storageClassName'] !== undefined) return undefined;
      const chosen = list('storage.k8s.io', 'storageclasses').find(
        (c) => c.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
      );
      if (chosen === undefined) return undefined;
      const claim = copyJson(object) as KubeObject & JsonRecord;
      child(claim, 'spec')['storageClassName'] = chosen.metadata.name;
      return claim;
    },
  };
}
