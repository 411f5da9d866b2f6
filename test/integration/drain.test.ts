import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applicationKind, applicationResource } from '../../pkg/apis/application.ts';
import { customResourceDefinition } from '../../pkg/apis/custom-kind.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { annotations, finalizers, labels, systemNamespace } from '../../pkg/apis/names.ts';
import { shardKind, shardResource } from '../../pkg/apis/shard.ts';
import type { Shard } from '../../pkg/apis/shard.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { Drainer } from '../../pkg/controllers/shard/moves/drainer.ts';
import type { DrainerOptions } from '../../pkg/controllers/shard/moves/drainer.ts';
import { Rebalancer } from '../../pkg/controllers/shard/moves/rebalancer.ts';
import { ScaleIn } from '../../pkg/controllers/shard/scaling/scale-in.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../pkg/metrics/registry.ts';
import { acknowledge, nextMoverStep } from '../../pkg/scheduling/handover.ts';
import { ownershipOf, ownershipPatch } from '../../pkg/scheduling/ownership.ts';
import type { MoveEnds } from '../../pkg/scheduling/pace.ts';
import type { ShardView } from '../../pkg/scheduling/shards.ts';
import { createNamespace, deploymentResource, sampleApplication } from '../support/applications.ts';
import { eventually } from '../support/fleet.ts';
import { shardView } from '../support/shard-views.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';

const crdResource: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

let api: TestApi;
let client: ClosableKubeClient;
const stop = new AbortController();
const { signal } = stop;

beforeAll(async () => {
  api = await startTestApi();
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  client = newKubeClient(connection, {
    qps: 1000,
    burst: 2000,
    userAgent: 'test',
    clock: systemClock,
    random: systemRandom,
  });
  for (const kind of [applicationKind, shardKind]) {
    const crd = customResourceDefinition(kind) as KubeObject;
    await client.create(crdResource, crd);
  }
  await createNamespace(client, systemNamespace);
  await eventually('the kinds to be served', async () => {
    await client.list(applicationResource);
    await client.list(shardResource);
  });
}, 30_000);

afterAll(async () => {
  stop.abort();
  await client.close();
  await api.stop();
});

/** A fleet of which only the master's part is real: shards say yes at once, and a mover carries moves out. */
class Fleet {
  views: ShardView[] = [];
  readonly events: string[] = [];
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  get sight() {
    return { synced: true, whenSynced: () => Promise.resolve(), shards: () => this.views };
  }

  async fill(shard: string, count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const app = sampleApplication(`${shard}-${i}`, this.namespace);
      const metadata = { ...app.metadata, labels: { [labels.scheduledShardId]: shard } };
      await client.create(applicationResource, { ...app, metadata });
    }
  }

  async apps(): Promise<readonly KubeObject[]> {
    return (await client.list(applicationResource, { namespace: this.namespace, metadataOnly: true })).items;
  }

  async perShard(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { metadata } of await this.apps()) {
      const shard = metadata.labels?.[labels.scheduledShardId] ?? '';
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    return counts;
  }

  async underWay(): Promise<readonly MoveEnds[]> {
    return (await this.apps()).flatMap((app) => ownershipOf(app).move ?? []);
  }

  /** The source acknowledges and the mover commits, for every move. */
  async carryOut(): Promise<number> {
    let done = 0;
    for (const app of await this.apps()) {
      const own = ownershipOf(app);
      if (own.shard === undefined || !own.move) continue;
      const yes = acknowledge(own, own.shard);
      if (!yes.ok) throw new Error(yes.problem);
      const step = nextMoverStep(yes.ownership, []);
      if (step.do !== 'write') throw new Error(step.do);
      const { name = '', namespace, resourceVersion = '' } = app.metadata;
      const body = { metadata: { resourceVersion, ...ownershipPatch(step.ownership) } };
      await client.patch(applicationResource, { name, namespace }, { type: 'merge', body });
      done += 1;
    }
    return done;
  }
}

async function newFleet(namespace: string, scaleIn?: ScaleIn) {
  await createNamespace(client, namespace);
  const fleet = new Fleet(namespace);
  let moves: readonly MoveEnds[] = [];
  const parts = {
    view: fleet.sight,
    underWay: () => moves,
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger(),
    metrics: newRegistry(),
  };
  const withMoves = async <T>(work: () => Promise<T>): Promise<T> => {
    moves = await fleet.underWay();
    return work();
  };
  const drainer = (given: Partial<DrainerOptions> = {}): Drainer =>
    new Drainer({
      ...parts,
      scaleIn: scaleIn ?? noDeployments,
      events: { event: (object, type, reason) => fleet.events.push(`${object.metadata.name ?? ''} ${type} ${reason}`) },
      rules: { lastResort: 'master' },
      settleMs: 0,
      ...given,
    });
  return { fleet, parts, drainer, withMoves };
}

const watching = (writer: KubeClient): ScaleIn => {
  const common = { clock: systemClock, random: systemRandom, logger: silentLogger() };
  const scaleIn = new ScaleIn({ client: writer, namespace: systemNamespace, ...common });
  void scaleIn.watch(signal).catch(() => undefined);
  return scaleIn;
};
let noDeployments: ScaleIn;
beforeAll(async () => {
  noDeployments = watching(client);
  await noDeployments.whenSynced(signal);
});

async function newShard(name: string, spec: Shard['spec'] = {}): Promise<void> {
  const { group, version } = shardResource;
  await client.create<Shard>(shardResource, {
    apiVersion: `${group}/${version}`,
    kind: 'Shard',
    metadata: { name },
    spec,
  });
  await eventually('the shard to be seen', () => {
    if (!noDeployments.shard(name)) throw new Error('not yet');
  });
}

describe('a drain', () => {
  test('moves everything in pages, evenly, inside its limits, and says when it is done', async () => {
    const { fleet, drainer, withMoves } = await newFleet('drain');
    await newShard('d-0', { drain: true });
    await fleet.fill('d-0', 30);
    fleet.views = [shardView('d-0', { draining: true, applications: 30 }), shardView('d-1'), shardView('d-2')];
    const limits = { perSecond: 1000, burst: 12, perSource: 10, perTarget: 6 };
    const own = drainer({ limits, reportedAfterMs: 0 });
    let rounds = 0;
    for (; (await fleet.perShard())['d-0'] !== undefined; rounds += 1) {
      expect(await withMoves(() => own.sweep(client, signal))).toBe(true);
      expect((await fleet.underWay()).length).toBeLessThanOrEqual(10);
      const { 'd-1': one = 0, 'd-2': two = 0 } = await fleet.perShard();
      await fleet.carryOut();
      fleet.views = fleet.views.map((view) => ({ ...view, applications: { 'd-1': one, 'd-2': two }[view.id] ?? 0 }));
    }
    expect(rounds).toBe(3);
    const { 'd-1': one = 0, 'd-2': two = 0 } = await fleet.perShard();
    expect(Math.abs(one - two)).toBeLessThanOrEqual(2);
    await withMoves(() => own.sweep(client, signal));
    expect(fleet.events).toEqual(['d-0 Normal Draining', 'd-0 Normal Drained']);
    const shard = await client.get<Shard>(shardResource, { name: 'd-0' });
    expect(shard.status?.conditions).toMatchObject([{ type: 'Drained', status: 'True', reason: 'Empty' }]);
    expect(shard.spec).toEqual({ drain: true });
    const moved = (await fleet.apps())[0];
    expect(moved && ownershipOf(moved)).toMatchObject({ epoch: 1, move: undefined });
  }, 20_000);

  test('goes on where another master stopped, and leaves what is being deleted to its shard', async () => {
    const { fleet, drainer, withMoves } = await newFleet('resume');
    await fleet.fill('r-0', 6);
    const finalizer = { metadata: { finalizers: ['example.com/wait'] } };
    const target = { name: 'r-0-3', namespace: 'resume' };
    await client.patch(applicationResource, target, { type: 'merge', body: finalizer });
    await client.delete(applicationResource, target);
    fleet.views = [shardView('r-0', { draining: true }), shardView('r-1')];
    const limits = { perSecond: 0, burst: 2, perSource: 10, perTarget: 10 };
    await withMoves(() => drainer({ limits }).sweep(client, signal));
    expect(await fleet.underWay()).toHaveLength(2);
    await withMoves(() => drainer({ limits }).sweep(client, signal));
    await withMoves(() => drainer({ limits }).sweep(client, signal));
    const asked = (await fleet.apps()).filter((app) => ownershipOf(app).move !== undefined);
    expect(asked.map(({ metadata }) => metadata.name)).not.toContain('r-0-3');
    expect(asked).toHaveLength(5);
    expect(asked.map((app) => ownershipOf(app).move)).toMatchObject(asked.map(() => ({ to: 'r-1', reason: 'drain' })));
    const body = { metadata: { finalizers: null } };
    await client.patch(applicationResource, target, { type: 'merge', body });
  }, 20_000);

  test('is blocked while no shard may take any of them', async () => {
    const { fleet, drainer, withMoves } = await newFleet('bound');
    await newShard('n-0', { drain: true });
    await fleet.fill('n-0', 2);
    fleet.views = [shardView('n-0', { draining: true }), shardView('n-1')];
    await withMoves(() => drainer({ place: () => undefined }).sweep(client, signal));
    expect(fleet.events).toEqual(['n-0 Warning DrainBlocked']);
    expect(await fleet.underWay()).toEqual([]);
  }, 20_000);

  test('is blocked while no shard is live, and moves all to the master at last', async () => {
    const { fleet, drainer, withMoves } = await newFleet('blocked');
    await newShard('b-0');
    await fleet.fill('b-0', 2);
    fleet.views = [shardView('b-0', { phase: 'Evacuating' }), shardView('master', { phase: 'Gone' })];
    const own = drainer();
    await withMoves(() => own.sweep(client, signal));
    expect(fleet.events).toEqual(['b-0 Warning DrainBlocked']);
    fleet.views = [shardView('b-0', { phase: 'Evacuating' }), shardView('master')];
    await withMoves(() => own.sweep(client, signal));
    const moves = (await fleet.apps()).map((app) => ownershipOf(app).move);
    expect(moves).toMatchObject([
      { to: 'master', reason: 'evacuation' },
      { to: 'master', reason: 'evacuation' },
    ]);
    fleet.views = [shardView('b-0'), shardView('master')];
    await eventually('the condition to be taken away', async () => {
      expect(await withMoves(() => own.sweep(client, signal))).toBe(false);
      const shard = await client.get<Shard>(shardResource, { name: 'b-0' });
      expect(shard.status?.conditions).toEqual([]);
    });
  }, 20_000);
});

describe('the Application that manages the shards', () => {
  const own = { metadata: { labels: { [labels.addonName]: 'vela-core-shard-manager' } } };

  test('stays with the master, and the drain of the master ends without it', async () => {
    const { fleet, drainer, withMoves } = await newFleet('own');
    await fleet.fill('master', 2);
    await client.patch(applicationResource, { name: 'master-0', namespace: 'own' }, { type: 'merge', body: own });
    fleet.views = [shardView('master', { draining: true }), shardView('o-1')];
    const drain = drainer();
    await withMoves(() => drain.sweep(client, signal));
    await fleet.carryOut();
    await withMoves(() => drain.sweep(client, signal));
    expect(await fleet.perShard()).toEqual({ master: 1, 'o-1': 1 });
    const target = { name: 'master-0', namespace: 'own' };
    await client.delete(applicationResource, target);
  }, 20_000);

  test('goes to the master from a shard that leaves, and holds it up no more once it is being deleted', async () => {
    const { fleet, drainer, withMoves } = await newFleet('home');
    await newShard('h-0', { drain: true });
    await fleet.fill('h-0', 1);
    const target = { name: 'h-0-0', namespace: 'home' };
    const body = { metadata: { ...own.metadata, finalizers: ['example.com/wait'] } };
    await client.patch(applicationResource, target, { type: 'merge', body });
    fleet.views = [shardView('master'), shardView('h-0', { draining: true }), shardView('h-1')];
    await withMoves(() => drainer().sweep(client, signal));
    const [app] = await fleet.apps();
    expect(app && ownershipOf(app).move).toMatchObject({ from: 'h-0', to: 'master' });
    expect(fleet.events).toEqual(['h-0 Normal Draining']);
    await client.delete(applicationResource, target);
    await withMoves(() => drainer().sweep(client, signal));
    const shard = await client.get<Shard>(shardResource, { name: 'h-0' });
    expect(shard.status?.conditions).toMatchObject([{ type: 'Drained', status: 'True' }]);
    await client.patch(applicationResource, target, { type: 'merge', body: { metadata: { finalizers: null } } });
  }, 20_000);
});

describe('a Deployment of a shard', () => {
  test('goes only when nothing is on the shard or on its way to it, and the mark of its drain with it', async () => {
    const { fleet, drainer, withMoves } = await newFleet('shrink');
    const metadata = {
      name: 'slave-s-0',
      namespace: systemNamespace,
      labels: { [labels.shardId]: 's-0' },
      finalizers: [finalizers.drainShard],
    };
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } };
    const spec = { replicas: 0, selector: { matchLabels: { a: 'b' } }, template };
    await client.create(deploymentResource, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec });
    await fleet.fill('s-0', 3);
    await fleet.fill('s-1', 1);
    const target = { name: 'slave-s-0', namespace: systemNamespace };
    await client.delete(deploymentResource, target, { propagationPolicy: 'Background' });
    await eventually('the deletion to be seen', () => {
      if (noDeployments.leaving().size === 0) throw new Error('not yet');
    });
    fleet.views = [shardView('s-0', { applications: 3 }), shardView('s-1')];
    const own = drainer();
    await withMoves(() => own.sweep(client, signal));
    expect(await client.get<Shard>(shardResource, { name: 's-0' })).toMatchObject({ spec: { drain: true } });
    const body = { metadata: { labels: { [labels.shardMove]: 's-0' } } };
    await client.patch(applicationResource, { name: 's-1-0', namespace: 'shrink' }, { type: 'merge', body });
    for (const app of await fleet.apps()) expect(ownershipOf(app).move).toBeDefined();
    await withMoves(() => own.sweep(client, signal));
    await client.get(deploymentResource, target);
    await fleet.carryOut();
    await withMoves(() => own.sweep(client, signal));
    await client.get(deploymentResource, target);
    await eventually('the deployment to go', async () => {
      await withMoves(() => own.sweep(client, signal));
      await fleet.carryOut();
      const { items } = await client.list(deploymentResource, { namespace: systemNamespace });
      if (items.length > 0) throw new Error('it is there');
    });
    expect(await fleet.perShard()).toEqual({ 's-1': 4 });
    await withMoves(() => own.sweep(client, signal));
    expect(await client.get<Shard>(shardResource, { name: 's-0' })).toMatchObject({ spec: { drain: true } });
    fleet.views = [shardView('s-1')];
    await eventually('the mark to be taken back', async () => {
      await withMoves(() => own.sweep(client, signal));
      const shard = await client.get<Shard>(shardResource, { name: 's-0' });
      expect(shard.spec?.drain).toBeUndefined();
      expect(shard.metadata.annotations?.[annotations.drainFor]).toBeUndefined();
    });
  }, 20_000);
});

describe('rebalancing', () => {
  test('fills a shard that joined, settles, and then leaves it alone', async () => {
    const { fleet, parts, withMoves } = await newFleet('even');
    await fleet.fill('e-0', 12);
    await fleet.fill('e-1', 12);
    await client.patch(
      applicationResource,
      { name: 'e-0-0', namespace: 'even' },
      { type: 'merge', body: { metadata: { annotations: { [annotations.shardAffinity]: 'together' } } } },
    );
    const limits = { perSecond: 1000, burst: 3, perSource: 5, perTarget: 5 };
    const rebalancer = new Rebalancer({ ...parts, rules: { mode: 'on-join' }, limits, settleMs: 0 });
    let rounds = 0;
    let moved = 0;
    for (; rounds < 12; rounds += 1) {
      const counts = await fleet.perShard();
      fleet.views = ['e-0', 'e-1', 'e-2'].map((id) => shardView(id, { applications: counts[id] ?? 0 }));
      await withMoves(() => rebalancer.step(client, signal));
      expect((await fleet.underWay()).length).toBeLessThanOrEqual(5);
      moved += await fleet.carryOut();
    }
    expect(await fleet.perShard()).toEqual({ 'e-0': 8, 'e-1': 8, 'e-2': 8 });
    expect(moved).toBe(8);
    const kept = await client.get(applicationResource, { name: 'e-0-0', namespace: 'even' });
    expect(ownershipOf(kept).shard).toBe('e-0');
  }, 20_000);
});
