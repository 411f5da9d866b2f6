import { keyOf, splitKey } from '../../../machinery/src/meta.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { claims, pods, volumes } from '../contract/builtin.ts';
import { protectionOf } from '../kinds/storage-protection.ts';
import { callerOf, podStatus } from './context.ts';
import type { ControllerContext } from './context.ts';
import { Loop } from './loop.ts';

/** Releases claims and volumes that are being deleted once they are not in use. */
export function startStorageProtection(context: ControllerContext, signal: AbortSignal): void {
  const { api } = context;
  const loops = [claims, volumes].map((resource) => start(context, resource, signal));
  const [ofClaims] = loops;
  api.subscribe(
    pods,
    {},
    ({ object }) => {
      for (const claim of api.list(claims, { namespace: object.metadata.namespace }))
        if (claim.metadata.deletionTimestamp !== undefined) ofClaims?.add(keyOf(claim));
    },
    signal,
  );
}

function start(context: ControllerContext, resource: Resource, signal: AbortSignal): Loop {
  const { api, clock, logger } = context;
  const name = `${resource.kind.toLowerCase()}-protection`;
  const loop = new Loop({ name, clock, logger, reconcile: (key) => release(context, resource, key) });
  api.subscribe(
    resource,
    {},
    ({ type, object }) => {
      if (type !== 'DELETED' && object.metadata.deletionTimestamp !== undefined) loop.add(keyOf(object));
    },
    signal,
  );
  loop.start(signal);
  return loop;
}

async function release({ api }: ControllerContext, resource: Resource, key: string): Promise<undefined> {
  const { namespace, name } = splitKey(key);
  const object = api.get(resource, namespace, name);
  const finalizer = protectionOf(resource.plural);
  const before = object?.metadata.finalizers ?? [];
  if (object?.metadata.deletionTimestamp === undefined || finalizer === undefined || !before.includes(finalizer))
    return;
  const isUsed = resource === claims ? isMounted(api.list(pods, { namespace }), name) : isBound(object);
  if (isUsed) return;
  const finalizers = before.filter((one) => one !== finalizer);
  const body = { metadata: { uid: object.metadata.uid, finalizers: finalizers.length === 0 ? null : finalizers } };
  await api.mergePatch(callerOf(`${resource.plural}-protection`), resource, { namespace, name }, body);
}

interface PodVolumes {
  readonly nodeName?: string;
  readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName?: string } }[];
}

/** Whether a pod on a node, which has not ended, has a claim among its volumes. */
function isMounted(all: readonly KubeObject[], claim: string): boolean {
  return all.some((pod) => {
    const { nodeName = '', volumes: mounted = [] } = pod['spec'] as PodVolumes;
    const { phase = '' } = podStatus(pod);
    if (nodeName === '' || phase === 'Succeeded' || phase === 'Failed') return false;
    return mounted.some((volume) => volume.persistentVolumeClaim?.claimName === claim);
  });
}

function isBound(volume: KubeObject): boolean {
  return (volume['status'] as { readonly phase?: string } | undefined)?.phase === 'Bound';
}
