import { splitKey } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { pods, statefulSets } from '../contract/builtin.ts';
import { callerOf, isFinished, isPodReady, ownedBy } from './context.ts';
import type { ControllerContext } from './context.ts';
import { startOwnerLoop } from './owner-loop.ts';
import { podFrom, sameStatus } from './replica-set.ts';
import type { ReplicaSetSpec } from './replica-set.ts';
import { templateHash } from './rollout.ts';

const caller = callerOf('statefulset-controller');
const revisionLabel = 'controller-revision-hash';
const indexLabel = 'apps.kubernetes.io/pod-index';
const nameLabel = 'statefulset.kubernetes.io/pod-name';

interface StatefulSetSpec extends ReplicaSetSpec {
  readonly podManagementPolicy?: string;
  readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
}

/** Runs the pods NAME-0, NAME-1, …: made in order, each when the one before it is ready, removed from the end. */
export function startStatefulSets(context: ControllerContext, signal: AbortSignal): void {
  startOwnerLoop(context, { owners: statefulSets, owned: pods, reconcile: (key) => reconcile(context, key) }, signal);
}

async function reconcile(context: ControllerContext, key: string): Promise<undefined> {
  const { namespace, name } = splitKey(key);
  const set = context.api.get(statefulSets, namespace, name);
  if (!set) return;
  const revision = `${name}-${templateHash((set['spec'] as StatefulSetSpec).template)}`;
  if (!set.metadata.deletionTimestamp) await step(context, set, revision);
  await writeStatus(context, set, revision);
}

/** Every pod of the set by its ordinal. */
function ownPods({ api }: ControllerContext, set: KubeObject): Map<number, KubeObject> {
  const own = ownedBy(api, pods, set);
  return new Map(own.map((pod) => [Number(/-(\d+)$/.exec(pod.metadata.name ?? '')?.[1] ?? -1), pod]));
}

/** Does the next thing, and one thing at a time unless pods may be managed in parallel. */
async function step(context: ControllerContext, set: KubeObject, revision: string): Promise<void> {
  const { api } = context;
  const spec = set['spec'] as StatefulSetSpec;
  const own = ownPods(context, set);
  const wanted = spec.replicas ?? 1;
  const isParallel = spec.podManagementPolicy === 'Parallel';
  const remove = (pod: KubeObject): Promise<void> =>
    api.delete(
      caller,
      pods,
      { namespace: pod.metadata.namespace, name: pod.metadata.name ?? '' },
      { uid: pod.metadata.uid ?? '' },
    );
  for (let ordinal = 0; ordinal < wanted; ordinal += 1) {
    const pod = own.get(ordinal);
    if (!pod) await api.create(caller, pods, podOf(set, spec, { ordinal, revision }));
    else if (isFinished(pod) && !pod.metadata.deletionTimestamp) await remove(pod);
    if (!isParallel && !(pod && isPodReady(pod))) return;
  }
  const surplus = [...own].filter(([ordinal]) => ordinal >= wanted).sort(([a], [b]) => b - a);
  for (const [, pod] of surplus) {
    if (!pod.metadata.deletionTimestamp) await remove(pod);
    if (!isParallel) return;
  }
  const outdated = nextOutdated(spec, own, revision);
  if (outdated) await remove(outdated);
}

/** A rolling update replaces from the end, one pod at a time, down to the partition. */
function nextOutdated(
  spec: StatefulSetSpec,
  own: ReadonlyMap<number, KubeObject>,
  revision: string,
): KubeObject | undefined {
  if ((spec.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') return undefined;
  const from = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  const candidates = [...own].filter(
    ([ordinal, pod]) => ordinal >= from && pod.metadata.labels?.[revisionLabel] !== revision,
  );
  const busy = [...own.values()].some((pod) => pod.metadata.deletionTimestamp !== undefined || !isPodReady(pod));
  return busy ? undefined : candidates.sort(([a], [b]) => b - a)[0]?.[1];
}

function podOf(
  set: KubeObject,
  spec: StatefulSetSpec,
  { ordinal, revision }: { readonly ordinal: number; readonly revision: string },
): KubeObject {
  const name = `${set.metadata.name ?? ''}-${ordinal}`;
  const pod = podFrom(set, spec.template, String(ordinal));
  const { generateName: _generateName, ...metadata } = pod.metadata;
  const labels = { ...metadata.labels, [nameLabel]: name, [indexLabel]: String(ordinal), [revisionLabel]: revision };
  return { ...pod, metadata: { ...metadata, name, labels }, spec: { ...(pod['spec'] as object), hostname: name } };
}

async function writeStatus(context: ControllerContext, read: KubeObject, revision: string): Promise<void> {
  const { api } = context;
  const set = api.get(statefulSets, read.metadata.namespace, read.metadata.name ?? '');
  if (set?.metadata.uid !== read.metadata.uid || !set) return;
  const own = [...ownPods(context, set).values()].filter((pod) => !isFinished(pod));
  const updated = own.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision).length;
  const ready = own.filter(isPodReady).length;
  const before = (set['status'] ?? {}) as { currentRevision?: string };
  const status = {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: own.length,
    ...(ready > 0 && { readyReplicas: ready }),
    availableReplicas: ready,
    ...(updated > 0 && { updatedReplicas: updated, ...(updated === own.length && { currentReplicas: updated }) }),
    currentRevision: updated === own.length ? revision : (before.currentRevision ?? revision),
    updateRevision: revision,
    collisionCount: 0,
  };
  if (!sameStatus(set['status'] ?? {}, status)) await api.update(caller, statefulSets, { ...set, status }, 'status');
}
