import type { KubeObject } from '../../../machinery/src/meta.ts';
import { selectorMatches } from '../kinds/label-selector.ts';
import { shallow } from './object-meta.ts';
import { timestamp } from './core.ts';
import type { Core, Target } from './core.ts';
import type { WriteContext } from './write-context.ts';
import { badRequest, internalError, notFound } from '../contract/errors.ts';
import { modify } from './modify.ts';
import { remove } from './remove.ts';
import { storageKey } from './served-resource.ts';
import type { ServedResource } from './served-resource.ts';
import { StatusError } from '../contract/status-error.ts';

interface EvictionBody {
  readonly metadata?: { readonly name?: string };
  readonly deleteOptions?: {
    readonly gracePeriodSeconds?: number;
    readonly propagationPolicy?: string;
    readonly dryRun?: readonly string[];
    readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  };
}

interface Budget {
  readonly spec?: { readonly selector?: Record<string, unknown>; readonly unhealthyPodEvictionPolicy?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly disruptionsAllowed?: number;
    readonly currentHealthy?: number;
    readonly desiredHealthy?: number;
    readonly disruptedPods?: Readonly<Record<string, string>>;
  };
}

/** Deletes a pod unless a disruption budget forbids it now (429). An eviction is taken off the budget at once. */
export async function evict(core: Core, target: Target, body: unknown, context: WriteContext): Promise<void> {
  const pods = core.resources.find('', 'v1', 'pods');
  if (pods === undefined) throw notFound({ group: '', plural: 'pods' }, target.name);
  if (typeof body !== 'object' || body === null) throw badRequest('an Eviction must be an object');
  const { deleteOptions, metadata } = body as EvictionBody;
  if (metadata?.name !== target.name) throw badRequest('name in URL does not match name in Eviction object');
  const pod = pods.collection.get(storageKey(pods, target.namespace, target.name));
  if (pod === undefined) throw notFound(pods, target.name);
  const { preconditions, dryRun, ...options } = deleteOptions ?? {};
  const asked = dryRun?.includes('All') === true ? { ...context, dryRun: true } : context;
  if (isCounted(pod.object)) await takeOff(core, pod.object, asked);
  await remove({ core, resource: pods, target, context: asked, deletion: { ...options, ...preconditions } });
}

interface PodView {
  readonly phase?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

/** A pod that is over or on its way out counts for no budget. */
function isCounted({ metadata, status }: KubeObject): boolean {
  const { phase } = (status ?? {}) as PodView;
  return metadata.deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed' && phase !== 'Pending';
}

async function takeOff(core: Core, pod: KubeObject, context: WriteContext): Promise<void> {
  const resource = core.resources.find('policy', 'v1', 'poddisruptionbudgets');
  if (resource === undefined) return;
  const all = resource.collection.scan(`${pod.metadata.namespace ?? ''}/`);
  const matching = all.filter(({ object }) => {
    const { spec } = object as unknown as Budget;
    return spec?.selector !== undefined && selectorMatches(spec.selector, pod.metadata.labels ?? {});
  });
  if (matching.length > 1)
    throw internalError(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const [budget] = matching;
  if (budget === undefined || isFree(pod, budget.object as unknown as Budget)) return;
  await decrement(core, resource, { budget: budget.object, pod, context });
}

/** A pod that is not ready may go whenever its budget allows it always, or is met without the pod. */
function isFree({ status }: KubeObject, budget: Budget): boolean {
  const isReady = ((status ?? {}) as PodView).conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
  if (isReady === true) return false;
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  return (
    budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' ||
    (desiredHealthy > 0 && currentHealthy >= desiredHealthy)
  );
}

async function decrement(
  core: Core,
  resource: ServedResource,
  of: { readonly budget: KubeObject; readonly pod: KubeObject; readonly context: WriteContext },
): Promise<void> {
  const { budget, pod, context } = of;
  const { namespace, name = '' } = budget.metadata;
  await modify({
    core,
    resource,
    target: { namespace, name },
    context,
    subresource: 'status',
    isInternal: true,
    change: (live) => {
      checkAllowed(live);
      const status = (live as unknown as Budget).status ?? {};
      const disruptedPods = { ...status.disruptedPods, [pod.metadata.name ?? '']: timestamp(core.clock.now()) };
      const disruptionsAllowed = (status.disruptionsAllowed ?? 0) - 1;
      return { ...shallow(live), status: { ...status, disruptionsAllowed, disruptedPods } };
    },
  });
}

function checkAllowed(budget: KubeObject): void {
  const { observedGeneration = 0, disruptionsAllowed = 0, ...status } = (budget as unknown as Budget).status ?? {};
  const name = budget.metadata.name ?? '';
  if (observedGeneration < (budget.metadata.generation ?? 0))
    throw refusal(`The disruption budget ${name} is still being processed by the server.`, 10);
  if (disruptionsAllowed > 0) return;
  const { desiredHealthy = 0, currentHealthy = 0 } = status;
  throw refusal(
    `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
  );
}

function refusal(why: string, retryAfterSeconds?: number): StatusError {
  return new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [{ reason: 'DisruptionBudget', message: why }],
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    },
  });
}
