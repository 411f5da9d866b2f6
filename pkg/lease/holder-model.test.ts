import { expect, test } from '@jest/globals';
import { explore } from '../../test/support/explore.ts';
import type { Exploration, Step } from '../../test/support/explore.ts';

/*
 * The Lease of one shard, the record of its holder, and two processes. A Lease runs out and is acquired at any moment, also
 * while its holder is suspended between two of its steps; it may be deleted, and then counts from the beginning. A write
 * arrives at any later time. The API server admits it by what it has seen of the record.
 *
 * The switches take single rules away, to show that each of them is needed.
 */

interface Rules {
  /** The record is written only in the state in which it was read. */
  readonly comparesAndSwaps: boolean;
  /** A record of a later term is left alone. */
  readonly neverGoesBack: boolean;
  /** A write is admitted only under the recorded term, and not under any term of the recorded process. */
  readonly namesTerm: boolean;
}

const protocol: Rules = { comparesAndSwaps: true, neverGoesBack: true, namesTerm: true };
const lastEpoch = 3;

interface Process {
  readonly phase: 'idle' | 'leased' | 'read' | 'working';
  readonly epoch: number;
  /** The version of the record that it read. */
  readonly seen: number;
  /** The term of a write on its way. */
  readonly sent?: number;
}

interface Recorded {
  readonly by: number;
  readonly epoch: number;
  readonly version: number;
}

interface World {
  readonly lease: { readonly holder: number; readonly epoch: number };
  readonly isDeleted: boolean;
  readonly record: Recorded;
  /** What the API server judges by. */
  readonly known: Recorded;
  readonly processes: readonly Process[];
  /** The latest term under which a write was admitted. */
  readonly begun: number;
}

const idle: Process = { phase: 'idle', epoch: 0, seen: 0 };
const none: Recorded = { by: -1, epoch: 0, version: 0 };
const start: World = {
  lease: { holder: -1, epoch: 0 },
  isDeleted: false,
  record: none,
  known: none,
  processes: [idle, idle],
  begun: 0,
};

function put(world: World, i: number, process: Partial<Process>): World {
  return { ...world, processes: world.processes.map((one, at) => (at === i ? { ...one, ...process } : one)) };
}

/** A Lease that was deleted begins after the recorded term. */
function acquire(world: World, i: number): readonly Step<World>[] {
  const { lease, record } = world;
  const epoch = Math.max(lease.epoch, record.epoch) + 1;
  if (lease.holder === i || epoch > lastEpoch) return [];
  return [
    {
      name: `${i} acquires ${epoch}`,
      next: put({ ...world, lease: { holder: i, epoch } }, i, { phase: 'leased', epoch }),
    },
  ];
}

function readRecord(world: World, i: number, rules: Rules): readonly Step<World>[] {
  const { phase, epoch } = world.processes[i] ?? idle;
  if (phase !== 'leased' || (rules.neverGoesBack && world.record.epoch > epoch)) return [];
  return [{ name: `${i} reads`, next: put(world, i, { phase: 'read', seen: world.record.version }) }];
}

function writeRecord(world: World, i: number, rules: Rules): readonly Step<World>[] {
  const { phase, epoch, seen } = world.processes[i] ?? idle;
  const { version } = world.record;
  if (phase !== 'read') return [];
  if (rules.comparesAndSwaps && seen !== version)
    return [{ name: `${i} meets a conflict`, next: put(world, i, { phase: 'leased' }) }];
  const record = { by: i, epoch, version: version + 1 };
  return [{ name: `${i} records ${epoch}`, next: put({ ...world, record }, i, { phase: 'working' }) }];
}

function write(world: World, i: number, rules: Rules): readonly Step<World>[] {
  const process = world.processes[i] ?? idle;
  const { phase, epoch, sent } = process;
  if (sent === undefined)
    return phase === 'working' ? [{ name: `${i} sends under ${epoch}`, next: put(world, i, { sent: epoch }) }] : [];
  const { sent: _, ...rest } = process;
  const processes = world.processes.map((one, at) => (at === i ? rest : one));
  const { by, epoch: recorded } = world.known;
  if (by !== i || (rules.namesTerm && recorded !== sent))
    return [{ name: `${i} is refused under ${sent}`, next: { ...world, processes } }];
  const violation = sent < world.begun ? 'a write is admitted after one of a later term' : undefined;
  return [
    { name: `${i} writes under ${sent}`, next: { ...world, processes, begun: Math.max(world.begun, sent) }, violation },
  ];
}

function steps(rules: Rules): (world: World) => readonly Step<World>[] {
  return (world) => [
    ...[0, 1].flatMap((i) => [acquire, readRecord, writeRecord, write].flatMap((step) => step(world, i, rules))),
    ...(world.known.version < world.record.version
      ? [{ name: 'the API server sees the record', next: { ...world, known: world.record } }]
      : []),
    ...(world.isDeleted || world.lease.epoch === 0
      ? []
      : [{ name: 'the Lease is deleted', next: { ...world, isDeleted: true, lease: { holder: -1, epoch: 0 } } }]),
  ];
}

/** Some process is recorded, works, and is known to the API server; or no term is left to be taken. */
const isGood = ({ known, processes, lease }: World): boolean =>
  processes.some(({ phase, epoch }, i) => phase === 'working' && known.by === i && known.epoch === epoch) ||
  lease.epoch >= lastEpoch;

const search = (rules: Partial<Rules>): Exploration =>
  explore({ start, steps: steps({ ...protocol, ...rules }), isGood });

test('no write is admitted after one of a later term, and a holder can always be recorded', () => {
  const { states, violations, stuck } = search({});
  expect(states).toBeGreaterThan(1_000);
  expect([...violations]).toEqual([]);
  expect(stuck).toBe(0);
});

test.each<{ rule: keyof Rules }>([{ rule: 'comparesAndSwaps' }, { rule: 'neverGoesBack' }, { rule: 'namesTerm' }])(
  'without $rule one is admitted',
  ({ rule }) => {
    const { violations } = search({ [rule]: false });
    expect([...violations.keys()]).toEqual(['a write is admitted after one of a later term']);
  },
);
