import { keyOf } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { StatusError } from '../contract/status-error.ts';
import { namespaces } from '../contract/builtin.ts';
import { callerOf, timestamp, withCondition } from './context.ts';
import type { ControllerContext, StatusCondition } from './context.ts';
import { Loop } from './loop.ts';

const caller = callerOf('namespace-controller');
const retryMs = 100;

/** Ends a namespace that is being deleted: first everything in it, then its finalizer. */
export function startNamespaces(context: ControllerContext, signal: AbortSignal): void {
  const { api, clock, logger } = context;
  const loop = new Loop({ name: 'namespace', clock, logger, reconcile: (name) => reconcile(context, name) });
  api.subscribe(
    namespaces,
    {},
    ({ object }) => {
      if (object.metadata.deletionTimestamp) loop.add(keyOf(object));
    },
    signal,
  );
  loop.start(signal);
}

async function reconcile(context: ControllerContext, name: string): Promise<number | undefined> {
  const { api, clock } = context;
  const namespace = api.get(namespaces, undefined, name);
  const spec = namespace?.['spec'] as { finalizers?: readonly string[] } | undefined;
  if (!namespace?.metadata.deletionTimestamp || !spec?.finalizers?.includes('kubernetes')) return undefined;
  const { left, waiting } = await deleteContent(context, name);
  if (left > 0) {
    await report(context, namespace, left, waiting);
    return retryMs;
  }
  const finalizers = spec.finalizers.filter((finalizer) => finalizer !== 'kubernetes');
  await api.update(caller, namespaces, { ...namespace, spec: { ...spec, finalizers } }, 'finalize');
  context.logger.debug({ name, durationMs: clock.now() }, 'namespace removed');
  return undefined;
}

interface Content {
  readonly left: number;
  /** Finalizers that hold objects, with how many. */
  readonly waiting: ReadonlyMap<string, number>;
}

async function deleteContent({ api }: ControllerContext, namespace: string): Promise<Content> {
  const waiting = new Map<string, number>();
  let left = 0;
  for (const resource of api.resources().filter((r) => r.namespaced && r.plural !== 'events')) {
    for (const object of api.list(resource, { namespace })) {
      const target = { namespace, name: object.metadata.name ?? '' };
      if (!object.metadata.deletionTimestamp) {
        const graceful = resource.plural === 'pods' ? {} : { propagationPolicy: 'Background' as const };
        await api.delete(caller, resource, target, graceful).catch(unlessGone);
      }
      if (!api.get(resource, namespace, target.name)) continue;
      left += 1;
      for (const finalizer of object.metadata.finalizers ?? [])
        waiting.set(finalizer, (waiting.get(finalizer) ?? 0) + 1);
    }
  }
  const events = api.resources().find((r) => r.plural === 'events');
  for (const event of left === 0 && events ? api.list(events, { namespace }) : []) {
    if (events) await api.delete(caller, events, { namespace, name: event.metadata.name ?? '' }).catch(unlessGone);
  }
  return { left, waiting };
}

async function report(
  { api, clock }: ControllerContext,
  namespace: KubeObject,
  left: number,
  waiting: ReadonlyMap<string, number>,
): Promise<void> {
  const now = timestamp(clock);
  const status = (namespace['status'] ?? {}) as { conditions?: readonly StatusCondition[] };
  const held = [...waiting]
    .map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
    .sort()
    .join(', ');
  const remaining = {
    type: 'NamespaceContentRemaining',
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: `Some resources are remaining: ${left} objects`,
  };
  const finalizing = {
    type: 'NamespaceFinalizersRemaining',
    status: held ? 'True' : 'False',
    reason: held ? 'SomeFinalizersRemain' : 'ContentHasNoFinalizers',
    message: held
      ? `Some content in the namespace has finalizers remaining: ${held}`
      : 'All content-preserving finalizers finished',
  };
  const conditions = withCondition(withCondition(status.conditions, remaining, now), finalizing, now);
  if (JSON.stringify(conditions) === JSON.stringify(status.conditions)) return;
  await api.update(caller, namespaces, { ...namespace, status: { ...status, conditions } }, 'status').catch(unlessGone);
}

function unlessGone(error: unknown): void {
  if (error instanceof StatusError && [404, 409].includes(error.code)) return;
  throw error;
}
