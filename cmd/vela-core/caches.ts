import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { componentDefinitionResource } from '../../pkg/apis/component-definition.ts';
import { definitionRevisionResource } from '../../pkg/apis/definition-revision.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../pkg/apis/meta.ts';
import { labels } from '../../pkg/apis/names.ts';
import { policyDefinitionResource } from '../../pkg/apis/policy-definition.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { traitDefinitionResource } from '../../pkg/apis/trait-definition.ts';
import { workflowStepDefinitionResource } from '../../pkg/apis/workflow-step-definition.ts';
import type { DefinitionSource } from '../../pkg/appfile/definition-lookup.ts';
import { systemClock, systemRandom } from '../../pkg/clock/system.ts';
import { Informer, withoutManagedFields } from '../../pkg/informer/informer.ts';
import type { Logger } from '../../pkg/logging/logger.ts';
import type { Config } from './options.ts';

export const definitionResources: Readonly<Record<Parameters<DefinitionSource['get']>[0], Resource>> = {
  ComponentDefinition: componentDefinitionResource,
  TraitDefinition: traitDefinitionResource,
  PolicyDefinition: policyDefinitionResource,
  WorkflowStepDefinition: workflowStepDefinitionResource,
  DefinitionRevision: definitionRevisionResource,
};

/** What this process keeps a copy of: its own shard's Applications and trackers, and every definition. */
export interface Caches {
  readonly applications: Informer<Application>;
  readonly trackers: Informer;
  readonly definitions: Readonly<Record<Parameters<DefinitionSource['get']>[0], Informer>>;
  readonly all: readonly Informer[];
}

export function newCaches(config: Config, client: KubeClient, logger: Logger): Caches {
  const { sharding, informerResyncMs } = config;
  const labelSelector = sharding && `${labels.scheduledShardId}=${sharding.shard}`;
  const common = { client, clock: systemClock, random: systemRandom, logger };
  const applications = new Informer<Application>({
    ...common,
    resource: applicationResource,
    labelSelector,
    transform: withoutManagedFields,
    resyncPeriodMs: informerResyncMs || undefined,
  });
  const trackers = new Informer({ ...common, resource: resourceTrackerResource, labelSelector, metadataOnly: true });
  const definition = (resource: Resource): Informer =>
    new Informer({
      ...common,
      resource,
      transform: withoutManagedFields,
      indexers: { namespace: ({ metadata }: KubeObject) => [metadata.namespace ?? ''] },
    });
  const definitions = {
    ComponentDefinition: definition(definitionResources.ComponentDefinition),
    TraitDefinition: definition(definitionResources.TraitDefinition),
    PolicyDefinition: definition(definitionResources.PolicyDefinition),
    WorkflowStepDefinition: definition(definitionResources.WorkflowStepDefinition),
    DefinitionRevision: definition(definitionResources.DefinitionRevision),
  };
  const all = [applications as unknown as Informer, trackers, ...Object.values(definitions)];
  return { applications, trackers, definitions, all };
}

/** Definitions as the caches have them. */
export function definitionSource({ definitions }: Caches): DefinitionSource {
  return {
    get: (kind, namespace, name) => definitions[kind].get(`${namespace}/${name}`),
    list: (kind, namespace) => definitions[kind].byIndex('namespace', namespace),
  };
}
