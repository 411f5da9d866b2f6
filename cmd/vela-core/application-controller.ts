import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../pkg/apis/meta.ts';
import { labels } from '../../pkg/apis/names.ts';
import { systemClock, systemRandom } from '../../pkg/clock/system.ts';
import type { ApplicationDeps, ApplicationMetrics } from '../../pkg/controllers/application/deps.ts';
import { ApplicationReconciler } from '../../pkg/controllers/application/reconciler.ts';
import { EventRecorder } from '../../pkg/controllers/events/recorder.ts';
import type { Logger } from '../../pkg/logging/logger.ts';
import type { MetricsRegistry } from '../../pkg/metrics/registry.ts';
import { Controller } from '../../pkg/reconcile/controller.ts';
import { changesOf, wantsChanged } from '../../pkg/reconcile/source.ts';
import type { Engines } from '../../pkg/render/engine.ts';
import type { ClusterVersion } from '../../pkg/render/context.ts';
import type { Caches } from './caches.ts';
import { definitionSource } from './caches.ts';
import type { Config } from './options.ts';

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
export function newApplicationController(parts: ApplicationParts, client: KubeClient): Controller {
  const { config, caches, logger, registry } = parts;
  const reconciler = new ApplicationReconciler(depsOf(parts, client));
  return new Controller({
    name: 'application',
    sources: [
      changesOf(caches.applications, { predicate: wantsChanged }),
      changesOf(caches.trackers, { predicate: ({ type }) => type === 'deleted', map: ownerOf }),
      ...Object.values(caches.definitions).map((informer) => changesOf(informer, { predicate: () => false })),
    ],
    reconcile: (key, { signal }) => reconciler.reconcile(key, signal),
    workers: config.application.concurrentReconciles,
    clock: systemClock,
    logger,
    metrics: registry,
    timeoutMs: config.application.reconcileTimeoutMs,
    stopGraceMs: 5_000,
    backoff: { baseMs: 200, maxMs: 60_000 },
  });
}

function depsOf({ config, caches, logger, ...parts }: ApplicationParts, client: KubeClient): ApplicationDeps {
  const { application, authentication, gates } = config;
  return {
    client,
    applications: { get: (namespace, name) => caches.applications.get(`${namespace}/${name}`) },
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

/** The Application that a tracker belongs to. */
function ownerOf({ metadata }: KubeObject): readonly string[] {
  const name = metadata.labels?.[labels.appName];
  const namespace = metadata.labels?.[labels.appNamespace];
  return name && namespace ? [`${namespace}/${name}`] : [];
}
