import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';

export const deploymentResource: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};
export const serviceResource: Resource = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  namespaced: true,
};
export const namespaceResource: Resource = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};

/** A small Application: one Deployment with a Service, and a trait. */
export function sampleApplication(name: string, namespace: string): Application {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name, namespace },
    spec: {
      components: [
        {
          name: `${name}-web`,
          type: 'webservice',
          properties: { image: 'nginx:1.27', ports: [{ port: 80, expose: true }] },
          traits: [{ type: 'scaler', properties: { replicas: 1 } }],
        },
      ],
    },
  };
}

/** The shards that have a Deployment, in order. */
export async function shardsDeployed(client: KubeClient): Promise<readonly string[]> {
  const selection = { namespace: systemNamespace, labelSelector: labels.shardId };
  const { items } = await client.list(deploymentResource, selection);
  return items.map(({ metadata }) => metadata.labels?.[labels.shardId] ?? '').sort();
}

export async function createNamespace(client: KubeClient, name: string): Promise<void> {
  await client.create(namespaceResource, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** Throws, telling the first one that does not, unless all Applications of the namespace run. */
export async function assertAllRunning(client: KubeClient, namespace: string, count: number): Promise<Application[]> {
  const { items } = await client.list<Application>(applicationResource, { namespace });
  if (items.length !== count) throw new Error(`${items.length} of ${count} Applications exist`);
  for (const app of items) {
    if (app.status?.status !== 'running' || (app.status.observedGeneration ?? 0) < (app.metadata.generation ?? 0)) {
      throw new Error(
        `${app.metadata.name} is ${app.status?.status ?? 'untouched'}: ${JSON.stringify(app.status?.conditions ?? app.metadata.labels)}`,
      );
    }
  }
  return [...items];
}

/** Throws unless nothing of the namespace's Applications is left: no resource, no revision, no tracker. */
export async function assertNothingLeft(client: KubeClient, namespace: string): Promise<void> {
  const kinds: readonly (readonly [Resource, object])[] = [
    [applicationResource, { namespace }],
    [applicationRevisionResource, { namespace }],
    [resourceTrackerResource, { labelSelector: `app.oam.dev/namespace=${namespace}` }],
    [deploymentResource, { namespace }],
    [serviceResource, { namespace }],
  ];
  for (const [resource, selection] of kinds) {
    const { items } = await client.list<KubeObject>(resource, selection);
    if (items.length > 0)
      throw new Error(`${items.length} ${resource.plural} left, such as ${items[0]?.metadata.name ?? ''}`);
  }
}
