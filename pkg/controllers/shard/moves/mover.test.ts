import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed } from '../../../../test/support/application-bed.ts';
import { apiError } from '../../../../test/support/fake-kube-client.ts';
import { TransportError } from '../../../apis/api-error.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { Application } from '../../../apis/application.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../apis/names.ts';
import { resourceTrackerResource } from '../../../apis/resource-tracker.ts';
import { seededRandom } from '../../../../machinery/src/clock/clock.ts';
import { silentLogger } from '../../../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../../metrics/registry.ts';
import { ownershipOf } from '../../../scheduling/ownership.ts';
import { moveApplication, cancelApplicationMove } from '../../family/request-move.ts';
import { Mover } from './mover.ts';

const target = { name: 'app', namespace: 'default' };
const component = { name: 'conf', type: 'config', properties: { data: { a: '1' } } };
const components = [component];
const changed = [{ ...component, properties: { data: { a: '2' } } }];
const signal = new AbortController().signal;
const paused = { [labels.pause]: 'true' };

/** Two shards and a mover at one cluster; the test runs each step by step. */
class Fleet {
  readonly bed = new ApplicationBed({ shard: 's' });
  readonly events: string[] = [];
  mover = this.#newMover();
  t = this.bed.another({ shard: 't' });

  static async start(): Promise<Fleet> {
    const fleet = new Fleet();
    fleet.bed.put(application({ components }, { labels: { [labels.scheduledShardId]: 's' } }));
    await fleet.bed.settle();
    return fleet;
  }

  get client() {
    return this.bed.cluster.client('mover');
  }

  ask(to: string) {
    return moveApplication(this.client, target, { to, reason: 'test' }, { clock: this.bed.clock, signal });
  }

  /** One run of each, in turn; the next round repeats failed ones. */
  async round(): Promise<void> {
    await this.bed.reconcile().catch(() => undefined);
    await this.mover.move(this.client, 'default/app', signal).catch(() => undefined);
    await this.t.reconcile('default/app', signal).catch(() => undefined);
  }

  async rounds(n = 6): Promise<void> {
    for (let i = 0; i < n; i += 1) {
      await this.round();
      await this.bed.clock.advance(500);
    }
  }

  /** All processes are replaced by new ones. */
  restart(): void {
    this.bed.restart();
    this.t = this.bed.another({ shard: 't' });
    this.mover = this.#newMover();
  }

  app(): Application {
    const app = this.bed.app();
    if (!app) throw new Error('it is gone');
    return app;
  }

  /** Of the Application and of everything that belongs to it. */
  shards(): readonly string[] {
    const members: readonly KubeObject[] = [
      ...this.bed.cluster.list(resourceTrackerResource, {}),
      ...this.bed.cluster.list(applicationRevisionResource, {}),
    ];
    const all = [this.app(), ...members].map((o) => o.metadata.labels?.[labels.scheduledShardId] ?? '');
    return [...new Set(all)].sort();
  }

  patch(metadata: Partial<KubeObject['metadata']>): void {
    const app = this.app();
    this.bed.cluster.replace(applicationResource, { ...app, metadata: { ...app.metadata, ...metadata } }, undefined);
  }

  relabel(change: Readonly<Record<string, string | undefined>>): void {
    const all = Object.entries({ ...this.app().metadata.labels, ...change });
    const kept = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
    this.patch({ labels: Object.fromEntries(kept) });
  }

  #newMover(): Mover {
    return new Mover({
      client: this.bed.cluster.client('mover'),
      exists: (shard) => shard !== 'nowhere',
      events: { event: (_object, _type, reason) => this.events.push(reason) },
      clock: this.bed.clock,
      random: seededRandom(1),
      logger: silentLogger(),
      metrics: newRegistry(),
    });
  }
}

const resources = (fleet: Fleet): readonly string[] =>
  fleet.bed.cluster
    .all()
    .filter((o) => o.kind === 'ConfigMap')
    .map((o) => `${o.metadata.name ?? ''} ${o.metadata.uid ?? ''} ${o.metadata.resourceVersion ?? ''}`);

describe('a move', () => {
  test('ends with the whole family at the new shard and what was delivered untouched', async () => {
    const fleet = await Fleet.start();
    const before = resources(fleet);
    await fleet.ask('t');
    await fleet.rounds();
    expect([fleet.shards(), ownershipOf(fleet.app())]).toEqual([['t'], { shard: 't', epoch: 1, move: undefined }]);
    expect([resources(fleet), fleet.events]).toEqual([before, ['ShardMoved']]);
    expect(fleet.app().status?.status).toBe('running');
    expect(fleet.bed.cluster.list(applicationRevisionResource, {})).toHaveLength(1);
  });

  test('is carried out when a user sets the label of a move', async () => {
    const fleet = await Fleet.start();
    fleet.relabel({ [labels.shardMove]: 't' });
    await fleet.rounds();
    expect([fleet.shards(), fleet.app().metadata.labels]).toEqual([['t'], { [labels.scheduledShardId]: 't' }]);
  });

  test('to a shard that does not exist is refused', async () => {
    const fleet = await Fleet.start();
    fleet.relabel({ [labels.shardMove]: 'nowhere' });
    await fleet.mover.move(fleet.client, 'default/app', signal);
    await fleet.rounds();
    expect([fleet.shards(), fleet.events]).toEqual([['s'], ['ShardMoveRefused']]);
    expect(fleet.app().metadata.labels).toEqual({ [labels.scheduledShardId]: 's' });
  });

  test('to a shard that does not exist is refused also after the acknowledgement', async () => {
    const fleet = await Fleet.start();
    fleet.relabel({ [labels.shardMove]: 'nowhere' });
    await fleet.bed.reconcile();
    expect(ownershipOf(fleet.app()).move?.quiesced).toBe('acknowledged');
    await fleet.rounds();
    expect([fleet.shards(), fleet.events]).toEqual([['s'], ['ShardMoveRefused', 'ShardMoveCancelled']]);
    expect(ownershipOf(fleet.app())).toEqual({ shard: 's', epoch: 0, move: undefined });
  });

  test('waits for a source that does not acknowledge, and reports it', async () => {
    const fleet = await Fleet.start();
    await fleet.ask('t');
    for (let i = 0; i < 3; i += 1) {
      const { requeueAfterMs = 0 } = await fleet.mover.move(fleet.client, 'default/app', signal);
      await fleet.bed.clock.advance(requeueAfterMs);
    }
    expect([fleet.shards(), fleet.events]).toEqual([['s'], ['ShardMoveStuck']]);
  });

  test('asked for twice is one; another must wait', async () => {
    const fleet = await Fleet.start();
    const first = await fleet.ask('t');
    expect(await fleet.ask('t')).toEqual(first);
    expect(await fleet.ask('u')).toMatchObject({ ok: false, problem: 'it is being moved from s to t' });
    await fleet.rounds();
    expect(await fleet.ask('t')).toMatchObject({ ok: true, done: true });
  });

  test.each(['before the acknowledgement', 'after it'])('can be cancelled %s', async (when) => {
    const fleet = await Fleet.start();
    await fleet.ask('t');
    if (when === 'after it') await fleet.bed.reconcile();
    await cancelApplicationMove(fleet.client, target, signal);
    await fleet.rounds();
    expect([fleet.shards(), ownershipOf(fleet.app())]).toEqual([['s'], { shard: 's', epoch: 0, move: undefined }]);
    fleet.bed.put(application({ components: changed }, { labels: fleet.app().metadata.labels ?? {} }));
    await fleet.rounds();
    expect(fleet.app().status?.status).toBe('running');
  });

  test('is cancelled at any time when a user removes the label', async () => {
    const fleet = await Fleet.start();
    await fleet.ask('t');
    await fleet.bed.reconcile();
    expect(ownershipOf(fleet.app()).move?.quiesced).toBe('acknowledged');
    fleet.relabel({ [labels.shardMove]: undefined });
    await fleet.rounds();
    expect([fleet.shards(), ownershipOf(fleet.app()).move]).toEqual([['s'], undefined]);
  });

  test('is not made of an Application that is being deleted', async () => {
    const fleet = await Fleet.start();
    fleet.bed.remove();
    await fleet.ask('t');
    await fleet.bed.settle();
    expect(fleet.bed.inventory()).toEqual([]);
  });

  test('is made of an Application that is paused, without anything else being done to it', async () => {
    const fleet = await Fleet.start();
    const before = resources(fleet);
    fleet.bed.put(application({ components: changed }, { labels: { ...fleet.app().metadata.labels, ...paused } }));
    await fleet.ask('t');
    await fleet.rounds();
    expect([fleet.shards(), fleet.app().metadata.labels]).toEqual([
      ['t'],
      { ...paused, [labels.scheduledShardId]: 't' },
    ]);
    expect(resources(fleet)).toEqual(before);
  });

  test('of an Application for a controller of another version is left to that one', async () => {
    const fleet = await Fleet.start();
    fleet.patch({ annotations: { [annotations.controllerVersionRequire]: 'v0' } });
    await fleet.ask('t');
    await fleet.rounds();
    expect(ownershipOf(fleet.app()).move?.quiesced).toBe('no');
  });
});

describe('a write that got no answer and may still arrive', () => {
  const unanswered: readonly { readonly what: string; readonly fail: (reconcile: AbortController) => Error }[] = [
    { what: 'the connection broke', fail: () => new TransportError('Timeout', 'no answer') },
    { what: 'the API server gave up on it', fail: () => apiError(504, 'Timeout', 'no answer') },
    {
      what: 'another failed as well',
      fail: () => new AggregateError([new Error('x'), new TransportError('Timeout', '')]),
    },
    {
      what: 'the reconcile was given up',
      fail: (reconcile) => {
        const reason = new Error('took too long');
        reconcile.abort(reason);
        return reason;
      },
    },
  ];

  /** What s delivers last gets no answer. */
  async function startWith(fail: (reconcile: AbortController) => Error): Promise<Fleet> {
    const fleet = await Fleet.start();
    fleet.bed.put(application({ components: changed }, { labels: fleet.app().metadata.labels ?? {} }));
    const reconcile = new AbortController();
    fleet.bed.cluster.intercept = ({ resource }, moment) => {
      if (resource.kind === 'ConfigMap' && moment === 'before') throw fail(reconcile);
    };
    await fleet.bed.reconciler.reconcile('default/app', reconcile.signal).catch(() => undefined);
    fleet.bed.cluster.intercept = undefined;
    return fleet;
  }

  async function assertDelayed(fleet: Fleet): Promise<void> {
    await fleet.round();
    expect(ownershipOf(fleet.app()).move).toMatchObject({ to: 't', quiesced: 'no' });
    await fleet.bed.clock.advance(15_000);
    await fleet.rounds();
    expect(fleet.shards()).toEqual(['t']);
  }

  test.each(unanswered)('delays the acknowledgement: $what', async ({ fail }) => {
    const fleet = await startWith(fail);
    await fleet.ask('t');
    await assertDelayed(fleet);
  });

  const noAnswer = (): Error => new TransportError('Timeout', 'no answer');

  test('does so also when the Application was away for a moment', async () => {
    const fleet = await startWith(noAnswer);
    fleet.relabel({ [labels.scheduledShardId]: 't' });
    await fleet.bed.reconcile();
    await fleet.t.reconcile('default/app', signal);
    await assertDelayed(fleet);
  });

  test('does so also when it was paused in between', async () => {
    const fleet = await startWith(noAnswer);
    fleet.relabel(paused);
    await fleet.bed.reconcile();
    await fleet.ask('t');
    await assertDelayed(fleet);
  });

  test('delays nothing when the write was never sent, or answered', async () => {
    for (const error of [new TransportError('NotHolder', 'not sent'), apiError(403, 'Forbidden', 'no')]) {
      const fleet = await startWith(() => error);
      await fleet.ask('t');
      await fleet.rounds(2);
      expect(ownershipOf(fleet.app()).shard).toBe('t');
    }
  });
});

describe('an Application that was relabelled by hand', () => {
  test('is moved as if that had been asked for', async () => {
    const fleet = await Fleet.start();
    const before = resources(fleet);
    fleet.relabel({ [labels.scheduledShardId]: 't' });
    await fleet.t.reconcile('default/app', signal);
    expect(ownershipOf(fleet.app())).toMatchObject({ shard: 's', epoch: 1, move: { from: 's', to: 't' } });
    await fleet.rounds();
    expect([fleet.shards(), resources(fleet)]).toEqual([['t'], before]);
  });

  test('just before its move would have ended belongs to the new shard in a new epoch, before anything is written', async () => {
    const fleet = await Fleet.start();
    await fleet.ask('t');
    fleet.bed.cluster.intercept = ({ resource, user }) => {
      if (resource.kind === 'Application' && user === 'mover') throw new TransportError('Unreachable', 'no');
    };
    await fleet.rounds();
    fleet.bed.cluster.intercept = undefined;
    fleet.relabel({ [labels.scheduledShardId]: 't' });
    fleet.bed.put({ ...fleet.app(), spec: { components: changed } });
    const already = fleet.bed.cluster.changes.length;
    for (let i = 0; i < 3; i += 1) await fleet.t.reconcile('default/app', signal);
    expect(fleet.bed.cluster.changes[already]).toBe('patch Application app');
    expect(ownershipOf(fleet.app())).toEqual({ shard: 't', epoch: 1, move: undefined });
    expect(fleet.app().metadata).toMatchObject({
      labels: { [labels.scheduledShardId]: 't' },
      annotations: { [annotations.shardEpoch]: '1' },
    });
    expect([fleet.shards(), fleet.app().status?.latestRevision?.name]).toEqual([['t'], 'app-v2']);
  });

  test('and deleted leaves nothing behind', async () => {
    const fleet = await Fleet.start();
    fleet.relabel({ [labels.scheduledShardId]: 't' });
    fleet.bed.remove();
    await fleet.rounds(12);
    expect(fleet.bed.inventory()).toEqual([]);
  });
});

test('an unassigned family goes to the shard that its Application is assigned to', async () => {
  const bed = new ApplicationBed();
  bed.put(application({ components }));
  await bed.settle();
  const app = bed.app() ?? application({ components });
  bed.cluster.replace(
    applicationResource,
    { ...app, metadata: { ...app.metadata, labels: { [labels.scheduledShardId]: 's' } } },
    undefined,
  );
  const s = bed.another({ shard: 's' });
  for (let i = 0; i < 4; i += 1) await s.reconcile('default/app', signal);
  const members = [
    ...bed.cluster.list(resourceTrackerResource, {}),
    ...bed.cluster.list(applicationRevisionResource, {}),
  ];
  expect(members.map((o) => o.metadata.labels?.[labels.scheduledShardId])).toEqual(['s', 's']);
});

describe.each(['the process dies', 'the answer is lost', 'the request is lost'])('at whichever write %s', (what) => {
  test('the move ends', async () => {
    const undisturbed = await Fleet.start();
    const already = undisturbed.bed.cluster.changes.length;
    await undisturbed.ask('t');
    await undisturbed.rounds();
    const writes = undisturbed.bed.cluster.changes.length - already;
    expect(writes).toBeGreaterThanOrEqual(5);
    for (let n = 1; n <= writes; n += 1) {
      const fleet = await Fleet.start();
      const before = resources(fleet);
      let count = 0;
      fleet.bed.cluster.intercept = (_write, moment) => {
        if (moment === 'before') count += 1;
        if (count !== n || moment !== (what === 'the request is lost' ? 'before' : 'after')) return;
        count += 1000;
        throw new TransportError('Timeout', 'no answer');
      };
      await fleet.ask('t').catch(() => fleet.ask('t'));
      for (let i = 0; i < 8; i += 1) {
        await fleet.rounds(1);
        if (count > 1000 && what === 'the process dies') fleet.restart();
      }
      await fleet.bed.clock.advance(20_000);
      await fleet.rounds();
      expect({ n, shards: fleet.shards(), resources: resources(fleet) }).toEqual({
        n,
        shards: ['t'],
        resources: before,
      });
      expect(fleet.app().metadata.annotations).toEqual({ [annotations.shardEpoch]: '1' });
    }
  });
});
