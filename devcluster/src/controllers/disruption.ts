import { keyOf, splitKey } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { Clock } from '../../../machinery/src/clock/clock.ts';
import { selectorMatches } from '../kinds/label-selector.ts';
import type { ClusterApi } from '../contract/cluster-api.ts';
import { budgets, deployments, pods } from '../contract/builtin.ts';
import { callerOf, controllerOf, isActive, isPodReady, timestamp } from './context.ts';
import { withCondition } from './context.ts';
import type { ControllerContext, StatusCondition } from './context.ts';
import { Loop } from './loop.ts';
import { sameStatus } from './replica-set.ts';

const caller = callerOf('disruption-controller');
/** A pod that was evicted and is still there after this long was not deleted after all. */
const evictionTakesMs = 2 * 60_000;

export interface BudgetSpec {
  readonly minAvailable?: number | string;
  readonly maxUnavailable?: number | string;
  readonly selector?: Record<string, unknown>;
  readonly unhealthyPodEvictionPolicy?: string;
}

export interface BudgetStatus {
  readonly observedGeneration?: number;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  /** When each pod was evicted, until its deletion is seen. */
  readonly disruptedPods?: Readonly<Record<string, string>>;
  readonly conditions?: readonly StatusCondition[];
}

/** Counts for every PodDisruptionBudget how many of its pods may be evicted now. */
export function startDisruptionBudgets(context: ControllerContext, signal: AbortSignal): void {
  const { api, clock, logger } = context;
  const loop = new Loop({ name: 'disruption', clock, logger, reconcile: (key) => reconcile(context, key) });
  api.subscribe(
    budgets,
    {},
    ({ type, object }) => {
      if (type !== 'DELETED') loop.add(keyOf(object));
    },
    signal,
  );
  const ofNamespace = ({ object }: { readonly object: KubeObject }): void => {
    for (const budget of api.list(budgets, { namespace: object.metadata.namespace })) loop.add(keyOf(budget));
  };
  api.subscribe(pods, {}, ofNamespace, signal);
  // Its size may change without a pod coming or going.
  api.subscribe(deployments, {}, ofNamespace, signal);
  loop.start(signal);
}

async function reconcile({ api, clock }: ControllerContext, key: string): Promise<number | undefined> {
  const { namespace, name } = splitKey(key);
  const budget = api.get(budgets, namespace, name);
  if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return undefined;
  const covered = api.list(pods, { namespace }).filter((pod) => isActive(pod) && covers(budget, pod));
  const status = budgetStatus(budget, covered, expectedOf(api, covered), clock);
  if (!sameStatus(budget['status'] ?? {}, status)) await api.update(caller, budgets, { ...budget, status }, 'status');
  return status.disruptedPods === undefined ? undefined : evictionTakesMs;
}

/** Whether a budget is about a pod; an empty selector covers the whole namespace. */
export function covers(budget: KubeObject, pod: KubeObject): boolean {
  const { selector } = (budget['spec'] ?? {}) as BudgetSpec;
  return selector !== undefined && selectorMatches(selector, pod.metadata.labels ?? {});
}

/** The pods that the controllers of the given ones want; a pod without a controller stands for itself. */
function expectedOf(api: ClusterApi, covered: readonly KubeObject[]): number {
  const wanted = new Map<string, number>();
  for (const pod of covered) {
    const { id, replicas } = scaleOf(api, pod);
    wanted.set(id, replicas);
  }
  return [...wanted.values()].reduce((sum, replicas) => sum + replicas, 0);
}

/** The topmost controller of a pod that says how many there should be. */
function scaleOf(api: ClusterApi, pod: KubeObject): { readonly id: string; readonly replicas: number } {
  const { namespace } = pod.metadata;
  let found = { id: pod.metadata.uid ?? '', replicas: 1 };
  for (let owner = controllerOf(pod.metadata); owner !== undefined;) {
    const resource = api.resourceFor(owner.apiVersion, owner.kind);
    const object = resource && api.get(resource, namespace, owner.name);
    if (object === undefined) break;
    const { replicas } = (object['spec'] ?? {}) as { replicas?: unknown };
    if (typeof replicas === 'number') found = { id: owner.uid, replicas };
    owner = controllerOf(object.metadata);
  }
  return found;
}

/** The status of a budget: a pure function of its pods. Percentages count upward, as Kubernetes does. */
export function budgetStatus(
  budget: KubeObject,
  covered: readonly KubeObject[],
  scale: number,
  clock: Clock,
): BudgetStatus {
  const spec = (budget['spec'] ?? {}) as BudgetSpec;
  const before = budget['status'] as BudgetStatus | undefined;
  const disrupted = stillThere(before?.disruptedPods ?? {}, covered, clock);
  const isHealthy = (pod: KubeObject): boolean => isPodReady(pod) && !Object.hasOwn(disrupted, pod.metadata.name ?? '');
  const currentHealthy = covered.filter(isHealthy).length;
  const { expectedPods, desiredHealthy } = goal(spec, covered.length, scale);
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const isEnough = disruptionsAllowed > 0;
  const condition: StatusCondition & { readonly observedGeneration?: number | undefined } = {
    type: 'DisruptionAllowed',
    status: isEnough ? 'True' : 'False',
    reason: isEnough ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: budget.metadata.generation,
  };
  return {
    observedGeneration: budget.metadata.generation ?? 0,
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
    conditions: withCondition(before?.conditions, condition, timestamp(clock)),
  };
}

function goal(
  { minAvailable, maxUnavailable }: BudgetSpec,
  count: number,
  scale: number,
): { readonly expectedPods: number; readonly desiredHealthy: number } {
  if (maxUnavailable !== undefined)
    return { expectedPods: scale, desiredHealthy: Math.max(0, scale - scaled(maxUnavailable, scale)) };
  const wanted = minAvailable ?? 1;
  if (typeof wanted === 'number') return { expectedPods: count, desiredHealthy: wanted };
  return { expectedPods: scale, desiredHealthy: scaled(wanted, scale) };
}

function scaled(value: number | string, of: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * of) / 100);
}

function stillThere(
  disrupted: Readonly<Record<string, string>>,
  covered: readonly KubeObject[],
  clock: Clock,
): Record<string, string> {
  const names = new Set(covered.map((pod) => pod.metadata.name));
  const isRecent = ([name, since]: [string, string]): boolean =>
    names.has(name) && Date.parse(since) + evictionTakesMs > clock.now();
  return Object.fromEntries(Object.entries(disrupted).filter(isRecent));
}
