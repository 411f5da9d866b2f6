import { expect, test } from '@jest/globals';
import { MemoryApi } from '../../test/support/memory-api.ts';
import { TransportError } from '../apis/api-error.ts';
import type { WriteGate } from '../apis/kube-client.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { newRegistry } from '../metrics/registry.ts';
import { LeaderElector } from './leader-elector.ts';
import type { LeaderElectorOptions } from './leader-elector.ts';
import { leases } from './record.ts';
import type { Lease } from './record.ts';

/** The clock of a process that can be stopped, as by SIGSTOP or a blocked event loop: time goes on, nothing wakes. */
class ProcessClock implements Clock {
  isPaused = false;
  wallOffsetMs = 0;
  readonly #clock: FakeClock;
  #resume: (() => void)[] = [];

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.wallOffsetMs;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal);
    await this.running();
  }

  /** Resolves when the process runs. */
  async running(): Promise<void> {
    while (this.isPaused) await new Promise<void>((resolve) => this.#resume.push(resolve));
  }

  resume(): void {
    this.isPaused = false;
    for (const wake of this.#resume.splice(0)) wake();
  }
}

/** One process with its elector, its clock and its way to the API. */
class Candidate {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly elector: LeaderElector;
  readonly gate: WriteGate;
  isCutOff = false;
  /** How long its work goes on after its signal aborts. */
  windDownMs = 0;
  readonly #log: string[];
  readonly #stop = new AbortController();
  running: Promise<void> = Promise.resolve();

  constructor(name: string, world: World, options: Partial<LeaderElectorOptions> = {}) {
    this.name = name;
    this.clock = new ProcessClock(world.clock);
    this.#log = world.log;
    this.elector = new LeaderElector({
      client: this.#client(world.api),
      namespace: 'vela-system',
      name: 'kubevela',
      identity: name,
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2_000,
      clock: this.clock,
      random: seededRandom(name.length),
      logger: silentLogger(),
      onStarted: (signal, epoch) => this.#work(signal, epoch),
      ...options,
    });
    this.gate = this.elector.gate();
  }

  start(): void {
    this.running = this.elector.run(this.#stop.signal);
    this.running.catch(() => undefined);
  }

  stop(): void {
    this.#stop.abort(new Error('stopped'));
  }

  async #work(signal: AbortSignal, epoch: number): Promise<void> {
    this.#log.push(`${this.name} leads in epoch ${epoch}`);
    if (!signal.aborted)
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
    if (this.windDownMs > 0) await this.clock.sleep(this.windDownMs);
    this.#log.push(`${this.name} ends: ${(signal.reason as Error).message}`);
  }

  #checkWay(): void {
    if (this.isCutOff) throw new TransportError('Unreachable', 'cut off');
  }

  #client(api: MemoryApi): LeaderElectorOptions['client'] {
    const reach = async <T>(request: () => Promise<T>): Promise<T> => {
      await this.clock.running();
      this.#checkWay();
      const answer = await request();
      await this.clock.running();
      this.#checkWay();
      return answer;
    };
    return {
      get: (resource, target) => reach(() => api.get(resource, target)),
      create: (resource, object) => reach(() => api.create(resource, object)),
      update: (resource, object) => reach(() => api.update(resource, object)),
    };
  }
}

class World {
  readonly clock = new FakeClock();
  readonly api = new MemoryApi();
  readonly log: string[] = [];

  /** Lets time pass, in steps at each of which at most one may write. */
  async pass(ms: number, candidates: readonly Candidate[]): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      await this.clock.advance(100);
      const writers = candidates.filter(({ gate }) => gate.mayWrite(0)).map(({ name }) => name);
      expect(writers.length).toBeLessThanOrEqual(1);
    }
  }

  spec(): Lease['spec'] {
    return (this.api.objects[0] as Lease | undefined)?.spec;
  }

  async edit(spec: Partial<NonNullable<Lease['spec']>>): Promise<void> {
    const lease = this.api.objects[0] as Lease;
    await this.api.update(leases, { ...lease, spec: { ...lease.spec, ...spec } });
  }
}

async function twoCandidates(): Promise<{ world: World; a: Candidate; b: Candidate }> {
  const world = new World();
  const [a, b] = [new Candidate('a', world), new Candidate('b', world)];
  a.start();
  await world.pass(100, [a, b]);
  b.start();
  await world.pass(30_000, [a, b]);
  expect(world.log.splice(0)).toEqual(['a leads in epoch 0']);
  expect([a.elector.isLeader, b.elector.isLeader]).toEqual([true, false]);
  return { world, a, b };
}

test('the first takes the lease and writes it as client-go does', async () => {
  const { world, a } = await twoCandidates();
  expect(world.spec()).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
  expect(world.spec()?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  expect(a.gate.mayWrite(10_000)).toBe(true);
  expect(a.gate.mayWrite(14_000)).toBe(false);
});

test('a graceful stop finishes the work, then releases, and the other follows within a retry period', async () => {
  const { world, a, b } = await twoCandidates();
  a.windDownMs = 30_000;
  a.stop();
  await world.pass(29_000, [a, b]);
  expect([world.log.splice(0), a.elector.isLeader]).toEqual([[], true]);
  await world.pass(1_100, [a, b]);
  expect(world.log.splice(0)).toEqual(['a ends: stopped']);
  await a.running;
  await world.pass(2_500, [a, b]);
  expect(world.log).toEqual(['b leads in epoch 1']);
});

test('a renewal that was abandoned and lands all the same does not keep the lease', async () => {
  const { world, a, b } = await twoCandidates();
  world.log.length = 0;
  a.stop();
  const lease = await world.api.get<Lease>(leases, { namespace: 'vela-system', name: 'kubevela' });
  await world.api.update(leases, { ...lease, spec: { ...lease.spec, renewTime: '2026-01-01T00:00:01.000000Z' } });
  await a.running;
  await world.pass(2_500, [a, b]);
  expect(world.log).toEqual(['a ends: stopped', 'b leads in epoch 1']);
});

test.each([
  {
    name: 'is paused',
    hurt: (a: Candidate) => (a.clock.isPaused = true),
    heal: (a: Candidate) => {
      a.clock.resume();
    },
  },
  { name: 'is cut off', hurt: (a: Candidate) => (a.isCutOff = true), heal: (a: Candidate) => (a.isCutOff = false) },
])('a holder that $name loses the lease, and comes back as a standby', async ({ hurt, heal }) => {
  const { world, a, b } = await twoCandidates();
  hurt(a);
  await world.pass(14_000, [a, b]);
  expect([a.elector.isLeader, b.elector.isLeader]).toEqual([false, false]);
  await world.pass(4_000, [a, b]);
  expect(b.elector.epoch).toBe(1);
  await world.pass(60_000, [a, b]);
  heal(a);
  await world.pass(10_000, [a, b]);
  expect(world.log.slice().sort()).toEqual(['a ends: lease kubevela was lost: deadline', 'b leads in epoch 1']);
  expect([a.elector.isLeader, b.elector.isLeader]).toEqual([false, true]);
  expect(a.elector.observed?.holder).toBe('b');
});

test('a short cut is survived', async () => {
  const { world, a, b } = await twoCandidates();
  a.isCutOff = true;
  await world.pass(7_000, [a, b]);
  a.isCutOff = false;
  await world.pass(30_000, [a, b]);
  expect([world.log, a.elector.isLeader]).toEqual([[], true]);
});

test('a process with an event loop that was blocked too long gives up a lease that no other process acquired', async () => {
  const world = new World();
  const a = new Candidate('a', world);
  a.start();
  await world.pass(5_000, [a]);
  a.clock.isPaused = true;
  await world.pass(12_500, [a]);
  a.clock.resume();
  await world.pass(5_000, [a]);
  expect(world.log).toEqual(['a leads in epoch 0', 'a ends: lease kubevela was lost: deadline', 'a leads in epoch 1']);
});

test('a process without progress does not renew', async () => {
  const world = new World();
  let isAlive = true;
  const a = new Candidate('aa', world, { isAlive: () => isAlive });
  const b = new Candidate('b', world);
  a.start();
  await world.pass(100, [a, b]);
  b.start();
  await world.pass(5_000, [a, b]);
  isAlive = false;
  await world.pass(20_000, [a, b]);
  expect(b.elector.isLeader).toBe(true);
});

test('wall clocks that jump or disagree change nothing', async () => {
  const { world, a, b } = await twoCandidates();
  a.clock.wallOffsetMs = -3_600_000;
  b.clock.wallOffsetMs = 3_600_000;
  await world.pass(60_000, [a, b]);
  a.clock.wallOffsetMs = 3_600_000;
  await world.pass(60_000, [a, b]);
  expect([world.log, a.elector.isLeader]).toEqual([[], true]);
});

test.each([
  { name: 'deleted', tamper: (w: World) => w.api.delete(leases, { namespace: 'vela-system', name: 'kubevela' }) },
  { name: 'left without a holder', tamper: (w: World) => w.edit({ holderIdentity: '' }) },
  { name: 'given to a stranger', tamper: (w: World) => w.edit({ holderIdentity: 'stranger' }) },
  { name: 'stamped with an old time', tamper: (w: World) => w.edit({ renewTime: '2001-01-01T00:00:00.000000Z' }) },
  { name: 'shortened', tamper: (w: World) => w.edit({ leaseDurationSeconds: 1 }) },
  { name: 'lengthened absurdly', tamper: (w: World) => w.edit({ leaseDurationSeconds: 1e9 }) },
])('a lease that is $name by hand ends with one holder, and never with two', async ({ tamper }) => {
  const { world, a, b } = await twoCandidates();
  await tamper(world);
  await world.pass(60_000, [a, b]);
  expect([a, b].filter(({ elector }) => elector.isLeader)).toHaveLength(1);
});

test('work that throws ends the election, and the lease is released', async () => {
  const world = new World();
  const a = new Candidate('a', world, { onStarted: () => Promise.reject(new Error('broken work')) });
  a.start();
  await world.pass(100, [a]);
  await expect(a.running).rejects.toThrow('broken work');
  expect(world.spec()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
});

test('nonsense durations are refused', async () => {
  const a = new Candidate('a', new World(), { renewDeadlineMs: 20_000 });
  a.start();
  await expect(a.running).rejects.toMatchObject({ reason: 'BadDurations' });
  await expect(a.running).rejects.toThrow('lease duration 15s must be longer than the renew deadline 20s');
});

test('a candidate that is stopped before it ever leads just ends', async () => {
  const { world, a, b } = await twoCandidates();
  b.stop();
  await world.pass(3_000, [a, b]);
  await b.running;
  expect(world.log).toEqual([]);
});

test('labels, annotations and metrics are kept up', async () => {
  const world = new World();
  const registry = newRegistry();
  let load = 1;
  const a = new Candidate('a', world, {
    metrics: registry,
    labels: { shard: 's' },
    annotations: () => ({ load: String(load) }),
  });
  a.start();
  await world.pass(1_000, [a]);
  load = 2;
  await world.pass(2_000, [a]);
  expect(world.api.objects[0]?.metadata).toMatchObject({ labels: { shard: 's' }, annotations: { load: '2' } });
  const text = await registry.metrics();
  expect(text).toContain('leader_election_master_status{name="kubevela"} 1');
  expect(text).toMatch(/flotilla_lease_valid_seconds\{name="kubevela"\} 1[23]/);
});

test.each([
  { seed: 1, deletes: false },
  { seed: 2, deletes: false },
  { seed: 3, deletes: false },
  { seed: 7, deletes: true },
  { seed: 8, deletes: true },
])('whatever happens (seed $seed, deletions $deletes), never do two hold', async ({ seed, deletes }) => {
  const random = seededRandom(seed);
  const world = new World();
  const all = ['a', 'bb', 'ccc'].map((name) => new Candidate(name, world));
  for (const one of all) one.start();
  await world.pass(5_000, all); // a process that never saw the deleted lease cannot know that it had a holder
  for (let i = 0; i < 120; i += 1) {
    const one = all[Math.floor(random() * all.length)];
    const dice = random();
    if (one && dice < 0.25) one.clock.isPaused = true;
    else if (one && dice < 0.5) one.isCutOff = true;
    else if (deletes && dice < 0.53)
      await world.api.delete(leases, { namespace: 'vela-system', name: 'kubevela' }).catch(() => 0);
    else if (dice < 0.56 && world.spec()) await world.edit({ holderIdentity: '' });
    else
      for (const other of all) {
        other.isCutOff = false;
        other.clock.resume();
      }
    if (one) one.clock.wallOffsetMs = (random() - 0.5) * 7_200_000;
    await world.pass(Math.floor(random() * 80) * 100, all);
  }
  for (const one of all) {
    one.isCutOff = false;
    one.clock.resume();
  }
  await world.pass(40_000, all);
  expect(all.filter(({ elector }) => elector.isLeader)).toHaveLength(1);
  const epochs = world.log.flatMap((line) => /epoch (\d+)/.exec(line)?.[1] ?? []).map(Number);
  expect(epochs.length).toBeGreaterThan(3);
  if (!deletes) expect(epochs).toEqual([...new Set(epochs)].sort((x, y) => x - y));
  for (const one of all) one.stop();
  await world.pass(5_000, all);
  await Promise.all(all.map(({ running }) => running));
});

test('an invited process acquires an expired lease at once, for one term, and no other lease', async () => {
  const { world, a, b } = await twoCandidates();
  world.log.length = 0;
  b.stop();
  await b.running;
  a.clock.isPaused = true;
  await world.pass(16_000, [a, b]);
  const { leaseTransitions, renewTime } = world.spec() ?? {};
  const invited = (epoch: number | undefined): Candidate =>
    new Candidate('invited', world, {
      goneForMs: () => 0,
      mayStand: (record) => record?.transitions === epoch && record?.renewTime === renewTime,
    });
  const [late, guest] = [invited(7), invited(leaseTransitions)];
  late.start();
  await world.pass(100, [a, late]);
  await late.running;
  guest.start();
  await world.pass(100, [a, guest]);
  expect(world.log).toEqual(['invited leads in epoch 1']);
  guest.stop();
  await world.pass(5_000, [a, guest]);
  await guest.running;
  expect(world.spec()?.holderIdentity).toBe('');
});

test('the next process of a pod does not wait for the one that it replaced', async () => {
  const { world, a, b } = await twoCandidates();
  b.stop();
  await b.running;
  world.log.length = 0;
  a.isCutOff = true;
  const next = new Candidate('a2', world, { goneForMs: ({ holder }) => (holder === 'a' ? 1_000 : undefined) });
  a.clock.isPaused = true;
  next.start();
  // the one that is replaced is dead, which a paused process is not
  await world.clock.advance(900);
  expect(next.elector.isLeader).toBe(false);
  await world.clock.advance(2_500);
  expect(world.log).toEqual(['a2 leads in epoch 1']);
});

test('a standby writes an annotation for the holder, and the holder keeps the lease', async () => {
  const world = new World();
  const heard: string[] = [];
  const a = new Candidate('a', world, {
    annotations: () => ({ report: 'fine', request: undefined }),
    onObserved: (_, notes) => {
      if (notes['request'] !== undefined) heard.push(notes['request']);
    },
  });
  const b = new Candidate('b', world, {
    noteWhileWaiting: (record, notes) =>
      record.holder === 'a' && heard.length === 0 && notes['request'] === undefined ? { request: 'b' } : undefined,
  });
  a.start();
  await world.pass(100, [a, b]);
  b.start();
  await world.pass(30_000, [a, b]);
  expect([heard[0], a.elector.isLeader]).toEqual(['b', true]);
  expect(world.api.objects[0]?.metadata.annotations).toEqual({ report: 'fine' });
});
