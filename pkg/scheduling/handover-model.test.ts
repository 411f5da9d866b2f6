import { describe, expect, test } from '@jest/globals';
import { acknowledge, cancelMove, isWholeFamily, nextMoverStep, permissionOf, requestMove } from './handover.ts';
import type { Ownership } from './handover.ts';
import { explore } from '../../test/support/explore.ts';
import type { Exploration, Step as ModelStep } from '../../test/support/explore.ts';

/*
 * Every state that one family (a main object and one member) with one delivered resource, its source s, a process that
 * adopts s, its target t and a mover can get into is visited: watches of the main object, of the member and of the Lease
 * lag independently, a request that was sent arrives at any later time, processes crash, the Lease of s is taken by the
 * adopter, the move is cancelled, a user changes the label of the main object.
 *
 * The steps use the production functions; the switches take single rules away, to show that each of them is needed.
 */

interface Rules {
  /** The API server refuses writes to the family of a process that does not hold the shard any more. */
  readonly serverFence: boolean;
  /** The API server refuses writes to what is delivered that carry an older fence than what is stored. */
  readonly deliveryFence: boolean;
  readonly needAck: boolean;
  readonly childrenFirst: boolean;
  readonly childrenWaitForAck: boolean;
  /** A new owner, or the old one after a cancelled move, reads the family live before it acts. */
  readonly liveVerify: boolean;
  /** The acknowledgement waits for requests in flight. */
  readonly ackWaits: boolean;
  /** An owner that finds members of another shard requests their release first. */
  readonly asksFirst: boolean;
  /** An owner that finds the record of a move from another shard begins a new epoch. */
  readonly newEpoch: boolean;
}

const protocol: Rules = {
  serverFence: true,
  deliveryFence: true,
  needAck: true,
  childrenFirst: true,
  childrenWaitForAck: true,
  liveVerify: true,
  ackWaits: true,
  asksFirst: true,
  newEpoch: true,
};

/** A write on its way, with whether its sender had seen the whole family. */
type InFlight = 'none' | 'whole' | 'partial';

/** Writes to the delivered resource that are on their way, by the fence that they carry. */
type Fence = number;

/** Epoch of the family first, that of the Lease of s second. */
const fenceOf = (family: number, lease: 's' | 'other'): Fence => 10 * family + (lease === 's' ? 0 : 1);

interface World {
  readonly own: Ownership;
  readonly member: string;
  readonly lease: 's' | 'other';
  /** The fence on the delivered resource, and those of writes to it by s, by its adopter and by t. */
  readonly delivered: Fence;
  readonly deliveredBy: 's' | 'a' | 't';
  readonly late: { readonly s: Fence | undefined; readonly a: Fence | undefined; readonly t: Fence | undefined };
  /** A write of the adopter to the family. */
  readonly aInFlight: InFlight;
  /** What s believes; undefined while it is down. */
  readonly s: { readonly own: Ownership; readonly seesMember: boolean; readonly lease: 's' | 'other' } | undefined;
  readonly sInFlight: InFlight;
  readonly t: { readonly shard: string | undefined; readonly seesMember: boolean };
  readonly tInFlight: InFlight;
  readonly moverUp: boolean;
  readonly crashes: number;
  readonly takeovers: number;
  readonly cancels: number;
  /** How often a user may still change the label of the main object to t. */
  readonly relabels: number;
  /** Whether the record of a move is left on a main object with a changed label. */
  readonly remains: boolean;
}

type Step = ModelStep<World>;

const owned: Ownership = { shard: 's', epoch: 0, move: undefined };
const beginning: World = {
  own: owned,
  member: 's',
  lease: 's',
  delivered: 0,
  deliveredBy: 's',
  late: { s: undefined, a: undefined, t: undefined },
  aInFlight: 'none',
  s: { own: owned, seesMember: true, lease: 's' },
  sInFlight: 'none',
  t: { shard: undefined, seesMember: false },
  tInFlight: 'none',
  moverUp: true,
  crashes: 1,
  takeovers: 1,
  cancels: 1,
  relabels: 0,
  remains: false,
};

const write = (world: World, outcome: { ok: true; ownership: Ownership } | { ok: false }): World | undefined =>
  outcome.ok ? { ...world, own: outcome.ownership } : undefined;

function stepsOf(world: World, rules: Rules): Step[] {
  return [
    ...scheduler(world),
    ...source(world, rules),
    ...adopter(world, rules),
    ...delivery(world, rules),
    ...lateWrites(world, rules),
    ...mover(world, rules),
    ...target(world, rules),
  ];
}

function scheduler(world: World): Step[] {
  const steps: Step[] = [];
  if (world.own.shard === 's' && !world.own.move && world.cancels > 0) {
    const next = write(world, requestMove(world.own, { id: 'm', to: 't', at: 0, reason: 'drain' }));
    if (next) steps.push({ name: 'request', next });
  }
  if (world.cancels > 0 && world.own.move) {
    const next = write(world, cancelMove(world.own));
    if (next) steps.push({ name: 'cancel', next: { ...next, cancels: world.cancels - 1 } });
  }
  if (world.takeovers > 0 && world.lease === 's')
    steps.push({ name: 'take lease of s', next: { ...world, lease: 'other', takeovers: 0 } });
  if (world.relabels > 0 && world.own.shard === 's') {
    // what is written of a move names another owner then, so it is none any more
    const own: Ownership = { ...world.own, shard: 't', move: undefined };
    const remains = world.own.move?.quiesced === 'acknowledged';
    steps.push({ name: 'a user changes the label', next: { ...world, own, remains, relabels: world.relabels - 1 } });
  }
  return steps;
}

function source(world: World, rules: Rules): Step[] {
  const { s } = world;
  if (!s) {
    const fresh = { own: world.own, seesMember: world.member === 's', lease: world.lease };
    return [{ name: 's restarts', next: { ...world, s: fresh } }];
  }
  const steps: Step[] = [];
  if (s.own !== world.own) {
    const resumes = rules.liveVerify && mayWork(world.own, rules) && !mayWork(s.own, rules);
    const view = { ...s, own: world.own, seesMember: resumes ? world.member === 's' : s.seesMember };
    steps.push({ name: 's sees the object', next: { ...world, s: view } });
  }
  const seesMember = world.member === 's';
  if (s.seesMember !== seesMember)
    steps.push({ name: 's sees the member', next: { ...world, s: { ...s, seesMember } } });
  if (s.lease !== world.lease)
    steps.push({ name: 's sees the lease', next: { ...world, s: { ...s, lease: world.lease } } });
  if (mayWork(s.own, rules) && s.lease === 's' && world.sInFlight === 'none') {
    steps.push({ name: 's sends', next: { ...world, sInFlight: s.seesMember ? 'whole' : 'partial' } });
  }
  steps.push(...deliveries(world, s, rules));
  const idle = (world.sInFlight === 'none' && world.late.s === undefined) || !rules.ackWaits;
  const holds = s.lease === 's' && (!rules.serverFence || world.lease === 's');
  if (rules.needAck && idle && holds && permissionOf(s.own, 's') === 'acknowledge' && s.own === world.own) {
    const next = write(world, acknowledge(world.own, 's'));
    if (next) steps.push({ name: 's acknowledges', next });
  }
  if (world.crashes > 0)
    steps.push({ name: 's crashes', next: { ...world, s: undefined, crashes: world.crashes - 1 } });
  return steps;
}

function deliveries(world: World, s: NonNullable<World['s']>, rules: Rules): Step[] {
  const { late } = world;
  if (!mayWork(s.own, rules) || s.lease !== 's' || late.s !== undefined) return [];
  return [{ name: 's delivers', next: { ...world, late: { ...late, s: fenceOf(s.own.epoch, 's') } } }];
}

function mayWork(own: Ownership, rules: Rules): boolean {
  return rules.needAck ? permissionOf(own, 's') === 'work' : own.shard === 's';
}

/** The adopter of s: reads live before it acts, and does all that s would do. */
function adopter(world: World, rules: Rules): Step[] {
  if (world.lease !== 'other') return [];
  const steps: Step[] = [];
  const { own, member, late } = world;
  if (mayWork(own, rules) && world.aInFlight === 'none' && (!rules.liveVerify || member === 's'))
    steps.push({ name: 'the adopter sends', next: { ...world, aInFlight: member === 's' ? 'whole' : 'partial' } });
  if (mayWork(own, rules) && late.a === undefined)
    steps.push({ name: 'the adopter delivers', next: { ...world, late: { ...late, a: fenceOf(own.epoch, 'other') } } });
  const idle = (world.aInFlight === 'none' && late.a === undefined) || !rules.ackWaits;
  const next = rules.needAck && idle ? write(world, acknowledge(own, 's')) : undefined;
  if (next) steps.push({ name: 'the adopter acknowledges', next });
  return steps;
}

/** A write to the delivered resource reaches the API server. */
function lateWrites(world: World, rules: Rules): Step[] {
  return (['s', 'a', 't'] as const).flatMap((id): Step[] => {
    const fence = world.late[id];
    if (fence === undefined) return [];
    const isOlder = fence < world.delivered;
    const accepted = !rules.deliveryFence || !isOlder;
    const deliveredBy = accepted ? id : world.deliveredBy;
    const delivered = accepted ? fence : world.delivered;
    const next = { ...world, late: { ...world.late, [id]: undefined }, delivered, deliveredBy };
    const isBehind = isOlder || (world.deliveredBy === 't' && id !== 't');
    const violation = accepted && isBehind ? 'an older write replaced a newer one' : undefined;
    return [{ name: `what ${id} delivers arrives`, next, violation }];
  });
}

/** A request of s, its adopter or t reaches the API server, whatever became of its sender. */
function delivery(world: World, rules: Rules): Step[] {
  const steps: Step[] = [];
  const quiesced = world.own.move !== undefined && world.own.move.quiesced !== 'no';
  if (world.sInFlight !== 'none') {
    const accepted = !rules.serverFence || (world.own.shard === 's' && !quiesced && world.lease === 's');
    let violation: string | undefined;
    if (accepted && (world.own.shard !== 's' || quiesced)) violation = 's wrote after it gave the family up';
    else if (accepted && world.lease !== 's') violation = 's wrote after its lease was taken';
    else if (accepted && world.sInFlight === 'partial') violation = 's acted on a partial family';
    steps.push({ name: 'the request of s arrives', next: { ...world, sInFlight: 'none' }, violation });
  }
  if (world.aInFlight !== 'none') {
    const accepted = !rules.serverFence || (world.own.shard === 's' && !quiesced);
    let violation: string | undefined;
    if (accepted && (world.own.shard !== 's' || quiesced)) violation = 'the adopter wrote after it gave the family up';
    else if (accepted && world.aInFlight === 'partial') violation = 'the adopter acted on a partial family';
    steps.push({ name: 'the request of the adopter arrives', next: { ...world, aInFlight: 'none' }, violation });
  }
  if (world.tInFlight !== 'none') {
    const violation = world.tInFlight === 'partial' ? 't acted on a partial family' : undefined;
    steps.push({ name: 'the request of t arrives', next: { ...world, tInFlight: 'none' }, violation });
  }
  return steps;
}

function mover(world: World, rules: Rules): Step[] {
  if (!world.moverUp) return [{ name: 'the mover restarts', next: { ...world, moverUp: true } }];
  const steps =
    rules.needAck && rules.childrenFirst && rules.childrenWaitForAck ? properMover(world) : carelessMover(world, rules);
  if (world.crashes > 0)
    steps.push({ name: 'the mover crashes', next: { ...world, moverUp: false, crashes: world.crashes - 1 } });
  return steps;
}

function properMover(world: World): Step[] {
  const step = nextMoverStep(world.own, [world.member]);
  switch (step.do) {
    case 'nothing':
      return [];
    case 'await-source':
      return [];
    case 'relabel':
      return [{ name: 'the mover relabels the member', next: { ...world, member: step.to } }];
    case 'write':
      return [{ name: 'the mover commits', next: { ...world, own: step.ownership } }];
  }
}

/** A mover without some of the rules; never cancels. */
function carelessMover(world: World, rules: Rules): Step[] {
  const { move } = world.own;
  const steps: Step[] = [];
  const gate = !rules.needAck || (move !== undefined && move.quiesced !== 'no') || world.lease === 'other';
  if (move && !move.cancelled) {
    if (world.member === 's' && (gate || !rules.childrenWaitForAck))
      steps.push({ name: 'member moves', next: { ...world, member: 't' } });
    if (gate && (world.member === 't' || !rules.childrenFirst)) {
      steps.push({
        name: 'commit',
        next: { ...world, own: { shard: 't', epoch: world.own.epoch + 1, move: undefined } },
      });
    }
  }
  if (world.own.shard === 't' && world.member === 's')
    steps.push({ name: 'member moves late', next: { ...world, member: 't' } });
  return steps;
}

function target(world: World, rules: Rules): Step[] {
  const steps: Step[] = [];
  if (world.t.shard !== world.own.shard)
    steps.push({ name: 't sees the object', next: { ...world, t: { ...world.t, shard: world.own.shard } } });
  const seesMember = world.member === 't';
  if (world.t.seesMember !== seesMember)
    steps.push({ name: 't sees the member', next: { ...world, t: { ...world.t, seesMember } } });
  if (world.t.shard === 't' && world.tInFlight === 'none') {
    if (!rules.liveVerify)
      steps.push({ name: 't sends', next: { ...world, tInFlight: world.t.seesMember ? 'whole' : 'partial' } });
    else if (mayBegin(world, rules)) steps.push({ name: 't sends', next: { ...world, tInFlight: 'whole' } });
  }
  if (world.t.shard === 't' && world.remains && rules.newEpoch && isWholeFamily(world.own, 't', [world.member])) {
    const own = { ...world.own, epoch: world.own.epoch + 1 };
    steps.push({ name: 't begins a new epoch', next: { ...world, own, remains: false } });
  }
  const isStrange = world.own.shard === 't' && !world.own.move && world.member === 's';
  if (world.t.shard === 't' && isStrange && rules.liveVerify) steps.push(strangers(world, rules));
  if (world.t.shard === 't' && world.late.t === undefined && mayBegin(world, rules))
    steps.push({ name: 't delivers', next: { ...world, late: { ...world.late, t: fenceOf(world.own.epoch, 's') } } });
  return steps;
}

const mayBegin = (world: World, rules: Rules): boolean =>
  isWholeFamily(world.own, 't', [world.member]) && !(world.remains && rules.newEpoch);

/** The target finds a family that is not its own, although the label of the main object says so. */
function strangers(world: World, rules: Rules): Step {
  if (!rules.asksFirst) return { name: 't takes the member', next: { ...world, member: 't' } };
  const before: Ownership = { shard: 's', epoch: world.own.epoch + 1, move: undefined };
  const next = write(world, requestMove(before, { id: 'label', to: 't', at: 0, reason: 'relabelled by hand' }));
  if (!next) throw new Error('a family without a move can be asked for');
  return { name: 't requests the release from s', next: { ...next, remains: false } };
}

const isAtRest = ({ own, member }: World): boolean => !own.move && member === own.shard;

function exploreMoves(rules: Rules, what: Partial<World>, enough?: number): Exploration {
  const start = canonical({ ...beginning, ...what });
  const steps = (world: World): readonly Step[] =>
    stepsOf(world, rules).map((step) => ({ ...step, next: canonical(step.next) }));
  return explore({ start, steps, isGood: isAtRest, enough });
}

/** Views that equal the truth share its object, so that "seen" is an identity and equal worlds have equal keys. */
function canonical(world: World): World {
  if (!world.s || world.s.own === world.own || !isSameOwnership(world.s.own, world.own)) return world;
  return { ...world, s: { ...world.s, own: world.own } };
}

function isSameOwnership(a: Ownership, b: Ownership): boolean {
  const [x, y] = [a.move, b.move];
  const isSameMove =
    x?.id === y?.id && x?.from === y?.from && x?.quiesced === y?.quiesced && x?.cancelled === y?.cancelled;
  return a.shard === b.shard && a.epoch === b.epoch && isSameMove;
}

describe('moving a family, explored exhaustively', () => {
  test('the protocol never breaks an invariant and always can come to rest', () => {
    const { states, violations, stuck } = exploreMoves(protocol, { crashes: 2 });
    expect(Object.fromEntries(violations)).toEqual({});
    expect(stuck).toBe(0);
    expect(states).toBeGreaterThan(2000);
  });

  test('nor does it when a user changes the label, at any moment', () => {
    const { states, violations, stuck } = exploreMoves(protocol, { crashes: 0, relabels: 1 });
    expect(Object.fromEntries(violations)).toEqual({});
    expect(stuck).toBe(0);
    expect(states).toBeGreaterThan(2000);
  });

  test.each<{ name: string; without: Partial<Rules>; what?: Partial<World>; breaks: readonly string[] }>([
    {
      name: 'the fence of the API server',
      without: { serverFence: false },
      breaks: [
        's wrote after it gave the family up',
        's wrote after its lease was taken',
        'the adopter wrote after it gave the family up',
      ],
    },
    {
      name: 'the fence on what is delivered',
      without: { deliveryFence: false },
      breaks: ['an older write replaced a newer one'],
    },
    {
      name: 'order and acknowledgement',
      without: {
        serverFence: false,
        needAck: false,
        childrenFirst: false,
        childrenWaitForAck: false,
        liveVerify: false,
      },
      breaks: [
        's acted on a partial family',
        's wrote after it gave the family up',
        's wrote after its lease was taken',
        't acted on a partial family',
        'the adopter acted on a partial family',
        'the adopter wrote after it gave the family up',
      ],
    },
    {
      name: 'members that wait for the acknowledgement',
      without: { serverFence: false, childrenFirst: false, childrenWaitForAck: false, liveVerify: false },
      breaks: [
        's acted on a partial family',
        's wrote after it gave the family up',
        's wrote after its lease was taken',
        't acted on a partial family',
        'the adopter wrote after it gave the family up',
      ],
    },
    {
      name: 'members before the main object',
      without: { childrenFirst: false, liveVerify: false },
      breaks: ['t acted on a partial family'],
    },
    {
      name: 'waiting for what is in flight',
      without: { ackWaits: false, serverFence: false },
      breaks: [
        's wrote after it gave the family up',
        's wrote after its lease was taken',
        'the adopter wrote after it gave the family up',
      ],
    },
    {
      name: 'live verification',
      without: { liveVerify: false },
      breaks: ['s acted on a partial family', 't acted on a partial family'],
    },
    {
      name: 'a new epoch after a move that was ended by hand',
      without: { newEpoch: false },
      what: { relabels: 1 },
      breaks: ['an older write replaced a newer one'],
    },
    {
      name: 'asking the shard of the members first',
      without: { asksFirst: false },
      what: { relabels: 1 },
      breaks: ['an older write replaced a newer one'],
    },
  ])('without $name it breaks', ({ without, what, breaks }) => {
    const { violations } = exploreMoves({ ...protocol, ...without }, { crashes: 0, ...what }, breaks.length);
    expect([...violations.keys()].sort()).toEqual([...breaks].sort());
  });
});
