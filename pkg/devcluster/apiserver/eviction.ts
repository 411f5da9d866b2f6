import type { KubeObject } from '../../apis/meta.ts';
import { selectorMatches } from '../kinds/label-selector.ts';
import type { Core, Target } from './core.ts';
import type { WriteContext } from './write-context.ts';
import { badRequest, internalError, notFound } from './errors.ts';
import { remove } from './remove.ts';
import { storageKey } from './served-resource.ts';
import { StatusError } from './status-error.ts';

interface EvictionBody {
  readonly deleteOptions?: {
    readonly gracePeriodSeconds?: number;
    readonly propagationPolicy?: string;
    readonly dryRun?: readonly string[];
    readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  };
}

interface Budget {
  readonly spec?: { readonly selector?: Record<string, unknown> };
  readonly status?: { readonly disruptionsAllowed?: number };
}

/** Deletes a pod unless a disruption budget forbids it now (429). */
export async function evict(core: Core, target: Target, body: unknown, context: WriteContext): Promise<void> {
  const pods = core.resources.find('', 'v1', 'pods');
  if (pods === undefined) throw notFound({ group: '', plural: 'pods' }, target.name);
  if (typeof body !== 'object' || body === null) throw badRequest('an Eviction must be an object');
  const { deleteOptions } = body as EvictionBody;
  const pod = pods.collection.get(storageKey(pods, target.namespace, target.name));
  if (pod === undefined) throw notFound(pods, target.name);
  if (isCounted(pod.object)) checkBudgets(core, pod.object);
  const { preconditions, dryRun, ...options } = deleteOptions ?? {};
  const asked = dryRun?.includes('All') === true ? { ...context, dryRun: true } : context;
  await remove({ core, resource: pods, target, context: asked, deletion: { ...options, ...preconditions } });
}

/** A pod that is over or on its way out counts for no budget. */
function isCounted({ metadata, status }: KubeObject): boolean {
  const { phase } = (status ?? {}) as { phase?: string };
  return metadata.deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed' && phase !== 'Pending';
}

function checkBudgets(core: Core, pod: KubeObject): void {
  const budgets = core.store.collection('policy/poddisruptionbudgets').scan(`${pod.metadata.namespace ?? ''}/`);
  const matching = budgets.filter(({ object }) => {
    const { spec } = object as unknown as Budget;
    return spec?.selector !== undefined && selectorMatches(spec.selector, pod.metadata.labels ?? {});
  });
  if (matching.length > 1)
    throw internalError(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const [budget] = matching;
  if (budget === undefined) return;
  const { status } = budget.object as unknown as Budget;
  if ((status?.disruptionsAllowed ?? 0) > 0) return;
  throw new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${budget.object.metadata.name ?? ''} does not allow another pod to be disrupted at the moment`,
        },
      ],
    },
  });
}
