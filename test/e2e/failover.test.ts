import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Json, KubeObject } from '../../pkg/apis/meta.ts';
import { annotations, labels, systemNamespace } from '../../pkg/apis/names.ts';
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
  const events = writers((await cluster.audit()).slice(from)).filter(
    ({ objectRef }) => objectRef?.name === app?.metadata.name && objectRef?.resource === 'applications',
  );
  // first the adopter, then the process that is back, and no turning back
  const turns = events.map(podIn).filter((name, i, all) => name !== all[i - 1]);
  expect([turns.length, turns.at(-1)]).toEqual([2, pod]);
  expect(await delivered()).toEqual(before);
}, 90_000);

test('without a master Applications are accepted, delivered and changed, and shards may restart', async () => {
  const scale = (replicas: number): Promise<unknown> =>
    cluster.client.patch(
      deploymentResource,
      { name: 'kubevela-vela-core', namespace: systemNamespace },
      { type: 'merge', body: { spec: { replicas } } },
    );
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

test('an Application that was in work at two crashes is left alone, and the others are not', async () => {
  const [poison, other] = (await appsOf('shard-2')).map(({ metadata }) => metadata.name ?? '');
  if (poison === undefined || other === undefined) throw new Error('shard-2 has too few Applications');
  const target = { name: poison, namespace };
  const crashes = async (): Promise<string | undefined> =>
    (await cluster.client.get(applicationResource, target)).metadata.annotations?.[annotations.crashes];
  const { name, pid } = await podOf('shard-2');
  // as if it had been in work at one crash before, and the process now died of it a second time
  process.kill(pid, 'SIGSTOP');
  const once = { [annotations.crashes]: JSON.stringify({ crashes: 1, at: Date.now() }) };
  const body = { metadata: { annotations: once } };
  await cluster.client.patch(applicationResource, target, { type: 'merge', body });
  await writeFile(join(tmpdir(), `vela-core-${name}.journal`), `${JSON.stringify([`${namespace}/${poison}`])}\n`);
  process.kill(pid, 'SIGKILL');
  await eventually('the next process to suspect it', async () => {
    expect(await crashes()).toContain('"crashes":2');
  });
  await eventually('the condition', async () => {
    const app = await cluster.client.get<Application>(applicationResource, target);
    expect(app.status?.conditions?.map(({ type }) => type)).toContain('Quarantined');
  });
  const waiting = scaleApp(poison, 4);
  await scaleApp(other, 3);
  const deployment = await cluster.client.get(deploymentResource, { name: `${poison}-web`, namespace });
  expect(deployment['spec']).not.toMatchObject({ replicas: 4 });
  const lift = { metadata: { annotations: { [annotations.crashes]: null } } };
  await cluster.client.patch(applicationResource, target, { type: 'merge', body: lift });
  await waiting;
}, 90_000);
