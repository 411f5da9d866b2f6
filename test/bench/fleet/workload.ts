import type { Application } from '../../../pkg/apis/application.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import { systemClock, systemRandom } from '../../../pkg/clock/system.ts';
import { Informer } from '../../../pkg/informer/informer.ts';
import { silentLogger } from '../../../pkg/logging/logger.ts';
import { eventually } from '../../support/fleet.ts';

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

/** Applications by when they were first seen to run, in `performance.now()`. */
export type Running = ReadonlyMap<string, number>;

/**
 * Follows Applications by one watch while something is done, and until so many run: what waits must cost next to
 * nothing, for it is no part of what is measured.
 */
export async function whileFollowing(
  client: KubeClient,
  work: () => Promise<void>,
  { count, seconds = 300 }: { readonly count: number; readonly seconds?: number },
): Promise<Running> {
  const parts = { client, clock: systemClock, random: systemRandom, logger: silentLogger() };
  const informer = new Informer<Application>({ ...parts, resource: applicationResource, namespace, transform: slim });
  const running = new Map<string, number>();
  const seen = (application: Application): void => {
    const { name = '' } = application.metadata;
    if (!isRunning(application)) running.delete(name);
    else if (!running.has(name)) running.set(name, performance.now());
  };
  informer.subscribe({
    added: seen,
    updated: (_old, application) => {
      seen(application);
    },
    deleted: ({ metadata }) => {
      running.delete(metadata.name ?? '');
    },
  });
  const end = new AbortController();
  const following = informer.run(end.signal);
  const check = (): void => {
    if (running.size < count) throw new Error(`${running.size} run`);
  };
  try {
    await work();
    await eventually(`${count} Applications to run`, check, seconds);
  } finally {
    end.abort();
  }
  await following;
  return running;
}

export async function whenAllRun(client: KubeClient, count: number, seconds?: number): Promise<void> {
  await whileFollowing(client, () => Promise.resolve(), { count, ...(seconds !== undefined && { seconds }) });
}

const slim = ({ apiVersion, kind, metadata, spec, status }: Application): Application => {
  const { managedFields: _, ...kept } = metadata;
  return { apiVersion, kind, metadata: kept, spec, ...(status && { status }) };
};

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
