import { keyOf, splitKey } from '../../../machinery/src/meta.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { selectorMatches } from '../kinds/label-selector.ts';
import { claims, ingresses, volumes } from '../contract/builtin.ts';
import { callerOf } from './context.ts';
import type { ControllerContext } from './context.ts';
import { Loop } from './loop.ts';
import { sameStatus } from './replica-set.ts';

const caller = callerOf('infrastructure');
const clusterRoles: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
};

/** Plays what a cloud does: claims are bound, Ingresses get an address. Aggregated ClusterRoles are put together. */
export function startInfrastructure(context: ControllerContext, signal: AbortSignal): void {
  follow(context, claims, (claim) => bindClaim(context, claim), signal);
  followVolumes(context, signal);
  follow(context, ingresses, (ingress) => giveAddress(context, ingress), signal);
  startAggregation(context, signal);
}

function followVolumes(context: ControllerContext, signal: AbortSignal): void {
  const { api, clock, logger } = context;
  const loop = new Loop({
    name: 'persistentvolumes',
    clock,
    logger,
    reconcile: async (name) => {
      const volume = api.get(volumes, undefined, name);
      if (volume && !volume.metadata.deletionTimestamp) await reclaim(context, volume);
      return undefined;
    },
  });
  for (const resource of [volumes, claims]) {
    const changed = ({ object }: { readonly object: KubeObject }): void => {
      const { volumeName } = (object['spec'] ?? {}) as ClaimSpec;
      const name = resource === volumes ? object.metadata.name : volumeName;
      if (name !== undefined) loop.add(name);
    };
    api.subscribe(resource, {}, changed, signal);
  }
  loop.start(signal);
}

function follow(
  context: ControllerContext,
  resource: Resource,
  act: (object: KubeObject) => Promise<void>,
  signal: AbortSignal,
): void {
  const { api, clock, logger } = context;
  const reconcile = async (key: string): Promise<undefined> => {
    const { namespace, name } = splitKey(key);
    const object = api.get(resource, namespace, name);
    if (object && !object.metadata.deletionTimestamp) await act(object);
  };
  const loop = new Loop({ name: resource.plural, clock, logger, reconcile });
  api.subscribe(
    resource,
    {},
    ({ type, object }) => {
      if (type !== 'DELETED') loop.add(keyOf(object));
    },
    signal,
  );
  loop.start(signal);
}

interface ClaimSpec {
  readonly accessModes?: readonly string[];
  readonly resources?: { readonly requests?: object };
  readonly storageClassName?: string;
  readonly volumeMode?: string;
  readonly volumeName?: string;
}

/** Gives a claim a volume of its own, unless it names one. There is no disk behind either. */
async function bindClaim({ api }: ControllerContext, claim: KubeObject): Promise<void> {
  if ((claim['status'] as { phase?: string } | undefined)?.phase === 'Bound') return;
  const spec = claim['spec'] as ClaimSpec;
  const { accessModes = [], volumeName = `pvc-${claim.metadata.uid ?? ''}` } = spec;
  const capacity = spec.resources?.requests ?? {};
  if (api.get(volumes, undefined, volumeName) === undefined)
    await api.create(caller, volumes, volumeFor(claim, volumeName));
  await api.mergePatch(caller, volumes, { name: volumeName, subresource: 'status' }, { status: { phase: 'Bound' } });
  await api.mergePatch(caller, claims, targetOf(claim), { spec: { volumeName } });
  const status = { phase: 'Bound', accessModes, capacity };
  await api.mergePatch(caller, claims, { ...targetOf(claim), subresource: 'status' }, { status });
}

function volumeFor(claim: KubeObject, name: string): KubeObject {
  const { accessModes = [], resources, storageClassName, volumeMode } = claim['spec'] as ClaimSpec;
  const { namespace = '', name: claimName = '', uid = '' } = claim.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      accessModes,
      capacity: resources?.requests ?? {},
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claimName, uid },
      hostPath: { path: `/var/lib/volumes/${name}` },
      persistentVolumeReclaimPolicy: 'Delete',
      ...(storageClassName !== undefined && { storageClassName }),
      ...(volumeMode !== undefined && { volumeMode }),
    },
  };
}

/** A volume without its claim is deleted too, if its policy says so. */
async function reclaim({ api }: ControllerContext, volume: KubeObject): Promise<void> {
  const spec = volume['spec'] as {
    claimRef?: { namespace?: string; name?: string; uid?: string };
    persistentVolumeReclaimPolicy?: string;
  };
  const { claimRef, persistentVolumeReclaimPolicy } = spec;
  if (claimRef?.uid === undefined || persistentVolumeReclaimPolicy !== 'Delete') return;
  if (api.get(claims, claimRef.namespace, claimRef.name ?? '')?.metadata.uid === claimRef.uid) return;
  const name = volume.metadata.name ?? '';
  await api.mergePatch(caller, volumes, { name, subresource: 'status' }, { status: { phase: 'Released' } });
  await api.delete(caller, volumes, { name });
}

async function giveAddress({ api }: ControllerContext, ingress: KubeObject): Promise<void> {
  const status = { loadBalancer: { ingress: [{ ip: '127.0.0.1' }] } };
  if (!sameStatus(ingress['status'] ?? {}, status))
    await api.mergePatch(caller, ingresses, { ...targetOf(ingress), subresource: 'status' }, { status });
}

/** A ClusterRole with an aggregationRule has the rules of all that its selectors choose. */
function startAggregation(context: ControllerContext, signal: AbortSignal): void {
  const { api } = context;
  const isAggregated = (role: KubeObject): boolean =>
    role['aggregationRule'] !== undefined && role['aggregationRule'] !== null;
  const aggregate = async (role: KubeObject): Promise<void> => {
    const { clusterRoleSelectors = [] } = role['aggregationRule'] as {
      clusterRoleSelectors?: readonly Record<string, unknown>[];
    };
    const chosen = api
      .list(clusterRoles)
      .filter(
        (other) => other !== role && clusterRoleSelectors.some((s) => selectorMatches(s, other.metadata.labels ?? {})),
      );
    const rules = chosen.flatMap((other) => (isAggregated(other) ? [] : ((other['rules'] ?? []) as object[])));
    const unique = [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
    if (!sameStatus(role['rules'] ?? [], unique))
      await api.mergePatch(caller, clusterRoles, targetOf(role), { rules: unique });
  };
  const { clock, logger } = context;
  const loop = new Loop({
    name: 'clusterrole-aggregation',
    clock,
    logger,
    reconcile: async (name) => {
      const role = api.get(clusterRoles, undefined, name);
      if (role && isAggregated(role)) await aggregate(role);
      return undefined;
    },
  });
  const all = (): void => {
    for (const role of api.list(clusterRoles).filter(isAggregated)) loop.add(keyOf(role));
  };
  api.subscribe(
    clusterRoles,
    {},
    ({ object }) => {
      if (isAggregated(object)) loop.add(keyOf(object));
      else all();
    },
    signal,
  );
  loop.start(signal);
}

const targetOf = ({ metadata }: KubeObject): { namespace?: string; name: string } => ({
  ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
  name: metadata.name ?? '',
});
