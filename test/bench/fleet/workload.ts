import type { Application } from '../../../pkg/apis/application.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import type { Random } from '../../../machinery/src/clock/clock.ts';

export const namespace = 'bench';

/** As in KubeVela's performance test: a service with scaler, sidecar and ingress; a worker with scaler, and a ConfigMap. */
export function benchApplication(name: string, version = 1): Application {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name, namespace },
    spec: {
      components: [
        {
          name: `${name}-web`,
          type: 'webservice',
          properties: { image: `nginx:1.${version}`, ports: [{ port: 80 }] },
          traits: [
            { type: 'scaler', properties: { replicas: 1 } },
            { type: 'sidecar', properties: { name: 'log', image: 'busybox:1' } },
            { type: 'gateway', properties: { domain: `${name}.example.com`, http: { '/': 80 } } },
          ],
        },
        {
          name: `${name}-worker`,
          type: 'worker',
          properties: { image: 'busybox:1', cmd: ['sleep', '1000000'] },
          traits: [{ type: 'scaler', properties: { replicas: 1 } }],
        },
        {
          name: `${name}-settings`,
          type: 'k8s-objects',
          properties: {
            objects: [
              { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${name}-settings` }, data: { key: 'value' } },
            ],
          },
        },
      ],
    },
  };
}

/** One ConfigMap: for what is about the fleet and not about delivery. */
export function smallApplication(name: string, version = 1): Application {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { version: String(version) } };
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name, namespace },
    spec: { components: [{ name, type: 'k8s-objects', properties: { objects: [object] } }] },
  };
}

/** Does something for each item, a few at once. */
export async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>, atOnce = 16): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

export const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

export async function createAll(client: KubeClient, applications: readonly Application[]): Promise<void> {
  await forEach(applications, async (application) => {
    await client.create(applicationResource, application);
  });
}

export const isRunning = ({ metadata, status }: Application): boolean =>
  status?.status === 'running' && (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);

/** Changes an Application and resolves with the milliseconds until its controller has delivered the change. */
export async function timeToReconcile(client: KubeClient, name: string, version: number): Promise<number> {
  const start = performance.now();
  const { spec } = smallApplication(name, version);
  const body = JSON.parse(JSON.stringify({ spec })) as never;
  await client.patch(applicationResource, { name, namespace }, { type: 'merge', body });
  for (;;) {
    if (isRunning(await client.get<Application>(applicationResource, { name, namespace })))
      return performance.now() - start;
    if (performance.now() - start > 90_000) throw new Error(`${name} was not worked on for 90 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The value below which that part of the values lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? NaN;
}

/** In any order. */
export function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
