import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { componentDefinitionResource } from '../../pkg/apis/component-definition.ts';
import { definitionRevisionResource } from '../../pkg/apis/definition-revision.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels } from '../../pkg/apis/names.ts';
import { policyDefinitionResource } from '../../pkg/apis/policy-definition.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { traitDefinitionResource } from '../../pkg/apis/trait-definition.ts';
import { workflowStepDefinitionResource } from '../../pkg/apis/workflow-step-definition.ts';
import type { DefinitionSource } from '../../pkg/appfile/definition-lookup.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { withoutManagedFields } from '../../machinery/src/managed-fields.ts';
import { Informer } from '../../pkg/informer/informer.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';

export const definitionResources: Readonly<Record<Parameters<DefinitionSource['get']>[0], Resource>> = {
  ComponentDefinition: componentDefinitionResource,
  TraitDefinition: traitDefinitionResource,
  PolicyDefinition: policyDefinitionResource,
  WorkflowStepDefinition: workflowStepDefinitionResource,
  DefinitionRevision: definitionRevisionResource,
};

/** Copies of every definition; each process has them once. */
export type DefinitionCaches = Readonly<Record<Parameters<DefinitionSource['get']>[0], Informer>>;

/** An informer apart from the type of its objects. */
export type RunningInformer = Pick<Informer, 'resource' | 'synced' | 'run'>;

/** Copies of one shard's Applications and trackers, or of all where there are no shards. */
export interface ShardCaches {
  readonly applications: Informer<Application>;
  readonly trackers: Informer;
  readonly all: readonly RunningInformer[];
}

interface CacheParts {
  readonly client: KubeClient;
  readonly logger: Logger;
  readonly informerResyncMs: number;
}

export function newShardCaches({ informerResyncMs, ...parts }: CacheParts, shard: string | undefined): ShardCaches {
  const labelSelector = shard === undefined ? undefined : `${labels.scheduledShardId}=${shard}`;
  const common = { ...parts, clock: systemClock, random: systemRandom };
  const applications = new Informer<Application>({
    ...common,
    resource: applicationResource,
    labelSelector,
    transform: withoutManagedFields,
    resyncPeriodMs: informerResyncMs || undefined,
  });
  const trackers = new Informer({
    ...common,
    resource: resourceTrackerResource,
    labelSelector,
    metadataOnly: true,
    transform: withoutManagedFields,
    indexers: { application: applicationOf },
  });
  return { applications, trackers, all: [applications, trackers] };
}

/** The key of the Application that a tracker is of. */
function applicationOf({ metadata }: KubeObject): readonly string[] {
  const name = metadata.labels?.[labels.appName];
  return name === undefined ? [] : [`${metadata.labels?.[labels.appNamespace] ?? ''}/${name}`];
}

export function newDefinitionCaches({ client, logger }: CacheParts): DefinitionCaches {
  const definition = (resource: Resource): Informer =>
    new Informer({
      client,
      logger,
      clock: systemClock,
      random: systemRandom,
      resource,
      transform: withoutManagedFields,
      indexers: { namespace: ({ metadata }: KubeObject) => [metadata.namespace ?? ''] },
    });
  return {
    ComponentDefinition: definition(definitionResources.ComponentDefinition),
    TraitDefinition: definition(definitionResources.TraitDefinition),
    PolicyDefinition: definition(definitionResources.PolicyDefinition),
    WorkflowStepDefinition: definition(definitionResources.WorkflowStepDefinition),
    DefinitionRevision: definition(definitionResources.DefinitionRevision),
  };
}

/** Definitions as the caches have them. */
export function definitionSource(definitions: DefinitionCaches): DefinitionSource {
  return {
    get: (kind, namespace, name) => definitions[kind].get(`${namespace}/${name}`),
    list: (kind, namespace) => definitions[kind].byIndex('namespace', namespace),
  };
}
