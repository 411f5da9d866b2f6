import { expect } from '@jest/globals';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import { eventually } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';
import { recordedObjects } from './recorded.ts';

export const namespace = 'market';

export async function live(
  { client }: TestCluster,
  apiVersion: string,
  kind: string,
  name: string,
): Promise<Record<string, unknown> & KubeObject> {
  return client.get(await client.resourceFor(apiVersion, kind), { name, namespace });
}

/** Every field that `changes.ts` drops is gone, and what others own stays. */
export async function expectDropped(cluster: TestCluster): Promise<void> {
  const deployment = (name: string): Promise<KubeObject> => live(cluster, 'apps/v1', 'Deployment', name);
  const front = await deployment('front');
  const env = [
    { name: 'GREETING', value: 'hello' },
    { name: 'CURRENCY', value: 'eur' },
  ];
  expect(front).toMatchObject({
    metadata: { labels: { owner: 'sales', team: 'sales' } },
    spec: { replicas: 2, template: { spec: { containers: [{ name: 'front', env }] } } },
  });
  for (const gone of ['BANNER', 'season', 'trial', 'example.com/contact']) expect(textOf(front)).not.toContain(gone);
  const back = textOf(await deployment('back'));
  for (const gone of ['BATCH', 'registry.example/logs']) expect(back).not.toContain(gone);
  // from the customized definition
  expect(back).toContain('"example.com/custom":"yes"');
  const ledger = await deployment('ledger');
  const resources = { limits: { memory: '64Mi' }, requests: { memory: '64Mi' } };
  expect(ledger).toMatchObject({ spec: { template: { spec: { containers: [{ resources }] } } } });
  expect(JSON.stringify(ledger['spec'])).not.toMatch(/REGION|cpu/);
  const ingress = await live(cluster, 'networking.k8s.io/v1', 'Ingress', 'ledger');
  expect(JSON.stringify(ingress['spec'])).not.toContain('/old');
  expect((await live(cluster, 'v1', 'Service', 'ledger'))['spec']).toMatchObject({ ports: [{ port: 80 }] });
  const data = async (name: string): Promise<unknown> => (await live(cluster, 'v1', 'ConfigMap', name))['data'];
  expect(await data('limits')).toEqual({ cpu: '2', memory: '4Gi' });
  expect(await data('notice')).toEqual({ text: 'closed on Sunday' });
  expect(await data('left-only')).toEqual({ a: '1' });
  expect(await data('archive')).toEqual({ year: '2020' });
  expect(await data('store')).toEqual({ host: 'store.market' });
  expect(await data('blue')).toEqual({ colour: 'blue' });
  expect(Object.keys((await live(cluster, 'v1', 'Secret', 'access'))['data'] as object)).toEqual(['user']);
  // its policy says that it is written once
  expect(await data('once')).toEqual({ first: '1', second: '2' });
}

/** An object without the records of managers and of what was applied. */
export function textOf(object: KubeObject): string {
  const { 'app.oam.dev/last-applied-configuration': _, ...annotations } = object.metadata.annotations ?? {};
  return JSON.stringify({ ...object, metadata: { ...object.metadata, managedFields: [], annotations } });
}

export const application = ({ client }: TestCluster, name: string): Promise<Application> =>
  client.get<Application>(applicationResource, { name, namespace });

/** Waits until a controller has brought an Application to a phase in its present generation. */
export async function whenPhase(cluster: TestCluster, name: string, phase: string, seconds = 60): Promise<Application> {
  return eventually(
    `${name} to be ${phase}`,
    async () => {
      const app = await application(cluster, name);
      if (app.status?.status !== phase || app.status.observedGeneration !== app.metadata.generation)
        throw new Error(`generation ${app.metadata.generation ?? 0}: ${JSON.stringify(app.status)}`);
      return app;
    },
    seconds,
  );
}

/** Throws unless every tracker and revision belongs to an Application and carries its shard. */
export async function assertFamiliesWhole({ client }: TestCluster): Promise<void> {
  const { items: apps } = await client.list<Application>(applicationResource, { namespace });
  const shards = new Map(apps.map(({ metadata }) => [metadata.name, metadata.labels?.[labels.scheduledShardId]]));
  const { items: trackers } = await client.list(resourceTrackerResource, {
    labelSelector: `app.oam.dev/namespace=${namespace}`,
  });
  const { items: revisions } = await client.list(applicationRevisionResource, { namespace });
  const wrong = [...trackers, ...revisions].filter(
    ({ metadata: { labels: own = {} } }) =>
      !shards.has(own[labels.appName]) || own[labels.scheduledShardId] !== shards.get(own[labels.appName]),
  );
  const texts = wrong.map(
    ({ metadata: { name, labels: own = {} } }) => `${name ?? ''}=${own[labels.scheduledShardId] ?? ''}`,
  );
  if (wrong.length > 0) throw new Error(`${texts.join(' ')} of ${JSON.stringify([...shards])}`);
}

/** Deletes Applications, and waits until all that they delivered is gone, but what their policies keep. */
export async function expectNothingLeftWithout(cluster: TestCluster, apps: readonly KubeObject[]): Promise<void> {
  for (const { metadata } of apps)
    await cluster.client.delete(applicationResource, { name: metadata.name ?? '', namespace });
  const check = async (): Promise<void> => {
    const left = (await recordedObjects(cluster.client)).filter(
      ({ kind, metadata }) => kind === 'ResourceTracker' || (metadata.namespace === namespace && kind !== 'Pod'),
    );
    const texts = left.map(({ kind, metadata }) => `${kind} ${metadata.name ?? ''}`);
    if (texts.join() !== 'ConfigMap archive') throw new Error(texts.join(', '));
  };
  await eventually('everything to be gone', check, 120);
}

/** Waits until the status of no Application changes any more. */
export async function untilSettled({ client }: TestCluster): Promise<void> {
  let last = '';
  const check = async (): Promise<void> => {
    const { items } = await client.list(applicationResource, { namespace });
    const now = JSON.stringify(items.map(({ metadata }) => metadata.resourceVersion));
    const isSame = now === last;
    last = now;
    if (!isSame) throw new Error('they change');
  };
  await eventually('Applications to settle', check, 60, 5_000);
}
