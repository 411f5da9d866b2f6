import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { systemClock, systemRandom } from '../../pkg/clock/system.ts';
import { DeliveredResources } from '../../pkg/controllers/application/delivered.ts';
import type { ApplicationDeps, ApplicationMetrics } from '../../pkg/controllers/application/deps.ts';
import { newApplicationController as newController } from '../../pkg/controllers/application/watches.ts';
import { EventRecorder } from '../../pkg/controllers/events/recorder.ts';
import type { Logger } from '../../pkg/logging/logger.ts';
import type { MetricsRegistry } from '../../pkg/metrics/registry.ts';
import { Controller } from '../../pkg/reconcile/controller.ts';
import { changesOf } from '../../pkg/reconcile/source.ts';
import type { Engines } from '../../pkg/render/engine.ts';
import type { ClusterVersion } from '../../pkg/render/context.ts';
import type { Caches } from './caches.ts';
import { definitionSource } from './caches.ts';
import type { Config } from './options.ts';
import { runTogether } from './tasks.ts';
import type { Task } from './tasks.ts';

export interface ApplicationParts {
  readonly config: Config;
  readonly caches: Caches;
  readonly engines: Engines;
  readonly clusterVersion: ClusterVersion;
  readonly logger: Logger;
  readonly metrics: ApplicationMetrics;
  readonly registry: MetricsRegistry;
}

/**
 * The application controller for one term of office: what it remembers of families is forgotten with it, because
 * somebody else may write between two terms. Every write goes through the given client.
 */
export function newApplicationController(parts: ApplicationParts, client: KubeClient): { run: Task } {
  const { config, caches, logger, registry } = parts;
  const delivered = new DeliveredResources({ client, clock: systemClock, random: systemRandom, logger });
  const { reconcile, sources } = newController({ ...depsOf(parts, client), caches, delivered });
  const controller = new Controller({
    name: 'application',
    sources: [
      ...sources,
      ...Object.values(caches.definitions).map((informer) => changesOf(informer, { predicate: () => false })),
    ],
    reconcile,
    workers: config.application.concurrentReconciles,
    clock: systemClock,
    logger,
    metrics: registry,
    timeoutMs: config.application.reconcileTimeoutMs,
    stopGraceMs: 5_000,
    backoff: { baseMs: 200, maxMs: 60_000 },
  });
  return { run: (signal) => runTogether([(own) => delivered.run(own), (own) => controller.run(own)], signal) };
}

function depsOf(
  { config, caches, logger, ...parts }: ApplicationParts,
  client: KubeClient,
): Omit<ApplicationDeps, 'applications' | 'delivered'> {
  const { application, authentication, gates } = config;
  return {
    client,
    definitions: definitionSource(caches),
    engines: parts.engines,
    clusterVersion: parts.clusterVersion,
    clock: systemClock,
    random: systemRandom,
    events: new EventRecorder({
      client,
      component: 'Application',
      instance: config.podName,
      clock: systemClock,
      logger,
    }),
    metrics: parts.metrics,
    options: {
      shard: config.sharding?.shard,
      controllerVersion: config.version,
      ignoreAppWithoutControllerVersion: application.requireControllerVersion,
      systemDefinitionNamespace: config.definitionNamespace,
      applicationRevisionLimit: application.revisionLimit,
      resyncPeriodMs: application.resyncMs,
      maxDispatchConcurrent: application.maxDispatchConcurrent,
      retry: {
        maxFailures: application.workflow.maxErrorRetries,
        maxWaitBackoffMs: application.workflow.maxWaitBackoffSeconds * 1000,
        maxFailedBackoffMs: application.workflow.maxFailedBackoffSeconds * 1000,
      },
      restrictions: {
        allowCrossNamespace: application.allowCrossNamespace,
        allowResourceTypes: application.allowResourceTypes,
      },
      refObjectsScope: application.refObjectsScope,
      applyOnce: gates.ApplyOnce,
      defaultUser: gates.AuthenticateApplication ? authentication.defaultUser : undefined,
    },
  };
}
