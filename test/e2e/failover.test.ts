import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Json, KubeObject } from '../../machinery/src/meta.ts';
import { annotations, labels, systemNamespace } from '../../pkg/apis/names.ts';
import { leases } from '../../pkg/lease/record.ts';
import { shardResource } from '../../pkg/apis/shard.ts';
import type { Shard } from '../../pkg/apis/shard.ts';
import { assertAllRunning, createNamespace, deploymentResource, sampleApplication } from '../support/applications.ts';
import { podResource } from '../support/core-process.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { AuditEvent, TestCluster } from '../support/fleet.ts';

const namespace = 'failover';
const count = 12;
const shortLeases = [
  '--shard-lease-duration=3s',
  '--shard-lease-renew-deadline=2s',
  '--shard-lease-retry-period=500ms',
];

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster('--ready-delay', '100');
  await cluster.must('install', '--set', 'sharding.enabled=true', '--set', `extraArgs={${shortLeases.join(',')}}`);
  await cluster.must('addon', 'enable', 'vela-core-shard-manager', 'nShards=3');
  await createNamespace(cluster.client, namespace);
  const names = Array.from({ length: count }, (_, i) => `app-${i}`);
  await Promise.all(
    names.map((name) => cluster.client.create(applicationResource, sampleApplication(name, namespace))),
  );
  await running(count);
}, 120_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

const running = (n: number): Promise<unknown> =>
  eventually('all Applications to run', () => assertAllRunning(cluster.client, namespace, n), 60);

async function podOf(shard: string): Promise<{ readonly name: string; readonly pid: number }> {
  const labelSelector = `${labels.shardId}=${shard}`;
  const { items } = await cluster.client.list(podResource, { namespace: systemNamespace, labelSelector });
  const [pod] = items;
  const { containerStatuses = [] } = (pod?.['status'] ?? {}) as {
    readonly containerStatuses?: readonly { readonly containerID?: string }[];
  };
  return {
    name: pod?.metadata.name ?? '',
    pid: Number(/^process:\/\/(\d+)/.exec(containerStatuses[0]?.containerID ?? '')?.[1]),
  };
}

const phaseIs = (shard: string, phase: string): Promise<void> =>
  eventually(`${shard} to be ${phase}`, async () => {
    const { status } = await cluster.client.get<Shard>(shardResource, { name: shard });
    expect(status?.phase).toBe(phase);
  });

const appsOf = async (shard: string): Promise<readonly Application[]> =>
  (
    await cluster.client.list<Application>(applicationResource, {
      namespace,
      labelSelector: `${labels.scheduledShardId}=${shard}`,
    })
  ).items;

async function scaleApp(name: string, replicas: number): Promise<void> {
  const { spec } = sampleApplication(name, namespace);
  const [component] = spec.components;
  const traits = [{ type: 'scaler', properties: { replicas } }];
  const body = { spec: { components: [{ ...component, traits }] } } as unknown as Json;
  await cluster.client.patch(applicationResource, { name, namespace }, { type: 'merge', body });
  await eventually(`${name} to have ${replicas} replicas`, async () => {
    const deployment = await cluster.client.get(deploymentResource, { name: `${name}-web`, namespace });
    expect(deployment['spec']).toMatchObject({ replicas });
  });
}

/** So many pods of one of the fleet's Deployments. */
const runPods = (name: string, replicas: number): Promise<unknown> =>
  cluster.client.patch(
    deploymentResource,
    { name, namespace: systemNamespace },
    { type: 'merge', body: { spec: { replicas } } },
  );

/** A dry run, or a write that changes nothing, leaves the resourceVersion as it is. */
const hasChanged = ({ annotations = {} }: AuditEvent): boolean =>
  annotations['flotilla.dev/resource-version-before'] !== annotations['flotilla.dev/resource-version-after'];

const writers = (events: readonly AuditEvent[]): readonly AuditEvent[] =>
  events.filter(
    (event) =>
      ['create', 'update', 'patch', 'delete'].includes(event.verb) &&
      event.user.username.startsWith('system:serviceaccount:vela-system') &&
      event.responseStatus.code < 300 &&
      hasChanged(event),
  );

const podIn = ({ user }: AuditEvent): string => user.extra?.['authentication.kubernetes.io/pod-name']?.[0] ?? '';

async function delivered(): Promise<readonly string[]> {
  const { items } = await cluster.client.list(deploymentResource, { namespace });
  return items.map(({ metadata: { name, uid } }: KubeObject) => `${name ?? ''} ${uid ?? ''}`).sort();
}

test('a process that is stopped for longer than its lease is stood in for without a single write to an Application', async () => {
  const before = await delivered();
  const [app] = await appsOf('shard-0');
  const { pid, name: pod } = await podOf('shard-0');
  const from = (await cluster.audit()).length;
  process.kill(pid, 'SIGSTOP');
  try {
    await phaseIs('shard-0', 'Adopted');
    const written = writers((await cluster.audit()).slice(from)).filter(
      ({ objectRef = {} }) =>
        objectRef.resource === 'resourcetrackers' ||
        (objectRef.namespace === namespace && objectRef.resource !== 'events'),
    );
    expect(written.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource ?? ''}`)).toEqual([]);
    await scaleApp(app?.metadata.name ?? '', 2);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await phaseIs('shard-0', 'Ready');
  await scaleApp(app?.metadata.name ?? '', 3);
  // an object is written before the status of its Application
  await eventually('the process that is back to write to the Application', async () => {
    const events = writers((await cluster.audit()).slice(from)).filter(
      ({ objectRef }) => objectRef?.name === app?.metadata.name && objectRef?.resource === 'applications',
    );
    // first the adopter, then the process that is back, and no turning back
    const turns = events.map(podIn).filter((name, i, all) => name !== all[i - 1]);
    expect([turns.length, turns.at(-1)]).toEqual([2, pod]);
  });
  expect(await delivered()).toEqual(before);
}, 90_000);

test('without a master Applications are accepted, delivered and changed, and shards may restart', async () => {
  const scale = (replicas: number): Promise<unknown> => runPods('kubevela-vela-core', replicas);
  await scale(0);
  await eventually('the master to be gone', async () => {
    expect((await podOf('master')).name).toBe('');
  });
  await cluster.client.create(applicationResource, sampleApplication('nobodys', namespace));
  const given = sampleApplication('given', namespace);
  const metadata = { ...given.metadata, labels: { [labels.scheduledShardId]: 'shard-1' } };
  await cluster.client.create(applicationResource, { ...given, metadata });
  await eventually('what names a shard to run', async () => {
    const { status } = await cluster.client.get<Application>(applicationResource, { name: 'given', namespace });
    expect(status?.status).toBe('running');
  });
  const { pid } = await podOf('shard-1');
  process.kill(pid, 'SIGKILL');
  await scaleApp('given', 2);
  expect((await podOf('shard-1')).pid).not.toBe(pid);
  const { status } = await cluster.client.get<Application>(applicationResource, { name: 'nobodys', namespace });
  expect(status).toBeUndefined();
  await scale(1);
  await running(count + 2);
}, 120_000);

const crashesOf = async (name: string): Promise<string | undefined> =>
  (await cluster.client.get(applicationResource, { name, namespace })).metadata.annotations?.[annotations.crashes];

/** As if the Application had been in work at one crash before, and the process of the shard now died of it a second time. */
async function dieOf(name: string, shard: string): Promise<void> {
  const { name: pod, pid } = await podOf(shard);
  process.kill(pid, 'SIGSTOP');
  const once = { [annotations.crashes]: JSON.stringify({ crashes: 1, at: Date.now() }) };
  const body = { metadata: { annotations: once } };
  await cluster.client.patch(applicationResource, { name, namespace }, { type: 'merge', body });
  await writeFile(join(tmpdir(), `vela-core-${pod}.journal`), `${JSON.stringify([`${namespace}/${name}`])}\n`);
  process.kill(pid, 'SIGKILL');
}

const pardon = (name: string): Promise<unknown> =>
  cluster.client.patch(
    applicationResource,
    { name, namespace },
    { type: 'merge', body: { metadata: { annotations: { [annotations.crashes]: null } } } },
  );

test('an Application that was in work at two crashes is left alone, and the others are not', async () => {
  const [poison, other] = (await appsOf('shard-2')).map(({ metadata }) => metadata.name ?? '');
  if (poison === undefined || other === undefined) throw new Error('shard-2 has too few Applications');
  await dieOf(poison, 'shard-2');
  await eventually('the next process to suspect it', async () => {
    expect(await crashesOf(poison)).toContain('"crashes":2');
  });
  await eventually('the condition', async () => {
    const app = await cluster.client.get<Application>(applicationResource, { name: poison, namespace });
    expect(app.status?.conditions?.map(({ type }) => type)).toContain('Quarantined');
  });
  const waiting = scaleApp(poison, 4);
  await scaleApp(other, 3);
  const deployment = await cluster.client.get(deploymentResource, { name: `${poison}-web`, namespace });
  expect(deployment['spec']).not.toMatchObject({ replicas: 4 });
  await pardon(poison);
  await waiting;
}, 90_000);

test('what an adopter died of is known to the next one, which has not its journal', async () => {
  const [poison = ''] = (await appsOf('shard-0')).map(({ metadata }) => metadata.name ?? '');
  const adopterOf = async (shard: string): Promise<string> =>
    (await cluster.client.get(leases, { name: `kubevela-${shard}`, namespace: systemNamespace })).metadata
      .annotations?.[annotations.homeShard] ?? '';
  const change = (shard: string, spec: Json): Promise<unknown> =>
    cluster.client.patch(shardResource, { name: shard }, { type: 'merge', body: { spec } });
  const scale = (replicas: number): Promise<unknown> => runPods('kubevela-vela-core-shard-0', replicas);
  await scale(0);
  await phaseIs('shard-0', 'Adopted');
  const first = await adopterOf('shard-0');
  // so that it is not asked again
  await change(first, { class: 'apart' });
  await dieOf(poison, first);
  await eventually('the next adopter to suspect it', async () => {
    expect(await crashesOf(poison)).toContain('"crashes":2');
  });
  expect([first, 'shard-0', 'master']).not.toContain(await adopterOf('shard-0'));
  await pardon(poison);
  await change(first, { class: null });
  await scale(1);
  await phaseIs('shard-0', 'Ready');
  await scaleApp(poison, 2);
}, 90_000);
