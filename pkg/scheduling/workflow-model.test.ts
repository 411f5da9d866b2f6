import { describe, expect, test } from '@jest/globals';
import { explore } from '../../test/support/explore.ts';
import type { Exploration, Step as ModelStep } from '../../test/support/explore.ts';
import { acknowledge, nextMoverStep, permissionOf, requestMove } from './handover.ts';
import type { Outcome, Ownership } from './handover.ts';

/*
 * Two steps of a workflow, which are recorded in the status of the main object, while the Application moves from s to t
 * and the Lease of s is taken by a process that adopts it. Every process sees the main object late, what it sends
 * arrives at any later time, and it may end between any two of its own steps.
 *
 * A process that ends between a step and its record leaves a successor that cannot know: it does the step again, which is
 * why steps apply what they deliver. Everything else happens once.
 */

interface Rules {
  /** A process goes by what it wrote itself until its watch shows something newer. */
  readonly remembers: boolean;
  /** The acknowledgement waits for what is in flight and for its record. */
  readonly ackWaits: boolean;
  /** A record is written although a move was requested in between. */
  readonly recordsLate: boolean;
  /** The API server refuses what carries an older fence than the resource. */
  readonly deliveryFence: boolean;
}

const protocol: Rules = { remembers: true, ackWaits: true, recordsLate: true, deliveryFence: true };
const lastStep = 2;

/** The owner of s, the adopter of s, and the owner of t. */
const everybody = ['s', 'a', 't'] as const;
type ShardName = (typeof everybody)[number];

interface Seen {
  readonly own: Ownership;
  /** How many steps are recorded. */
  readonly done: number;
}

interface Worker {
  readonly sees: Seen;
  /** Whether it holds the Lease of its shard, as far as it knows. */
  readonly holds: boolean;
  /** How far it knows the workflow to be, beyond what it sees; undefined before it took the Application up. */
  readonly knows: number | undefined;
  /** The step that it executes, and whether that was answered. */
  readonly step: { readonly number: number; readonly answered: boolean } | undefined;
}

interface Sent {
  readonly step: number;
  readonly fence: number;
}

interface World extends Seen {
  readonly lease: 's' | 'a';
  /** The fence on what is delivered. */
  readonly fence: number;
  /** How often each step was executed. */
  readonly executed: readonly number[];
  readonly workers: Readonly<Record<ShardName, Worker | undefined>>;
  readonly sent: Readonly<Record<ShardName, Sent | undefined>>;
  readonly moves: number;
  readonly takeovers: number;
  readonly crashes: number;
}

type Step = ModelStep<World>;

const shardOf = (id: ShardName): string => (id === 't' ? 't' : 's');
const holds = (world: World, id: ShardName): boolean => id === 't' || world.lease === id;
const fresh = (world: World, id: ShardName): Worker => ({
  sees: { own: world.own, done: world.done },
  holds: holds(world, id),
  knows: undefined,
  step: undefined,
});

const own: Ownership = { shard: 's', epoch: 0, move: undefined };
const idle = { s: undefined, a: undefined, t: undefined };
const blank: World = {
  own,
  done: 0,
  lease: 's',
  fence: 0,
  executed: [0, 0],
  workers: idle,
  sent: idle,
  moves: 1,
  takeovers: 0,
  crashes: 0,
};
const beginning: World = { ...blank, workers: { s: fresh(blank, 's'), a: undefined, t: fresh(blank, 't') } };

function stepsOf(world: World, rules: Rules): Step[] {
  return [
    ...scheduler(world),
    ...everybody.flatMap((id) => [...worker(world, id, rules), ...arrival(world, id, rules)]),
  ];
}

/** People ask for a move, the mover carries it out, a Lease is taken. */
function scheduler(world: World): Step[] {
  const steps: Step[] = [];
  const asked = requestMove(world.own, { id: 'm', to: 't', at: 0, reason: 'drain' });
  if (world.moves > 0 && asked.ok)
    steps.push({ name: 'request', next: { ...world, own: asked.ownership, moves: world.moves - 1 } });
  const move = nextMoverStep(world.own, []);
  if (move.do === 'write') steps.push({ name: 'commit', next: { ...world, own: move.ownership } });
  if (world.takeovers > 0 && world.lease === 's') {
    const taken: World = { ...world, lease: 'a', takeovers: world.takeovers - 1 };
    steps.push({ name: 'a takes the lease of s', next: withWorker(taken, 'a', fresh(taken, 'a')) });
  }
  return steps;
}

const withWorker = (world: World, id: ShardName, state: Worker | undefined): World => ({
  ...world,
  workers: { ...world.workers, [id]: state },
});

function worker(world: World, id: ShardName, rules: Rules): Step[] {
  const me = world.workers[id];
  if (!me) {
    const restarts = id !== 'a' || world.lease === 'a';
    return restarts ? [{ name: `${id} starts`, next: withWorker(world, id, fresh(world, id)) }] : [];
  }
  const steps: Step[] = [...watches(world, id, me)];
  const shard = shardOf(id);
  const mayWork = me.holds && permissionOf(me.sees.own, shard) === 'work';
  if (mayWork && me.knows === undefined) steps.push(...takeUp(world, id, me));
  const done = Math.max(me.sees.done, rules.remembers ? (me.knows ?? 0) : 0);
  if (mayWork && me.knows !== undefined && !me.step && !world.sent[id] && done < lastStep) {
    const sent = { ...world.sent, [id]: { step: done, fence: fenceOf(world, me, id) } };
    const state = { ...me, step: { number: done, answered: false } };
    steps.push({ name: `${id} begins step ${done}`, next: { ...withWorker(world, id, state), sent } });
  }
  steps.push(...records(world, id, me, rules), ...acknowledges(world, id, me, rules));
  if (world.crashes > 0) {
    const next = { ...withWorker(world, id, undefined), crashes: world.crashes - 1 };
    steps.push({ name: `${id} ends`, next });
  }
  return steps;
}

/** The epoch of the family first, then that of the Lease of s. */
const fenceOf = (world: World, me: Worker, id: ShardName): number => 10 * me.sees.own.epoch + (id === 'a' ? 1 : 0);

function watches(world: World, id: ShardName, me: Worker): Step[] {
  const steps: Step[] = [];
  const truth: Seen = { own: world.own, done: world.done };
  if (JSON.stringify(me.sees) !== JSON.stringify(truth)) {
    const leaves = truth.own.shard !== shardOf(id);
    const state = { ...me, sees: truth, ...(leaves && { knows: undefined, step: undefined }) };
    steps.push({ name: `${id} sees the object`, next: withWorker(world, id, state) });
  }
  if (me.holds !== holds(world, id)) {
    const state = { ...me, holds: !me.holds, knows: undefined, step: undefined };
    steps.push({ name: `${id} sees the lease`, next: withWorker(world, id, state) });
  }
  return steps;
}

/** A new owner reads the Application live before it acts. */
function takeUp(world: World, id: ShardName, me: Worker): Step[] {
  if (permissionOf(world.own, shardOf(id)) !== 'work') return [];
  const sees: Seen = { own: world.own, done: world.done };
  return [{ name: `${id} takes it up`, next: withWorker(world, id, { ...me, sees, knows: world.done }) }];
}

/** The answered step goes into the status; refused to a process that does not own the Application or hold the Lease any more. */
function records(world: World, id: ShardName, me: Worker, { recordsLate }: Rules): Step[] {
  if (!me.step?.answered) return [];
  const mayWrite = world.own.shard === shardOf(id) && world.own.move?.quiesced !== 'acknowledged' && holds(world, id);
  if (!mayWrite) return [];
  const isCurrent = JSON.stringify(me.sees.own) === JSON.stringify(world.own) || recordsLate;
  // a conflict: the result is dropped, and the step is read again
  if (!isCurrent) return [{ name: `${id} is too late`, next: withWorker(world, id, { ...me, step: undefined }) }];
  const done = Math.max(world.done, me.step.number + 1);
  const next = withWorker({ ...world, done }, id, { ...me, knows: done, step: undefined });
  return [{ name: `${id} records step ${me.step.number}`, next }];
}

function acknowledges(world: World, id: ShardName, me: Worker, { ackWaits }: Rules): Step[] {
  const isIdle = (!me.step && !world.sent[id]) || !ackWaits;
  const isAsked = me.holds && permissionOf(me.sees.own, shardOf(id)) === 'acknowledge';
  if (!isAsked || !isIdle || !holds(world, id)) return [];
  if (JSON.stringify(me.sees.own) !== JSON.stringify(world.own)) return [];
  const outcome: Outcome = acknowledge(world.own, shardOf(id));
  if (!outcome.ok) return [];
  const next = withWorker({ ...world, own: outcome.ownership }, id, { ...me, knows: undefined, step: undefined });
  return [{ name: `${id} acknowledges`, next }];
}

/** A worker's request reaches the API server, in any later state of the worker. */
function arrival(world: World, id: ShardName, { deliveryFence }: Rules): Step[] {
  const sent = world.sent[id];
  if (!sent) return [];
  const me = world.workers[id];
  const isMine = me?.step?.number === sent.step && !me.step.answered;
  const name = `step ${sent.step} of ${id} arrives`;
  const landed: World = { ...world, sent: { ...world.sent, [id]: undefined } };
  if (deliveryFence && sent.fence < world.fence)
    return [{ name, next: isMine ? withWorker(landed, id, { ...me, step: undefined }) : landed }];
  const executed = world.executed.map((count, i) => (i === sent.step ? Math.min(2, count + 1) : count));
  const answered = isMine ? withWorker(landed, id, { ...me, step: { ...me.step, answered: true } }) : landed;
  return [{ name, next: { ...answered, executed, fence: sent.fence }, violation: violationOf(world, sent) }];
}

/** Where no process ends and no Lease is taken, even the unrecorded step is done once. */
function violationOf(world: World, { step }: Sent): string | undefined {
  if (step < world.done) return 'a step ran after it was recorded';
  const isCalm = world.crashes === 0 && world.takeovers === 0 && world.lease === 's';
  return isCalm && (world.executed[step] ?? 0) > 0 ? 'a step ran twice in a move' : undefined;
}

const isAtRest = ({ own: { shard, move }, done, workers, moves }: World): boolean =>
  moves === 0 && shard === 't' && !move && done === lastStep && workers.t !== undefined;

function exploreWorkflow(rules: Rules, budget: Partial<World> = {}, enough?: number): Exploration {
  return explore({
    start: { ...beginning, ...budget },
    steps: (world) => stepsOf(world, rules),
    isGood: isAtRest,
    enough,
  });
}

describe('a workflow that moves, explored exhaustively', () => {
  test('no step runs twice through a move', () => {
    const { states, violations, stuck } = exploreWorkflow(protocol);
    expect(Object.fromEntries(violations)).toEqual({});
    expect(stuck).toBe(0);
    expect(states).toBeGreaterThan(100);
  });

  test('nor does one that is recorded, through crashes and a failover', () => {
    const { states, violations, stuck } = exploreWorkflow(protocol, { crashes: 1, takeovers: 1 });
    expect(Object.fromEntries(violations)).toEqual({});
    expect(stuck).toBe(0);
    expect(states).toBeGreaterThan(5000);
  });

  test.each<{ name: string; without: Partial<Rules>; budget: Partial<World>; breaks: readonly string[] }>([
    {
      name: 'memory of what it wrote itself',
      without: { remembers: false },
      budget: {},
      breaks: ['a step ran after it was recorded'],
    },
    {
      name: 'an acknowledgement that waits',
      without: { ackWaits: false },
      budget: {},
      breaks: ['a step ran twice in a move'],
    },
    {
      name: 'a record that is written although a move was asked for',
      without: { recordsLate: false },
      budget: {},
      breaks: ['a step ran twice in a move'],
    },
    {
      name: 'the fence on what is delivered',
      without: { deliveryFence: false },
      budget: { takeovers: 1 },
      breaks: ['a step ran after it was recorded'],
    },
  ])('without $name it breaks', ({ without, budget, breaks }) => {
    const { violations } = exploreWorkflow({ ...protocol, ...without }, budget, breaks.length);
    expect([...violations.keys()]).toEqual([...breaks]);
  });
});
