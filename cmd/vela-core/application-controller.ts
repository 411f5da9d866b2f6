import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { EventRecorder } from '../../pkg/client/events.ts';
import type { AdaptiveLimit } from '../../machinery/src/clock/adaptive-limit.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { DeliveredResources } from '../../pkg/controllers/application/watch/delivered.ts';
import type { ApplicationDeps, ApplicationMetrics } from '../../pkg/controllers/application/deps.ts';
import { newApplicationController } from '../../pkg/controllers/application/watches.ts';
import { Quarantine } from '../../pkg/controllers/application/quarantine/guard.ts';
import { fairnessKeyOf, isSerial } from '../../pkg/controllers/application/fairness-key.ts';
import { Controller } from '../../pkg/reconcile/controller.ts';
import type { Base } from './base.ts';
import type { ShardCaches } from './caches.ts';
import { definitionSource } from './caches.ts';
import { compressionOf } from './feature-gates.ts';
import { FairKeys } from '../../machinery/src/workqueue/fair.ts';
import { suspectsOfFleet } from '../../pkg/fleet/crash-record.ts';
import type { CrashRecord } from '../../pkg/fleet/crash-record.ts';
import { workflowRunTask } from './workflow-runs.ts';
import { runTogether } from '../../pkg/reconcile/tasks.ts';
import type { Task } from '../../pkg/reconcile/tasks.ts';

/** One term of office of one shard. */
export interface ApplicationParts extends Base {
  readonly caches: ShardCaches;
  readonly shard: string | undefined;
  /** Whether Applications are only handed over. */
  readonly drainOnly: boolean;
  /** Of the controller, in logs and metrics. */
  readonly name: string;
  /** Of the Lease; undefined where there is no election. */
  readonly epoch: number | undefined;
  readonly metrics: ApplicationMetrics;
  readonly crashes: CrashRecord;
  /** Called when a fence refused a write of this term. */
  readonly onFenceRefused?: (() => void) | undefined;
  /** How many reconciles of a controller the API server bears at once. */
  readonly pressure: Pick<AdaptiveLimit, 'value'>;
}

export interface ApplicationTerm {
  readonly controller: Controller;
  readonly run: Task;
}

/**
 * The application controller for one term: its memory of families ends with the term, because
 * other processes may write between two terms. Every write goes through the given client.
 */
export function newApplicationTerm(parts: ApplicationParts, client: KubeClient): ApplicationTerm {
  const { config, caches, definitions, logger, registry, name, crashes, shard } = parts;
  const { concurrentReconciles: workers, tenantConcurrency } = config.application;
  const delivered = new DeliveredResources({ client, clock: systemClock, random: systemRandom, logger, shard });
  const deps = depsOf(parts, client);
  const hasTrackers = (key: string): boolean => caches.trackers.byIndex('application', key).length > 0;
  const { reconcile, sources, close } = newApplicationController({
    ...deps,
    hasTrackers: shard === undefined ? hasTrackers : undefined,
    caches: { ...caches, definitions: Object.values(definitions) },
    delivered,
  });
  const applications = { get: (namespace: string, app: string) => caches.applications.get(`${namespace}/${app}`) };
  const quarantine = new Quarantine({
    ...deps,
    ...parts,
    client,
    applications,
    journal: crashes.journal,
    clock: systemClock,
    metrics: registry,
  });
  const suspects = '/suspects';
  const ready = new FairKeys({
    tenantOf: (key) => (quarantine.isSuspect(key) ? suspects : fairnessKeyOf(key, caches.applications.get(key))),
    perTenant: (tenant) => (tenant === suspects || isSerial(tenant) ? 1 : tenantConcurrency || workers),
    total: () => parts.pressure.value,
  });
  const controller = new Controller({
    name,
    sources,
    reconcile: quarantine.guard(reconcile),
    workers,
    ready,
    clock: systemClock,
    logger,
    metrics: registry,
    timeoutMs: config.application.reconcileTimeoutMs,
    stopGraceMs: 5_000,
    backoff: { baseMs: 200, maxMs: 60_000 },
  });
  const run: Task = async (signal) => {
    crashes.settle(await quarantine.recordCrashes(await suspectsOf(parts, signal), signal));
    const runs = workflowRunTask({ ...parts, deps: { ...deps, applications } });
    await runTogether([(own) => delivered.run(own), (own) => controller.run(own), ...runs], signal);
    close();
    quarantine.close();
  };
  return { controller, run };
}

/** The keys that may have crashed the predecessor of this process, or the process of another shard that adopted this one. */
async function suspectsOf(
  { client, config, shard, crashes, logger }: ApplicationParts,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const own = crashes.left;
  if (shard === undefined || !config.election) return own;
  try {
    const { namespace } = config.election;
    const others = await suspectsOfFleet(client, { namespace, now: systemClock.now() }, signal);
    return [...new Set([...own, ...others])];
  } catch (error) {
    logger.warn({ err: error }, 'failed to read crash records of other shards');
    return own;
  }
}

function depsOf(
  { config, shard, drainOnly, logger, ...parts }: ApplicationParts,
  client: KubeClient,
): Omit<ApplicationDeps, 'applications' | 'delivered'> {
  const { application, authentication, gates } = config;
  return {
    client,
    definitions: definitionSource(parts.definitions),
    engines: parts.engines,
    clusterVersion: parts.clusterVersion,
    clock: systemClock,
    random: systemRandom,
    events: new EventRecorder({
      client,
      component: 'Application',
      instance: config.podName,
      clock: systemClock,
      random: systemRandom,
      logger,
    }),
    metrics: parts.metrics,
    onFenceRefused: parts.onFenceRefused,
    options: {
      shard,
      foreignMaster: config.sharding?.foreignMaster,
      leaseEpoch: parts.epoch,
      drainOnly,
      controllerVersion: config.version,
      ignoreAppWithoutControllerVersion: application.requireControllerVersion,
      systemDefinitionNamespace: config.definitionNamespace,
      applicationRevisionLimit: application.revisionLimit,
      resyncPeriodMs: application.resyncMs,
      maxDispatchConcurrent: application.maxDispatchConcurrent,
      retry: {
        maxFailures: application.workflow.maxErrorRetries,
        suspendOnFailure: gates.EnableSuspendOnFailure,
        maxWaitBackoffMs: application.workflow.maxWaitBackoffSeconds * 1000,
        maxFailedBackoffMs: application.workflow.maxFailedBackoffSeconds * 1000,
      },
      restrictions: {
        allowCrossNamespace: application.allowCrossNamespace,
        allowResourceTypes: application.allowResourceTypes,
      },
      refObjectsScope: application.refObjectsScope,
      refObjectsFromUrls: !gates.DisableReferObjectsFromURL,
      patchStatusAtOnce: gates.EnablePatchStatusAtOnce,
      policies: { applicationScoped: gates.EnableApplicationScopedPolicies, global: gates.EnableGlobalPolicies },
      applyOnce: gates.ApplyOnce,
      lateWriteMs: config.safety.lateWriteMs,
      compression: compressionOf(gates),
      defaultUser: gates.AuthenticateApplication ? authentication.defaultUser : undefined,
    },
  };
}
