import { splitKey } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { daemonSets, pods } from '../contract/builtin.ts';
import { callerOf, isFinished, isPodReady, ownedBy, suffix } from './context.ts';
import type { ControllerContext } from './context.ts';
import { startOwnerLoop } from './owner-loop.ts';
import { podFrom, sameStatus } from './replica-set.ts';
import type { ReplicaSetSpec } from './replica-set.ts';
import { templateHash } from './rollout.ts';

const caller = callerOf('daemonset-controller');
const revisionLabel = 'controller-revision-hash';

interface DaemonSetSpec extends ReplicaSetSpec {
  readonly updateStrategy?: { readonly type?: string };
}

/** Runs one pod of each DaemonSet on the one node, and replaces it when its template changes. */
export function startDaemonSets(context: ControllerContext, signal: AbortSignal): void {
  startOwnerLoop(context, { owners: daemonSets, owned: pods, reconcile: (key) => reconcile(context, key) }, signal);
}

function ownPods({ api }: ControllerContext, set: KubeObject): readonly KubeObject[] {
  return ownedBy(api, pods, set);
}

async function reconcile(context: ControllerContext, key: string): Promise<undefined> {
  const { api, random } = context;
  const { namespace, name } = splitKey(key);
  const set = api.get(daemonSets, namespace, name);
  if (!set) return;
  const spec = set['spec'] as DaemonSetSpec;
  const revision = templateHash(spec.template);
  if (!set.metadata.deletionTimestamp) {
    const rolls = (spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
    const isStale = (pod: KubeObject): boolean =>
      isFinished(pod) || (rolls && pod.metadata.labels?.[revisionLabel] !== revision);
    const living = ownPods(context, set).filter((pod) => pod.metadata.deletionTimestamp === undefined);
    for (const pod of [...living.filter(isStale), ...living.filter((pod) => !isStale(pod)).slice(1)]) {
      await api.delete(caller, pods, { namespace, name: pod.metadata.name ?? '' }, { uid: pod.metadata.uid ?? '' });
    }
    if (ownPods(context, set).length === 0)
      await api.create(caller, pods, podOf(set, spec, { revision, tail: suffix(random) }));
  }
  await writeStatus(context, set, revision);
}

function podOf(
  set: KubeObject,
  spec: DaemonSetSpec,
  { revision, tail }: { readonly revision: string; readonly tail: string },
): KubeObject {
  const pod = podFrom(set, spec.template, tail);
  return { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, [revisionLabel]: revision } } };
}

async function writeStatus(context: ControllerContext, read: KubeObject, revision: string): Promise<void> {
  const { api } = context;
  const set = api.get(daemonSets, read.metadata.namespace, read.metadata.name ?? '');
  if (set?.metadata.uid !== read.metadata.uid || !set) return;
  const own = ownPods(context, set).filter((pod) => !isFinished(pod));
  const ready = own.filter(isPodReady).length;
  const updated = own.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision).length;
  const status = {
    observedGeneration: set.metadata.generation ?? 0,
    desiredNumberScheduled: 1,
    currentNumberScheduled: Math.min(1, own.length),
    numberMisscheduled: 0,
    numberReady: ready,
    ...(updated > 0 && { updatedNumberScheduled: updated }),
    ...(ready > 0 ? { numberAvailable: ready } : { numberUnavailable: 1 }),
  };
  if (!sameStatus(set['status'] ?? {}, status)) await api.update(caller, daemonSets, { ...set, status }, 'status');
}
