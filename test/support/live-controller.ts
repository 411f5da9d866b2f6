import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { componentDefinitionResource } from '../../pkg/apis/component-definition.ts';
import { customResourceDefinition } from '../../pkg/apis/custom-kind.ts';
import { customKinds } from '../../pkg/apis/custom-kinds.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { traitDefinitionResource } from '../../pkg/apis/trait-definition.ts';
import { workflowStepDefinitionResource } from '../../pkg/apis/workflow-step-definition.ts';
import type { DefinitionSource } from '../../pkg/appfile/definition-lookup.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { DeliveredResources } from '../../pkg/controllers/application/watch/delivered.ts';
import { applicationMetrics } from '../../pkg/controllers/application/metrics.ts';
import { newApplicationController } from '../../pkg/controllers/application/watches.ts';
import { Informer } from '../../pkg/informer/informer.ts';
import { withoutManagedFields } from '../../machinery/src/managed-fields.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../pkg/metrics/registry.ts';
import { Controller } from '../../pkg/reconcile/controller.ts';
import { newEngines } from './engines.ts';
import { loadYamlDocuments } from '../../pkg/render/yaml.ts';
import { applicationOptions } from './application-bed.ts';

const crds: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
const namespaces: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

const kinds = [componentDefinitionResource, traitDefinitionResource, workflowStepDefinitionResource];

/** Brings our kinds and the definitions that this version can render into a cluster. */
export async function installDefinitions(client: KubeClient): Promise<void> {
  for (const kind of customKinds) await client.create(crds, customResourceDefinition(kind) as KubeObject);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'vela-system' } };
  await client.create(namespaces, namespace).catch(() => undefined);
  const folder = join(packageRoot(), 'templates/definitions');
  for (const file of await readdir(folder)) {
    for (const document of loadYamlDocuments(await readFile(join(folder, file), 'utf8'))) {
      const object = document as KubeObject;
      const resource = kinds.find((r) => r.kind === object.kind);
      if (resource)
        await until(() =>
          client.create(resource, object).then(
            () => true,
            () => false,
          ),
        );
    }
  }
}

/** An application controller in this process, working as `vela-core` does. */
export interface LiveController {
  /** How many reconciles it has ended. */
  reconciled(): number;
  stop(): Promise<void>;
}

export function startController(
  client: KubeClient,
  { shard, leaseEpoch }: { readonly shard?: string; readonly leaseEpoch?: number } = {},
): LiveController {
  const stopping = new AbortController();
  const common = { client, clock: systemClock, random: systemRandom, logger: silentLogger() };
  const labelSelector = shard === undefined ? undefined : `${labels.scheduledShardId}=${shard}`;
  const transform = withoutManagedFields;
  const applications = new Informer<Application>({
    ...common,
    resource: applicationResource,
    labelSelector,
    transform,
  });
  const trackerOptions = { resource: resourceTrackerResource, labelSelector, metadataOnly: true, transform };
  const trackers = new Informer({ ...common, ...trackerOptions });
  const components = new Informer({ ...common, resource: componentDefinitionResource });
  const traits = new Informer({ ...common, resource: traitDefinitionResource });
  const steps = new Informer({ ...common, resource: workflowStepDefinitionResource });
  const delivered = new DeliveredResources({ ...common, shard });
  const { reconcile, sources } = newApplicationController({
    ...common,
    caches: { applications, trackers, definitions: [components, traits, steps] },
    delivered,
    definitions: sourceOf({ ComponentDefinition: components, TraitDefinition: traits, WorkflowStepDefinition: steps }),
    engines: newEngines(),
    clusterVersion: { major: '1', minor: 36, gitVersion: 'v1.36.0', platform: 'linux/amd64' },
    events: { event: () => undefined },
    metrics: applicationMetrics(newRegistry()),
    options: { ...applicationOptions, shard, leaseEpoch },
  });
  let reconciled = 0;
  const controller = new Controller({
    ...common,
    name: 'application',
    sources,
    reconcile: async (key, context) => {
      const result = await reconcile(key, context);
      reconciled += 1;
      return result;
    },
    workers: 4,
    stopGraceMs: 1000,
    backoff: { baseMs: 50, maxMs: 2000 },
  });
  const running = [applications, trackers, components, traits, steps, delivered, controller].map((r) =>
    r.run(stopping.signal),
  );
  return {
    reconciled: () => reconciled,
    stop: async () => {
      stopping.abort();
      await Promise.allSettled(running);
    },
  };
}

function sourceOf(informers: Readonly<Record<string, Informer>>): DefinitionSource {
  return {
    get: (kind, namespace, name) => informers[kind]?.get(`${namespace}/${name}`),
    list: (kind, namespace) => (informers[kind]?.list() ?? []).filter((o) => o.metadata.namespace === namespace),
  };
}

/** Waits until something holds; throws what it says when that takes too long. */
export async function until(holds: () => Promise<boolean | string>, timeoutMs = 60_000): Promise<void> {
  const deadline = systemClock.monotonic() + timeoutMs;
  for (;;) {
    const answer = await holds();
    if (answer === true) return;
    if (systemClock.monotonic() > deadline) throw new Error(`does not come: ${String(answer)}`);
    await sleep(20);
  }
}
