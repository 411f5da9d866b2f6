import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { systemClock } from '../../machinery/src/clock/system.ts';
import { newDefinitionReconciler } from '../../pkg/controllers/definition/reconciler.ts';
import { WorkloadDefinitionWriter } from '../../pkg/controllers/definition/workload-definition.ts';
import { definitionKinds } from '../../pkg/controllers/definition/revision.ts';
import { Controller } from '../../pkg/reconcile/controller.ts';
import { changesOf, wantsChanged } from '../../pkg/reconcile/source.ts';
import type { Base, Extras } from './base.ts';
import { definitionResources } from './caches.ts';
import { runTogether } from '../../pkg/reconcile/tasks.ts';
import type { Task } from '../../pkg/reconcile/tasks.ts';

/** The controllers of the four kinds of definitions; they run where the Lease is held. */
export function newDefinitionExtras(base: Base): Extras {
  const lead = (client: KubeClient, signal: AbortSignal): Promise<void> =>
    runTogether(
      definitionKinds.map(({ kind }): Task => {
        const controller = newController(base, client, kind);
        return (own) => controller.run(own);
      }),
      signal,
    );
  return { always: [], whileLeading: [lead], checks: {} };
}

function newController(
  { config, definitions, engines, logger, registry }: Base,
  client: KubeClient,
  kind: (typeof definitionKinds)[number]['kind'],
): Controller {
  const cache = definitions[kind];
  const about = definitionKinds.find((candidate) => candidate.kind === kind);
  if (!about) throw new Error(`no controller for ${kind}`);
  return new Controller({
    name: kind.toLowerCase(),
    sources: [changesOf(cache, { predicate: wantsChanged })],
    reconcile: newDefinitionReconciler({
      client,
      clock: systemClock,
      resource: definitionResources[kind],
      kind: about,
      engines,
      get: (key) => cache.get(key),
      workloads: config.application.createWorkloadDefinitions ? new WorkloadDefinitionWriter(client) : undefined,
      revisionLimit: config.application.definitionRevisionLimit,
      controllerVersion: config.version,
      ignoreWithoutVersion: config.application.requireDefinitionVersion,
    }),
    // At the first start every definition is new; they must not crowd out Applications at the API server.
    workers: 1,
    clock: systemClock,
    logger,
    metrics: registry,
    timeoutMs: config.application.reconcileTimeoutMs,
    stopGraceMs: 5_000,
    backoff: { baseMs: 200, maxMs: 60_000 },
  });
}
