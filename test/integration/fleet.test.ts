import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { applicationKind, applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionKind, applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import { customResourceDefinition } from '../../pkg/apis/custom-kind.ts';
import { keyOf } from '../../machinery/src/meta.ts';
import type { Condition, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { annotations, labels, systemNamespace } from '../../pkg/apis/names.ts';
import { resourceTrackerKind } from '../../pkg/apis/resource-tracker.ts';
import { shardPartitionSetKind, shardPartitionSetResource } from '../../pkg/apis/shard-partition-set.ts';
import type { ShardPartitionSet } from '../../pkg/apis/shard-partition-set.ts';
import { shardPartitionKind, shardPartitionResource } from '../../pkg/apis/shard-partition.ts';
import type { ShardPartition } from '../../pkg/apis/shard-partition.ts';
import { shardKind, shardResource } from '../../pkg/apis/shard.ts';
import type { Shard } from '../../pkg/apis/shard.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { Assigner } from '../../pkg/controllers/shard/assignment/assigner.ts';
import { FailoverController } from '../../pkg/controllers/shard/membership/failover.ts';
import { FleetView } from '../../pkg/controllers/shard/membership/fleet-view.ts';
import { PartitionSetController } from '../../pkg/controllers/shard/membership/partition-set.ts';
import { PartitionController } from '../../pkg/controllers/shard/membership/partition.ts';
import { Placer } from '../../pkg/controllers/shard/assignment/placer.ts';
import { ShardStatusController } from '../../pkg/controllers/shard/membership/shard-status.ts';
import { leases, microTime } from '../../pkg/lease/record.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../pkg/metrics/registry.ts';
import { loadYamlDocuments } from '../../pkg/render/yaml.ts';
import { parseInvitations } from '../../pkg/scheduling/invitation.ts';
import { createNamespace, namespaceResource, sampleApplication } from '../support/applications.ts';
import { eventually as waitFor } from '../support/fleet.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';

const crds: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
const leaseDurationMs = 1_500;

jest.setTimeout(40_000);

let api: TestApi;
let client: ClosableKubeClient;
const stop = new AbortController();
const { signal } = stop;
setMaxListeners(0, signal);
const tasks: Promise<unknown>[] = [];

/** Processes of shards, of which only the Leases are there. */
class Process {
  readonly shard: string;
  readonly home: string;
  #alive = true;
  #epoch = 0;

  constructor(shard: string, home = shard) {
    this.shard = shard;
    this.home = home;
  }

  get lease(): string {
    return this.shard === 'master' ? 'kubevela' : `kubevela-${this.shard}`;
  }

  async start(epoch = 0): Promise<void> {
    this.#epoch = epoch;
    await this.#renew();
    void (async () => {
      while (this.#isRunning()) {
        await systemClock.sleep(300, signal).catch(() => undefined);
        if (this.#isRunning()) await this.#renew().catch(() => undefined);
      }
    })();
  }

  die(): void {
    this.#alive = false;
  }

  #isRunning(): boolean {
    return this.#alive && !signal.aborted;
  }

  async #renew(): Promise<void> {
    const now = microTime(systemClock.now());
    const load = JSON.stringify({ applications: 1, backlog: 0, busy: 0 });
    const object = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: this.lease,
        namespace: systemNamespace,
        labels: { [labels.shardId]: this.shard },
        annotations: { [annotations.homeShard]: this.home, [annotations.shardLoad]: load },
      },
      spec: {
        holderIdentity: `${this.home}_1`,
        leaseDurationSeconds: 2,
        renewTime: now,
        leaseTransitions: this.#epoch,
      },
    };
    await client.apply(leases, object, { fieldManager: 'process', force: true });
  }
}

let view: FleetView;
const events: string[] = [];

beforeAll(async () => {
  api = await startTestApi();
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  const limits = { qps: 1000, burst: 2000, userAgent: 'test' };
  client = newKubeClient(connection, { ...limits, clock: systemClock, random: systemRandom });
  const kinds = [
    applicationKind,
    applicationRevisionKind,
    resourceTrackerKind,
    shardKind,
    shardPartitionKind,
    shardPartitionSetKind,
  ];
  for (const kind of kinds) await client.create(crds, customResourceDefinition(kind) as KubeObject);
  await createNamespace(client, systemNamespace);
  await eventually('the kinds to be served', async () => {
    for (const { resource } of kinds) await client.list(resource);
  });
  const common = { client, clock: systemClock, random: seededRandom(1), logger: silentLogger() };
  const sink = {
    event: ({ metadata }: KubeObject, _: string, reason: string) => events.push(`${metadata.name ?? ''} ${reason}`),
  };
  const namespace = systemNamespace;
  view = new FleetView({
    ...common,
    namespace,
    leaseNamespace: namespace,
    leaseDurationMs,
    resyncPeriodMs: 0,
    tickMs: 50,
  });
  const parts = { ...common, view, events: sink, metrics: newRegistry() };
  const status = new ShardStatusController(parts);
  const failover = new FailoverController({
    ...parts,
    leaseNamespace: namespace,
    periodMs: 50,
    rules: { mode: 'adopt', leaseDurationMs, ownGraceMs: 500, absentGraceMs: 100 },
  });
  const partitions = new PartitionController(parts);
  const sets = new PartitionSetController(parts);
  const placer = new Placer({ ...common, shards: () => view.shards(), policy: 'least-loaded', masterToo: false });
  const assigner = new Assigner({
    ...parts,
    pick: (app) => placer.pick(app),
    known: () => (view.synced ? ['master', ...view.known()] : undefined),
    strayGraceMs: 1_000,
    reportAfterMs: 2_000,
    canPlace: () => view.shards().some(({ isAvailable }) => isAvailable),
    obstacle: (app) => placer.obstacle(app),
    fleet: view,
    retryPeriodMs: 200,
  });
  tasks.push(
    view.run(signal),
    placer.run(signal),
    partitions.watch(signal),
    sets.watch(signal),
    assigner.watch(signal),
    status.run(client, signal),
    failover.run(client, signal),
    partitions.run(client, signal),
    sets.run(client, signal),
    assigner.run(client, signal),
  );
}, 30_000);

afterAll(async () => {
  stop.abort();
  await Promise.all(tasks);
  await client.close();
  await api.stop();
});

/** Nothing here takes longer. */
const eventually = (what: string, check: () => Promise<void> | void): Promise<void> => waitFor(what, check, 12);

const shardOf = async (name: string): Promise<string | undefined> =>
  (await client.get(applicationResource, { name, namespace: systemNamespace })).metadata.labels?.[
    labels.scheduledShardId
  ];

async function create(name: string, metadata: Partial<KubeObject['metadata']> = {}): Promise<void> {
  const app = sampleApplication(name, systemNamespace);
  await client.create(applicationResource, { ...app, metadata: { ...app.metadata, ...metadata } });
}

const assigned = (name: string, to: readonly string[]): Promise<void> =>
  eventually(`${name} to go to ${to.join(' or ')}`, async () => {
    expect(to).toContain(await shardOf(name));
  });

async function phases(): Promise<Record<string, string | undefined>> {
  const { items } = await client.list<Shard>(shardResource);
  return Object.fromEntries(items.map((shard) => [shard.metadata.name ?? '', shard.status?.phase]));
}

const processes = { master: new Process('master'), a: new Process('a'), b: new Process('b'), c: new Process('c') };

test('an Application that came before any shard gets one as soon as there is one', async () => {
  await create('early');
  await create('nameless', { labels: { [labels.scheduledShardId]: '' } });
  await processes.master.start();
  await processes.a.start();
  await assigned('early', ['a', 'master']);
  await assigned('nameless', ['a', 'master']);
});

describe('a fleet of three shards', () => {
  test('has Shard objects, which keep the specs of users', async () => {
    await processes.b.start();
    await processes.c.start();
    await eventually('the shards to be ready', async () => {
      expect(await phases()).toEqual({ master: 'Ready', a: 'Ready', b: 'Ready', c: 'Ready' });
    });
    const body = { spec: { unschedulable: true, labels: { region: 'east' } } };
    await client.patch(shardResource, { name: 'b' }, { type: 'merge', body });
    await eventually('the cordon to be seen', () => {
      expect(view.available()).toEqual(['a', 'c', 'master']);
    });
    expect((await client.get<Shard>(shardResource, { name: 'b' })).spec).toMatchObject(body.spec);
  });

  test('has partitions with a status that follows it', async () => {
    const partition = (name: string, selector: ShardPartition['spec']['selector']): ShardPartition => ({
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'ShardPartition',
      metadata: { name },
      spec: { selector },
    });
    await client.create(shardPartitionResource, partition('east', { matchLabels: { region: 'east' } }));
    const broken = { matchExpressions: [{ key: 'region', operator: 'In' as const, values: [] }] };
    await client.create(shardPartitionResource, partition('broken', broken));
    await eventually('their status', async () => {
      const [bad, east] = (await client.list<ShardPartition>(shardPartitionResource)).items;
      expect(east?.status).toMatchObject({ shards: 1, endpoints: [{ shard: 'b', phase: 'Ready' }] });
      expect(bad?.status).toMatchObject({ shards: 0, conditions: [{ status: 'False', reason: 'InvalidSelector' }] });
    });
    const { metadata } = await client.get(shardPartitionResource, { name: 'east' });
    await systemClock.sleep(300);
    expect((await client.get(shardPartitionResource, { name: 'east' })).metadata.resourceVersion).toBe(
      metadata.resourceVersion,
    );
  });

  test('places what is bound to a partition inside it alone', async () => {
    const east = { labels: { [labels.shardPartition]: 'east' } };
    await create('bound', east);
    await create('lost', { labels: { [labels.shardPartition]: 'nowhere' } });
    await systemClock.sleep(500);
    expect(await shardOf('bound')).toBeUndefined();
    await client.patch(shardResource, { name: 'b' }, { type: 'merge', body: { spec: { unschedulable: null } } });
    await assigned('bound', ['b']);
    expect(await shardOf('lost')).toBeUndefined();
  });

  test('reports why an Application is unassigned, and revokes that when it is assigned', async () => {
    const scheduled = async () => {
      const app = await client.get(applicationResource, { name: 'lost', namespace: systemNamespace });
      const { conditions = [] } = (app['status'] ?? {}) as { conditions?: readonly Condition[] };
      return conditions.find(({ type }) => type === 'Scheduled');
    };
    await eventually('the condition', async () => {
      expect(await scheduled()).toMatchObject({ status: 'False', reason: 'UnknownPartition' });
    });
    expect((await scheduled())?.message).toContain('shardpartition "nowhere" does not exist: create it');
    const reports = (): number => events.filter((event) => event === 'lost UnknownPartition').length;
    expect(reports()).toBe(1);
    const { metadata } = await client.get(applicationResource, { name: 'lost', namespace: systemNamespace });
    await systemClock.sleep(600);
    const later = await client.get(applicationResource, { name: 'lost', namespace: systemNamespace });
    expect(later.metadata.resourceVersion).toBe(metadata.resourceVersion);
    expect(reports()).toBe(1);
    await client.create(shardPartitionResource, {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'ShardPartition',
      metadata: { name: 'nowhere' },
      spec: { selector: { matchLabels: { region: 'east' } } },
    });
    await assigned('lost', ['b']);
    expect(await scheduled()).toMatchObject({ status: 'True', reason: 'ShardChosen' });
  });

  test('takes in, after a while, what names a shard that does not exist, its family first', async () => {
    const stray = { labels: { [labels.scheduledShardId]: 'nonsense' } };
    await create('stray', stray);
    const revision = {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ApplicationRevision',
      metadata: {
        name: 'stray-v1',
        namespace: systemNamespace,
        labels: { ...stray.labels, [labels.appName]: 'stray' },
      },
      spec: { application: sampleApplication('stray', systemNamespace) },
    };
    await client.create(applicationRevisionResource, revision);
    await assigned('stray', ['a', 'b', 'c']);
    const member = await client.get(applicationRevisionResource, { name: 'stray-v1', namespace: systemNamespace });
    expect(member.metadata.labels?.[labels.scheduledShardId]).toBe(await shardOf('stray'));
    expect(events).toContain('stray ShardUnknown');
  });

  test('has another process invited when one dies, once, and sees it work for both', async () => {
    processes.b.die();
    const invited = async (): Promise<readonly string[]> => {
      const { items } = await client.list(leases, { namespace: systemNamespace });
      return items.flatMap((lease) =>
        parseInvitations(lease.metadata.annotations?.[annotations.adopt]).map(
          ({ shard, epoch }) => `${lease.metadata.name ?? ''}: ${shard}@${epoch}`,
        ),
      );
    };
    await eventually('the invitation', async () => {
      expect(await invited()).toEqual([expect.stringMatching(/^kubevela-[ac]: b@0$/)]);
    });
    const [to = ''] = (await invited()).map((text) => text.replace(/^kubevela-(.).*/, '$1'));
    const adopter = new Process('b', to);
    await adopter.start(1);
    await eventually('the adoption to be seen', async () => {
      expect(await phases()).toMatchObject({ b: 'Adopted' });
    });
    expect(view.available()).not.toContain('b');
    expect(await shardOf('bound')).toBe('b');
    adopter.die();
  });

  test('leaves all alone when most seem to be dead at once', async () => {
    processes.a.die();
    processes.c.die();
    await eventually('the hold', () => {
      expect(events.filter((event) => event.endsWith('FailoverHeld')).sort()).toEqual(
        expect.arrayContaining(['a FailoverHeld', 'b FailoverHeld', 'c FailoverHeld']),
      );
    });
  });
});

describe('docs/examples/geo', () => {
  const example = async (file: string): Promise<readonly KubeObject[]> =>
    loadYamlDocuments(await readFile(join(packageRoot(), 'docs/examples/geo', file), 'utf8')) as KubeObject[];
  const kindOf: Readonly<Record<string, Resource>> = {
    Namespace: namespaceResource,
    Application: applicationResource,
    Shard: shardResource,
    ShardPartitionSet: shardPartitionSetResource,
  };
  const apply = async (file: string): Promise<void> => {
    for (const object of await example(file)) {
      const resource = kindOf[object.kind];
      if (!resource) throw new Error(`${file}: no ${object.kind} expected`);
      await client.apply(resource, object, { fieldManager: 'kubectl' });
    }
  };
  // the shard b has been in the east since before
  const partitions = async (): Promise<readonly string[]> => {
    const { items } = await client.list(shardPartitionResource);
    return items
      .map(({ metadata }) => metadata.name ?? '')
      .filter((name) => name.startsWith('region-') && name !== 'region-east');
  };

  test('regions become partitions, and Applications stay in theirs', async () => {
    for (const id of ['eu', 'us', 'asia']) await new Process(id).start();
    await apply('fleet.yaml');
    await eventually('the partitions', async () => {
      expect(await partitions()).toEqual(['region-america', 'region-asia', 'region-europe']);
    });
    await apply('tenants.yaml');
    const expected = { 'shop-europe/front': 'eu', 'shop/front': 'us', 'shop/reports': 'asia' };
    await eventually('the Applications to be in their regions', async () => {
      const { items } = await client.list(applicationResource);
      const found = items.map((app) => [keyOf(app), app.metadata.labels?.[labels.scheduledShardId]]);
      expect(Object.fromEntries(found)).toMatchObject(expected);
    });
  });

  test('a partition comes and goes with the shards that have its labels', async () => {
    const label = (region: string | null): Promise<unknown> =>
      client.patch(shardResource, { name: 'asia' }, { type: 'merge', body: { spec: { labels: { region } } } });
    await label('africa');
    await eventually('the partition', async () => {
      expect(await partitions()).toEqual(['region-africa', 'region-america', 'region-europe']);
    });
    await label(null);
    await eventually('the partition to go', async () => {
      expect(await partitions()).toEqual(['region-america', 'region-europe']);
      const set = await client.get<ShardPartitionSet>(shardPartitionSetResource, { name: 'region' });
      expect(set.status).toMatchObject({ partitions: 3, conditions: [{ reason: 'PartitionsMade' }] });
    });
  });

  test('does not change a partition of another owner, and reports it', async () => {
    const foreign = { matchLabels: { any: 'thing' } };
    const metadata = { name: 'region-africa' };
    const kind = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'ShardPartition' };
    await client.create(shardPartitionResource, { ...kind, metadata, spec: { selector: foreign } });
    await client.patch(
      shardResource,
      { name: 'asia' },
      { type: 'merge', body: { spec: { labels: { region: 'Africa' } } } },
    );
    await eventually('the condition', async () => {
      const set = await client.get<ShardPartitionSet>(shardPartitionSetResource, { name: 'region' });
      expect(set.status?.conditions).toMatchObject([{ status: 'False', reason: 'NameTaken' }]);
    });
    expect((await client.get<ShardPartition>(shardPartitionResource, metadata)).spec.selector).toEqual(foreign);
  });
});
