import { describe, expect, test } from '@jest/globals';
import { explore } from '../../test/support/explore.ts';
import type { Exploration, Step as ModelStep } from '../../test/support/explore.ts';
import { annotations } from '../apis/names.ts';
import { planFailover } from '../scheduling/failover.ts';
import type { FailoverRules } from '../scheduling/failover.ts';
import { requestReturn, returnRequestedBy } from '../scheduling/return-request.ts';
import { nextClaimStep } from '../scheduling/handover.ts';
import { isInvitedTo } from '../scheduling/invitation.ts';
import type { Invitation } from '../scheduling/invitation.ts';
import { viewOf } from '../scheduling/membership.ts';
import type { ShardView } from '../scheduling/shards.ts';
import { defaultTimes, safetyTimesOf } from '../safety/times.ts';
import { afterReading, decide, releasedDurationMs, validForMs } from './lease.ts';
import type { LeaseView } from './lease.ts';
import type { LeaseRecord } from './record.ts';

/*
 * The Lease of one shard `a`, its own process, and that of another shard `b`, which the master invites to adopt it.
 * Time goes by in halves of the lease duration, at any moment and while anything is on its way, so that a process which
 * does nothing for a while is a suspended one. The Lease is seen late; a request arrives at any later time, and is
 * answered later still; processes end, also between two of their steps, and start again; the master does as well.
 *
 * The steps use the production functions; the switches take single rules away, to show that each of them is needed.
 */

interface Rules {
  /** The gate closes by itself when the Lease was not renewed, before any reading shows that it is lost. */
  readonly gateEnds: boolean;
  /** The Lease counts from when its renewal was sent, and not from when that was answered. */
  readonly countsFromSending: boolean;
  /** A process without an invitation waits for as long as the Lease lasts, by its own clock. */
  readonly standbyWaits: boolean;
  /** An invited process acquires the Lease only in the state for which it was invited. */
  readonly readsInvitation: boolean;
  /** A Lease is written only in the state in which it was read. */
  readonly comparesAndSwaps: boolean;
  /** The adopter leaves the family of an Application as it is. */
  readonly leavesFamily: boolean;
  readonly invites: boolean;
  readonly givesBack: boolean;
  /** A write gets no more time, at the API server either, than the Lease has left when it is sent. */
  readonly writesEnd: boolean;
}

const protocol: Rules = {
  gateEnds: true,
  countsFromSending: true,
  standbyWaits: true,
  readsInvitation: true,
  comparesAndSwaps: true,
  leavesFamily: true,
  invites: true,
  givesBack: true,
  writesEnd: true,
};

const tickMs = 1_000;
const lease = { durationMs: 2 * tickMs, renewDeadlineMs: 1.5 * tickMs, retryPeriodMs: tickMs / 2 };
const times = safetyTimesOf({ ...defaultTimes, lease });
const durations = times;
const graceMs = tickMs / 2;
const failover: FailoverRules = {
  mode: 'adopt',
  leaseDurationMs: durations.leaseDurationMs,
  ownGraceMs: graceMs,
  absentGraceMs: graceMs,
};

/** Processes, by the shard for which they were started. */
type ProcessName = 'a' | 'b';

/** The part of a process that stands for the Lease of `a`; times are of its clock, and now is zero. */
interface Elector {
  readonly view: LeaseView;
  readonly highestEpoch: number;
  /** Whether the Lease is still as it was read or written last. */
  readonly isFresh: boolean;
  /** Of an adopter. */
  readonly invitation?: Invitation;
}

/** A request to write the Lease of `a`. */
interface Flight {
  readonly what: 'take' | 'renew' | 'release';
  readonly identity: string;
  readonly epoch: number;
  readonly sentAt: number;
  /** Whether the Lease is still as its sender had read it, and after it has arrived, as it was written. */
  readonly fits: boolean;
  readonly state: 'sent' | 'refused' | LeaseRecord;
  /** Whether its sender waits for the answer. */
  readonly isAwaited: boolean;
}

interface World {
  readonly record: LeaseRecord;
  readonly home: ProcessName;
  readonly wanted?: string | undefined;
  /** The processes that are there; that of `b` stands for the Lease only while it follows an invitation. */
  readonly up: Readonly<Record<ProcessName, boolean>>;
  readonly electors: Readonly<Record<ProcessName, Elector | undefined>>;
  readonly flights: Readonly<Record<ProcessName, Flight | undefined>>;
  /** On the Lease of `b`. */
  readonly invited?: Invitation | undefined;
  /** What the master sees of the Lease, and since when. */
  readonly sight: { readonly record: LeaseRecord; readonly home: ProcessName; readonly since: number };
  /** How often the process of `a` has started; each has a name of its own. */
  readonly starts: number;
  readonly crashes: number;
  /** Whether a process of `a` that has ended is started again. */
  readonly returns: boolean;
  /** How often the Lease may still be taken. */
  readonly takes: number;
  /** For how long writes may still take effect, by sender; absent where writes are left out. */
  readonly writes?: Readonly<Record<string, number>>;
}

interface Step extends ModelStep<World> {
  readonly writes?: 'Lease' | 'Application' | 'ResourceTracker';
}

const first: LeaseRecord = {
  holder: 'a-0',
  durationMs: durations.leaseDurationMs,
  acquireTime: undefined,
  renewTime: 't0',
  transitions: 0,
};
const newElector = (identity: string): Elector => ({
  view: { identity, record: undefined, observedAt: 0, missing: false, held: undefined },
  highestEpoch: -1,
  isFresh: false,
});
const term = { epoch: 0, renewedAt: 0, isOver: false };
const beginning: World = {
  record: first,
  home: 'a',
  up: { a: true, b: true },
  electors: {
    a: { view: { ...newElector('a-0').view, record: first, held: term }, highestEpoch: 0, isFresh: true },
    b: undefined,
  },
  flights: { a: undefined, b: undefined },
  sight: { record: first, home: 'a', since: 0 },
  starts: 0,
  crashes: 1,
  returns: true,
  takes: 2,
};

const withElector = (world: World, id: ProcessName, elector: Elector | undefined): World => ({
  ...world,
  electors: { ...world.electors, [id]: elector },
});
const withFlight = (world: World, id: ProcessName, flight: Flight | undefined): World => ({
  ...world,
  flights: { ...world.flights, [id]: flight },
});
const isHolder = ({ view }: Elector): boolean => view.held?.isOver === false;

/** Whether the gate lets writes through, by the clock of the process itself. */
function mayWrite({ view }: Elector, { gateEnds }: Rules): boolean {
  if (!view.held || view.held.isOver) return false;
  return !gateEnds || validForMs(view.held.renewedAt, 0, durations) > 0;
}

const overOf = ({ view, ...rest }: Elector): Elector => ({
  ...rest,
  view: { ...view, held: view.held && { ...view.held, isOver: true } },
});

const notesOf = ({ home, wanted }: World): Readonly<Record<string, string>> => ({
  [annotations.homeShard]: home,
  ...(wanted !== undefined && { [annotations.wantedBy]: wanted }),
});

function stepsOf(world: World, rules: Rules): Step[] {
  return [
    { name: 'time goes by', next: later(world) },
    ...process(world, 'a', rules),
    ...process(world, 'b', rules),
    ...flight(world, 'a', rules),
    ...flight(world, 'b', rules),
    ...writesOf(world, 'a', rules),
    ...writesOf(world, 'b', rules),
    ...master(world, rules),
  ];
}

/** Ages are capped: older ones make no difference. */
function later(world: World): World {
  const { electors, flights, sight } = world;
  const past = (at: number): number => Math.max(at - tickMs, -durations.leaseDurationMs);
  const aged = (elector: Elector | undefined): Elector | undefined => {
    if (!elector) return undefined;
    const { view } = elector;
    const held = view.held && { ...view.held, renewedAt: past(view.held.renewedAt) };
    return { ...elector, view: { ...view, observedAt: past(view.observedAt), held } };
  };
  const flown = (sent: Flight | undefined): Flight | undefined => sent && { ...sent, sentAt: past(sent.sentAt) };
  const since = Math.max(sight.since - tickMs, -durations.leaseDurationMs - tickMs);
  return {
    ...world,
    electors: { a: aged(electors.a), b: aged(electors.b) },
    flights: { a: flown(flights.a), b: flown(flights.b) },
    sight: { ...sight, since },
    ...(world.writes && { writes: laterWrites(world.writes) }),
  };
}

function laterWrites(writes: NonNullable<World['writes']>): NonNullable<World['writes']> {
  const left = Object.entries(writes).map(([sender, ms]) => [sender, ms - tickMs] as const);
  return Object.fromEntries(left.filter(([, ms]) => ms > 0));
}

/** A write under the Lease is sent, and takes effect at any moment until its time is over, also when its sender has ended. */
function writesOf(world: World, sender: keyof World['up'], rules: Rules): ModelStep<World>[] {
  const { writes, electors, record } = world;
  if (!writes) return [];
  const steps: ModelStep<World>[] = [];
  const me = electors[sender];
  if (writes[sender] !== undefined) {
    const { [sender]: _, ...rest } = writes;
    const isForeign = !(record.holder ?? sender).startsWith(`${sender}-`) && record.holder !== undefined;
    const violation = isForeign ? 'a write took effect under the next holder' : undefined;
    steps.push({ name: `the write of ${sender} takes effect`, next: { ...world, writes: rest }, violation });
  } else if (me?.view.held && mayWrite(me, rules)) {
    const validMs = validForMs(me.view.held.renewedAt, 0, durations);
    const limitMs = rules.writesEnd ? Math.min(times.writeTimeoutMs, validMs) : defaultTimes.writeTimeoutMs;
    steps.push({ name: `${sender} sends a write`, next: { ...world, writes: { ...writes, [sender]: limitMs } } });
  }
  return steps;
}

function process(world: World, id: ProcessName, rules: Rules): Step[] {
  if (!world.up[id]) return world.returns ? [{ name: `${id} starts`, next: started(world, id) }] : [];
  const steps: Step[] = [];
  if (world.crashes > 0) steps.push({ name: `${id} ends`, next: ended(world, id) });
  const me = world.electors[id];
  if (!me) return [...steps, ...follows(world)];
  if (isHolder(me)) steps.push(...holds(world, id, me));
  else if (!world.flights[id]) steps.push(...reads(world, id, { me, rules }));
  if (mayWrite(me, rules)) steps.push(...works(world, id, rules));
  return steps;
}

function started(world: World, id: ProcessName): World {
  const up = { ...world.up, [id]: true };
  const starts = world.starts + 1;
  return id === 'b' ? { ...world, up } : withElector({ ...world, up, starts }, 'a', newElector(`a-${starts}`));
}

/** It forgets all that it knew; what it sent may still arrive. */
function ended(world: World, id: ProcessName): World {
  const sent = world.flights[id];
  const left = sent?.state === 'sent' ? { ...sent, isAwaited: false } : undefined;
  const next = withFlight(withElector(world, id, undefined), id, left);
  return { ...next, up: { ...world.up, [id]: false }, crashes: world.crashes - 1 };
}

function follows(world: World): Step[] {
  const { invited: invitation } = world;
  if (!invitation) return [];
  return [{ name: 'b follows its invitation', next: withElector(world, 'b', { ...newElector('b-0'), invitation }) }];
}

/** Reads the Lease. A container that starts anew knows that its predecessor is gone. */
function seen(world: World, id: ProcessName, { me, rules }: { readonly me: Elector; readonly rules: Rules }): Elector {
  const { record } = world;
  const isPredecessor = id === 'a' && record.holder !== me.view.identity && (record.holder ?? '').startsWith('a-');
  const isSure = me.invitation !== undefined || !rules.standbyWaits;
  const goneForMs = isSure ? 0 : isPredecessor ? tickMs / 10 : undefined;
  const view = afterReading(me.view, record, { now: 0, keptReading: true, goneForMs });
  return { ...me, view, highestEpoch: Math.max(me.highestEpoch, record.transitions), isFresh: true };
}

/** What a standby does after each of its pauses. */
function reads(world: World, id: ProcessName, parts: { readonly me: Elector; readonly rules: Rules }): Step[] {
  const me = seen(world, id, parts);
  const { invitation, view } = me;
  if (invitation && parts.rules.readsInvitation && !isInvitedTo(invitation, world.record))
    return [{ name: 'b is not invited any more', next: withElector(world, id, undefined) }];
  const next = withElector(world, id, me);
  if (decide(view, 0, durations).do !== 'wait') {
    if (world.takes === 0) return [];
    const take = newFlight(me, 'take', me.highestEpoch + 1);
    return [{ name: `${id} asks for the lease`, next: withFlight(next, id, take), writes: 'Lease' }];
  }
  const wanted = id === 'a' ? requestReturn('a', view.identity, notesOf(world)) : undefined;
  if (!wanted) return [{ name: `${id} reads the lease`, next }];
  const asked = { ...written(next, id), wanted: view.identity };
  return [{ name: `${id} wants the lease back`, next: asked, writes: 'Lease' }];
}

function holds(world: World, id: ProcessName, me: Elector): Step[] {
  const sent = world.flights[id];
  if (decide(me.view, 0, durations).do === 'giveUp') {
    const next = withFlight(world, id, sent && { ...sent, isAwaited: false });
    return [{ name: `${id} gives up`, next: withElector(next, id, overOf(me)) }];
  }
  if (sent) return [];
  const renewal = newFlight(me, 'renew', me.view.held?.epoch ?? 0);
  return [{ name: `${id} renews`, next: withFlight(world, id, renewal), writes: 'Lease' }];
}

/** The first step of a holder with an Application. */
function works(world: World, id: ProcessName, { leavesFamily }: Rules): Step[] {
  const own = { shard: 'a', epoch: 0, move: undefined };
  const claim = nextClaimStep(own, 'a', { members: ['a', 'a'], hasRemains: false });
  if (claim.do === 'act' && (leavesFamily || id === 'a')) return [];
  return [{ name: `${id} writes to the family`, next: world, writes: 'ResourceTracker' }];
}

function newFlight(me: Elector, what: Flight['what'], epoch: number): Flight {
  const { identity } = me.view;
  return { what, identity, epoch, sentAt: 0, fits: me.isFresh, state: 'sent', isAwaited: what !== 'release' };
}

/** The Lease was written: no other process has its present state, and requests of others do not fit any more. */
function written(world: World, by: ProcessName): World {
  const { electors, flights } = world;
  const known = (id: ProcessName): Elector | undefined => electors[id] && { ...electors[id], isFresh: id === by };
  const late = (id: ProcessName): Flight | undefined => flights[id] && { ...flights[id], fits: id === by };
  return { ...world, electors: { a: known('a'), b: known('b') }, flights: { a: late('a'), b: late('b') } };
}

function flight(world: World, id: ProcessName, rules: Rules): Step[] {
  const sent = world.flights[id];
  if (!sent) return [];
  const parts = { sent, rules };
  if (sent.state === 'sent') return [{ name: `the ${sent.what} of ${id} arrives`, next: arrived(world, id, parts) }];
  return [{ name: `the ${sent.what} of ${id} is answered`, next: answered(world, id, parts) }];
}

interface OnItsWay {
  readonly sent: Flight;
  readonly rules: Rules;
}

function arrived(world: World, id: ProcessName, { sent, rules }: OnItsWay): World {
  const { record } = world;
  const { identity, what, epoch, isAwaited } = sent;
  const isOwn = record.holder === identity && record.transitions === epoch;
  // a release reads the Lease again after a conflict
  const fits = what === 'release' ? isOwn : sent.fits || !rules.comparesAndSwaps;
  if (!fits || (what === 'take' && world.takes === 0))
    return withFlight(world, id, isAwaited && what === 'renew' ? { ...sent, state: 'refused' } : undefined);
  const renewTime = 'now';
  const changes: Readonly<Record<Flight['what'], LeaseRecord>> = {
    take: { ...first, holder: identity, transitions: epoch, renewTime },
    renew: { ...first, holder: identity, transitions: epoch, renewTime },
    release: { ...record, holder: undefined, durationMs: releasedDurationMs, renewTime },
  };
  const changed = changes[what];
  const takes = world.takes - (what === 'take' ? 1 : 0);
  const next = { ...written(world, id), record: changed, home: id, wanted: undefined, takes };
  return withFlight(next, id, isAwaited ? { ...sent, fits: true, state: changed } : undefined);
}

/** The answer reaches its sender if that still waits for it. */
function answered(world: World, id: ProcessName, { sent, rules }: OnItsWay): World {
  const landed = withFlight(world, id, undefined);
  const me = world.electors[id];
  if (!me || !sent.isAwaited || sent.state === 'sent') return landed;
  if (sent.state === 'refused') return refused(landed, id, { me, rules });
  const { state: record, epoch, sentAt, fits: isFresh } = sent;
  const view = afterReading(me.view, record, { now: 0, keptReading: true, goneForMs: me.view.goneForMs });
  const held = { epoch, renewedAt: rules.countsFromSending ? sentAt : 0, isOver: false };
  return withElector(landed, id, {
    ...me,
    view: { ...view, held },
    highestEpoch: Math.max(me.highestEpoch, epoch),
    isFresh,
  });
}

/** A renewal after a conflict: the holder reads the holder of the Lease and the request for its return. */
function refused(world: World, id: ProcessName, parts: { readonly me: Elector; readonly rules: Rules }): World {
  const me = seen(world, id, parts);
  const isHeld = decide(me.view, 0, durations).do === 'renew';
  const isWanted =
    me.invitation !== undefined && returnRequestedBy(notesOf(world)) !== undefined && parts.rules.givesBack;
  if (!isHeld || !isWanted) return withElector(world, id, isHeld ? me : overOf(me));
  const release = newFlight(me, 'release', me.view.held?.epoch ?? 0);
  return withFlight(withElector(world, id, undefined), id, release);
}

/** It sees the Lease, or starts anew and sees it for the first time, and invites the adopter of the shard. */
function master(world: World, rules: Rules): Step[] {
  const { sight, record, home } = world;
  const steps: Step[] = [];
  if (sight.since < 0 || sight.record !== record)
    steps.push({ name: 'the master sees the lease', next: { ...world, sight: { record, home, since: 0 } } });
  const plan = planFailover([viewOfA(sight), ready], failover);
  const [takeover] = plan.takeovers;
  if (!rules.invites || !takeover || !world.up.b || world.takes === 0) return steps;
  const next = { ...world, invited: takeover.invitation };
  return [...steps, { name: 'the master invites b', next, writes: 'Lease' }];
}

function viewOfA({ record, home, since }: World['sight']): ShardView {
  const { transitions: epoch, ...rest } = record;
  const report = { load: { applications: 1, backlog: 0, busy: 0 } };
  const facts = { ...rest, epoch, unchangedMs: 0 - since, homeShard: home, isDraining: false, report };
  return viewOf({ id: 'a', lease: facts, pods: [], spec: undefined }, failover);
}

const ready: ShardView = { ...viewOfA({ record: first, home: 'b', since: 0 }), id: 'b', phase: 'Ready' };

/** Renewals are numbered in the order in which they appear, so that equal worlds have equal texts. */
function canonical(world: World): World {
  const names = new Map<string | undefined, string>();
  const named = <T extends { readonly renewTime: string | undefined }>(given: T): T => {
    const name = names.get(given.renewTime) ?? `t${names.size}`;
    names.set(given.renewTime, name);
    return name === given.renewTime ? given : { ...given, renewTime: name };
  };
  const elector = (given: Elector | undefined): Elector | undefined => {
    if (!given) return undefined;
    const { view, invitation } = given;
    const { record: known, held, identity } = view;
    const record = known && named(known);
    // times that nothing depends on: of its own record, and of a term that is over
    const observedAt = known?.holder === identity ? 0 : view.observedAt;
    const term = held?.isOver ? { ...held, renewedAt: 0 } : held;
    return {
      ...given,
      view: { ...view, record, observedAt, held: term },
      ...(invitation && { invitation: named(invitation) }),
    };
  };
  const flown = (given: Flight | undefined): Flight | undefined => {
    if (!given) return undefined;
    const { state, sentAt, isAwaited } = given;
    return { ...given, sentAt: isAwaited ? sentAt : 0, state: typeof state === 'string' ? state : named(state) };
  };
  const { electors, flights, invited, sight } = world;
  const record = named(world.record);
  const seenRecord = named(sight.record);
  const isSame = seenRecord.renewTime === record.renewTime;
  return {
    ...world,
    record,
    electors: { a: elector(electors.a), b: elector(electors.b) },
    flights: { a: flown(flights.a), b: flown(flights.b) },
    invited: invited && isInvitedTo(invited, world.record) ? named(invited) : undefined,
    sight: { ...sight, record: isSame ? record : seenRecord },
  };
}

function judged({ writes, name, next: raw, violation }: Step, rules: Rules): ModelStep<World> {
  const next = canonical(raw);
  if (violation !== undefined) return { name, next, violation };
  const writers = [next.electors.a, next.electors.b].filter((one) => one && mayWrite(one, rules));
  if (writers.length > 1) return { name, next, violation: 'two processes may write for one shard' };
  const isStrange = writes !== undefined && writes !== 'Lease';
  return { name, next, violation: isStrange ? 'a failover wrote something else than a Lease' : undefined };
}
/** A live process works for the shard; states after the last take are not checked. */
function isServed({ home, electors, record, takes }: World): boolean {
  const holder = electors[home];
  return takes === 0 || (holder?.view.held?.epoch === record.transitions && mayWrite(holder, protocol));
}

const isHome = (world: World): boolean => world.home === 'a' && isServed(world);

interface Scope {
  readonly what: Partial<World>;
  readonly isGood?: (world: World) => boolean;
  /** Whether nothing lasts long enough for a Lease to run out. */
  readonly timeStands?: boolean;
}

function exploreFailover(rules: Rules, scope: Scope, enough?: number): Exploration {
  const { what, isGood = isServed, timeStands = false } = scope;
  return explore({
    start: canonical({ ...beginning, ...what }),
    steps: (world) =>
      stepsOf(world, rules)
        .slice(timeStands ? 1 : 0)
        .map((step) => judged(step, rules)),
    isGood,
    enough,
  });
}

/** A process of `b` has adopted the shard, and one of `a` has just started. */
const adopted: LeaseRecord = { ...first, holder: 'b-0', transitions: 1 };
const afterAdoption: Partial<World> = {
  record: adopted,
  home: 'b',
  electors: {
    a: newElector('a-1'),
    b: {
      view: { ...newElector('b-0').view, record: adopted, held: { ...term, epoch: 1 } },
      highestEpoch: 1,
      isFresh: true,
      invitation: { shard: 'a', epoch: 0, renewTime: undefined },
    },
  },
  sight: { record: adopted, home: 'b', since: 0 },
  starts: 1,
  crashes: 0,
};

describe('a failover by adoption, explored exhaustively', () => {
  test.each<{ name: string; scope: Scope; atLeast: number }>([
    { name: 'a process that ends for good', scope: { what: { crashes: 1, takes: 1, returns: false } }, atLeast: 5_000 },
    { name: 'a process that ends and comes back', scope: { what: { crashes: 1, takes: 1 } }, atLeast: 20_000 },
    { name: 'processes that are suspended', scope: { what: { crashes: 0, takes: 2 } }, atLeast: 20_000 },
    {
      name: 'the return of a shard, for which no time is needed',
      scope: { what: afterAdoption, timeStands: true, isGood: isHome },
      atLeast: 20,
    },
    {
      name: 'writes on their way, and a standby that acquires the Lease',
      scope: { what: { crashes: 0, takes: 1, writes: {} } },
      atLeast: 5_000,
    },
  ])('writes Leases alone, lets one process write at a time and ends, with $name', ({ scope, atLeast }) => {
    const { states, violations, stuck } = exploreFailover(protocol, scope);
    expect(Object.fromEntries(violations)).toEqual({});
    expect(stuck).toBe(0);
    expect(states).toBeGreaterThan(atLeast);
  });

  const suspended: Scope = { what: { crashes: 0, takes: 2 } };
  test.each<{ name: string; without: Partial<Rules>; breaks: string }>([
    {
      name: 'a gate that closes by itself',
      without: { gateEnds: false },
      breaks: 'two processes may write for one shard',
    },
    {
      name: 'a Lease that counts from when its renewal was sent',
      without: { countsFromSending: false },
      breaks: 'two processes may write for one shard',
    },
    {
      name: 'a standby that waits',
      without: { standbyWaits: false },
      breaks: 'two processes may write for one shard',
    },
    {
      name: 'an invitation for one state of the Lease',
      without: { readsInvitation: false },
      breaks: 'two processes may write for one shard',
    },
    {
      name: 'a Lease that is compared and swapped',
      without: { comparesAndSwaps: false },
      breaks: 'two processes may write for one shard',
    },
    {
      name: 'an adopter that leaves families as they are',
      without: { leavesFamily: false },
      breaks: 'a failover wrote something else than a Lease',
    },
  ])('without $name it breaks', ({ without, breaks }) => {
    const { violations } = exploreFailover({ ...protocol, ...without }, suspended, 1);
    expect([...violations.keys()]).toEqual([breaks]);
  });

  test('without writes that end with the Lease, one takes effect under the next holder', () => {
    const scope: Scope = { what: { crashes: 0, takes: 1, writes: {} } };
    const { violations } = exploreFailover({ ...protocol, writesEnd: false }, scope, 1);
    expect([...violations.keys()]).toEqual(['a write took effect under the next holder']);
  });

  test.each<{ name: string; without: Partial<Rules>; scope: Scope }>([
    {
      name: 'an invitation',
      without: { invites: false },
      scope: { what: { crashes: 1, takes: 1, returns: false } },
    },
    {
      name: 'giving back',
      without: { givesBack: false },
      scope: { what: afterAdoption, timeStands: true, isGood: isHome },
    },
  ])('without $name it does not end', ({ without, scope }) => {
    expect(exploreFailover({ ...protocol, ...without }, scope).stuck).toBeGreaterThan(0);
  });
});
