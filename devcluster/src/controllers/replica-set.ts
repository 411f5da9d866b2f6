import { keyOf, splitKey } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { selectorText } from '../text/selector-text.ts';
import type { JsonRecord } from '../contract/json.ts';
import { selectorMatches } from '../kinds/label-selector.ts';
import { pods, replicaSets } from '../contract/builtin.ts';
import { callerOf, controllerRef, isActive, isPodReady, ownedBy, podStatus, suffix } from './context.ts';
import type { ControllerContext, StatusCondition } from './context.ts';
import { startOwnerLoop } from './owner-loop.ts';

const caller = callerOf('replicaset-controller');

interface Template {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
}

export interface ReplicaSetSpec {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly selector: JsonRecord;
  readonly template: Template;
}

/** Keeps as many pods as a ReplicaSet asks for; adopts matching pods without a controller. */
export function startReplicaSets(context: ControllerContext, signal: AbortSignal): void {
  startOwnerLoop(
    context,
    {
      owners: replicaSets,
      owned: pods,
      reconcile: (key) => reconcile(context, key),
      onOrphan: (pod, loop) => {
        for (const set of context.api.list(replicaSets, { namespace: pod.metadata.namespace })) loop.add(keyOf(set));
      },
    },
    signal,
  );
}

async function reconcile(context: ControllerContext, key: string): Promise<number | undefined> {
  const { namespace, name } = splitKey(key);
  const set = context.api.get(replicaSets, namespace, name);
  if (!set) return undefined;
  const own = await ownPods(context, set);
  if (!set.metadata.deletionTimestamp) await scale(context, set, own.filter(isActive));
  return writeStatus(context, set);
}

/** The pods of the set; matching ones without a controller are adopted, those that match no more are released. */
async function ownPods({ api }: ControllerContext, set: KubeObject): Promise<KubeObject[]> {
  const { namespace } = set.metadata;
  const owned = ownedBy(api, pods, set);
  const own = owned.filter((pod) => isMatch(set, pod));
  if (set.metadata.deletionTimestamp) return own;
  const labelSelector = selectorText((set['spec'] as ReplicaSetSpec).selector);
  for (const pod of api.list(pods, { namespace, labelSelector, controller: '' })) {
    if (!isActive(pod)) continue;
    const { uid, name = '', ownerReferences = [] } = pod.metadata;
    const body = { metadata: { uid, ownerReferences: [...ownerReferences, controllerRef(set, replicaSets)] } };
    own.push(await api.mergePatch(caller, pods, { namespace, name }, body));
  }
  for (const pod of owned) {
    const { uid, name = '', ownerReferences = [], deletionTimestamp } = pod.metadata;
    if (isMatch(set, pod) || deletionTimestamp) continue;
    const others = ownerReferences.filter((owner) => owner.uid !== set.metadata.uid);
    const body = { metadata: { uid, ownerReferences: others.length === 0 ? null : others } };
    await api.mergePatch(caller, pods, { namespace, name }, body);
  }
  return own;
}

const isMatch = (set: KubeObject, pod: KubeObject): boolean =>
  selectorMatches((set['spec'] as ReplicaSetSpec).selector, pod.metadata.labels ?? {});

async function scale(
  { api, random }: ControllerContext,
  set: KubeObject,
  active: readonly KubeObject[],
): Promise<void> {
  const spec = set['spec'] as ReplicaSetSpec;
  const missing = (spec.replicas ?? 1) - active.length;
  for (let i = 0; i < missing; i += 1) await api.create(caller, pods, podFrom(set, spec.template, suffix(random)));
  const surplus = [...active].sort((a, b) => rank(a) - rank(b) || newer(a, b)).slice(0, Math.max(0, -missing));
  for (const pod of surplus)
    await api.delete(
      caller,
      pods,
      { namespace: pod.metadata.namespace, name: pod.metadata.name ?? '' },
      { uid: pod.metadata.uid ?? '' },
    );
}

/** A pod as a template describes it, owned by the controller that makes it. */
export function podFrom(owner: KubeObject, template: Template, tail: string): KubeObject {
  const resource = {
    group: owner.apiVersion.split('/')[0] ?? '',
    version: 'v1',
    kind: owner.kind,
    plural: '',
    namespaced: true,
  };
  const { labels, annotations } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${(owner.metadata.name ?? '').slice(0, 57)}-${tail}`,
      generateName: `${owner.metadata.name ?? ''}-`,
      ...(owner.metadata.namespace !== undefined && { namespace: owner.metadata.namespace }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ownerReferences: [controllerRef(owner, resource)],
    },
    spec: template.spec,
  };
}

/** Which pods go first when there are too many: those that do not run yet, then those that are not ready. */
function rank(pod: KubeObject): number {
  if ((podStatus(pod).phase ?? 'Pending') === 'Pending') return 0;
  return isPodReady(pod) ? 2 : 1;
}

const newer = (a: KubeObject, b: KubeObject): number =>
  String(b.metadata.creationTimestamp).localeCompare(String(a.metadata.creationTimestamp));

async function writeStatus({ api, clock }: ControllerContext, read: KubeObject): Promise<number | undefined> {
  const set = api.get(replicaSets, read.metadata.namespace, read.metadata.name ?? '');
  if (set?.metadata.uid !== read.metadata.uid || !set) return undefined;
  const spec = set['spec'] as ReplicaSetSpec;
  const own = ownedBy(api, pods, set).filter((pod) => isMatch(set, pod) && isActive(pod));
  const wanted = spec.template.metadata?.labels ?? {};
  const fully = own.filter((pod) =>
    Object.entries(wanted).every(([key, value]) => pod.metadata.labels?.[key] === value),
  );
  const ready = own.filter(isPodReady);
  const { available, recheckMs } = availability(ready, spec.minReadySeconds ?? 0, clock.now());
  const status = {
    replicas: own.length,
    ...(fully.length > 0 && { fullyLabeledReplicas: fully.length }),
    ...(ready.length > 0 && { readyReplicas: ready.length }),
    ...(available > 0 && { availableReplicas: available }),
    observedGeneration: set.metadata.generation ?? 0,
  };
  if (!sameStatus(set['status'], status)) await api.update(caller, replicaSets, { ...set, status }, 'status');
  return recheckMs;
}

/** How many ready pods have been ready for long enough, and when the next one will have been. */
export function availability(
  ready: readonly KubeObject[],
  minReadySeconds: number,
  now: number,
): { available: number; recheckMs: number | undefined } {
  const waits = ready.map((pod) => {
    const since = podStatus(pod).conditions?.find((c: StatusCondition) => c.type === 'Ready')?.lastTransitionTime;
    return Math.max(0, (since === undefined ? now : Date.parse(since)) + minReadySeconds * 1000 - now);
  });
  const pending = waits.filter((wait) => wait > 0);
  return {
    available: waits.length - pending.length,
    recheckMs: pending.length > 0 ? Math.min(...pending) + 10 : undefined,
  };
}

/** Whether writing the status would change nothing; key order does not count. */
export function sameStatus(before: unknown, after: unknown): boolean {
  return JSON.stringify(sorted(before)) === JSON.stringify(sorted(after));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
