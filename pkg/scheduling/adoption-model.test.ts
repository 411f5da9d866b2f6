import { describe, expect, test } from '@jest/globals';
import { explore } from '../../test/support/explore.ts';
import type { Exploration, Step as ModelStep } from '../../test/support/explore.ts';
import { hasRefused, isAwaited, planFailover } from './failover.ts';
import type { FailoverRules, Takeover } from './failover.ts';
import { viewOf } from './membership.ts';
import type { LeaseFacts, ShardView } from './shards.ts';

/*
 * Three shards and the master, which sees late, or not at all, that processes renew their Leases, and asks others to
 * adopt the shards of those that seem to be dead. How a Lease is taken is the model of `pkg/lease/failover-model.test.ts`;
 * here it is one step, and what matters is the invited process, and when no process is invited.
 *
 * The steps use the production functions; the switches take single rules away, to show that each of them is needed.
 */

interface Rules {
  /** Nothing is done while most processes seem to be dead. */
  readonly holds: boolean;
  /** A Lease that has run out is not an orphan yet, but its process is not one that lives. */
  readonly countsSilent: boolean;
  /** The master is asked last. */
  readonly masterLast: boolean;
}

const protocol: Rules = { holds: true, countsSilent: true, masterLast: true };

const tickMs = 1_000;
const rules: FailoverRules = {
  mode: 'adopt',
  leaseDurationMs: tickMs / 2,
  ownGraceMs: tickMs,
  absentGraceMs: tickMs,
};
const oldest = 2;
const refusedAt = 1;

const slaves = ['a', 'b', 'c'] as const;
type Slave = (typeof slaves)[number];
type ShardName = Slave | 'master';

interface Lease {
  /** The process that holds it, by the shard for which it was started. */
  readonly home: ShardName;
  /** The processes invited since the last seen renewal, and how long ago. */
  readonly offers: readonly (readonly [ShardName, number])[];
}

interface World {
  readonly leases: Readonly<Record<Slave, Lease>>;
  readonly up: Readonly<Record<Slave, boolean>>;
  /** For how many ticks the master has seen no process renew; each renews all of its Leases. */
  readonly ages: Readonly<Record<ShardName, number>>;
  /** Follows no invitation. */
  readonly deaf: Slave | undefined;
  readonly isMasterStranger: boolean;
  readonly crashes: number;
}

type Step = ModelStep<World>;

const own = (home: Slave): Lease => ({ home, offers: [] });
const beginning: World = {
  leases: { a: own('a'), b: own('b'), c: own('c') },
  up: { a: true, b: true, c: true },
  ages: { a: 0, b: 0, c: 0, master: 0 },
  deaf: undefined,
  isMasterStranger: false,
  crashes: 1,
};

const isUp = ({ up }: World, id: ShardName): boolean => id === 'master' || up[id];

function viewsOf({ leases, ages, isMasterStranger }: World): ShardView[] {
  const report = { load: { applications: 1, backlog: 0, busy: 0 } };
  const common = { durationMs: rules.leaseDurationMs, epoch: 0, renewTime: undefined, report };
  const spec = isMasterStranger ? { class: 'x' } : {};
  const found = slaves.map((id): ShardView => {
    const { home } = leases[id];
    const isDraining = home === 'master' && isMasterStranger;
    const lease: LeaseFacts = {
      ...common,
      holder: home,
      unchangedMs: ages[home] * tickMs,
      homeShard: home,
      isDraining,
    };
    return viewOf({ id, lease, pods: [], spec }, rules);
  });
  const lease: LeaseFacts = { ...common, holder: 'master', unchangedMs: 0, homeShard: 'master', isDraining: false };
  return [...found, viewOf({ id: 'master', lease, pods: [], spec: {} }, rules)];
}

function stepsOf(world: World, given: Rules): Step[] {
  return [
    { name: 'time goes by', next: later(world) },
    ...slaves.flatMap((shard) => [...process(world, shard), ...follows(world, shard)]),
    ...master(world, given),
  ];
}

function later(world: World): World {
  const next = (age: number): number => Math.min(age + 1, oldest);
  const aged = ({ home, offers }: Lease): Lease => ({
    home,
    offers: offers.map(([to, age]) => [to, Math.min(age + 1, refusedAt)]),
  });
  const { leases, ages } = world;
  return {
    ...world,
    leases: { a: aged(leases.a), b: aged(leases.b), c: aged(leases.c) },
    ages: { a: next(ages.a), b: next(ages.b), c: next(ages.c), master: 0 },
  };
}

/** The master sees that a process lives; the Leases it held are in another state now, without offers. */
function renewed(world: World, id: ShardName): World {
  const fresh = (lease: Lease): Lease => (lease.home === id ? { ...lease, offers: [] } : lease);
  const { a, b, c } = world.leases;
  return { ...world, leases: { a: fresh(a), b: fresh(b), c: fresh(c) }, ages: { ...world.ages, [id]: 0 } };
}

const taken = (world: World, shard: Slave, by: ShardName): World =>
  renewed({ ...world, leases: { ...world.leases, [shard]: { home: by, offers: [] } } }, by);

function process(world: World, shard: Slave): Step[] {
  const { up, crashes, ages, leases } = world;
  if (!up[shard]) return [];
  const steps: Step[] = [];
  const down = { ...world, up: { ...up, [shard]: false }, crashes: crashes - 1 };
  if (crashes > 0) steps.push({ name: `${shard} ends`, next: down });
  if (ages[shard] > 0) steps.push({ name: `the master sees ${shard} renew`, next: renewed(world, shard) });
  const { home } = leases[shard];
  if (home !== shard && isUp(world, home))
    steps.push({ name: `${home} gives ${shard} back`, next: taken(world, shard, shard) });
  return steps;
}

function follows(world: World, shard: Slave): Step[] {
  return world.leases[shard].offers
    .filter(([to]) => isUp(world, to) && to !== world.deaf)
    .map(([to]) => ({ name: `${to} adopts ${shard}`, next: taken(world, shard, to) }));
}

function master(world: World, given: Rules): Step[] {
  const views = viewsOf(world);
  const plan = planOf(world, views, given);
  return plan.flatMap((takeover): Step[] => {
    const shard = takeover.invitation.shard as Slave;
    const to = takeover.to as ShardName;
    const lease = world.leases[shard];
    if (isAwaited(offersOf(lease), 0, rules)) return [];
    const offers = [...lease.offers.filter(([asked]) => asked !== to), [to, 0] as const].sort();
    const next = { ...world, leases: { ...world.leases, [shard]: { ...lease, offers } } };
    return [{ name: `the master asks ${to} to adopt ${shard}`, next, violation: wrongOf(world, takeover) }];
  });
}

const offersOf = ({ offers }: Lease): ReadonlyMap<string, number> =>
  new Map(offers.map(([to, since]) => [to, 0 - since * tickMs]));

function planOf(world: World, views: readonly ShardView[], given: Rules): readonly Takeover[] {
  const refused = (shard: string, to: string): boolean =>
    hasRefused(offersOf(world.leases[shard as Slave]), to, 0, rules);
  const orphansOnly = (view: ShardView): ShardView =>
    given.countsSilent || view.facts.lease === undefined || isOld(view)
      ? view
      : { ...view, facts: { ...view.facts, lease: { ...view.facts.lease, unchangedMs: 0 } } };
  // shards of a class of their own outnumber the dead and can take over nothing
  const others = given.holds ? [] : Array.from({ length: 9 }, (_, i) => stranger(`other-${i}`));
  const asked = given.masterLast ? views : views.filter(({ id, phase }) => id === 'master' || phase !== 'Ready');
  return planFailover([...asked.map(orphansOnly), ...others], { ...rules, refused }).takeovers;
}

const isOld = ({ facts: { lease } }: ShardView): boolean => (lease?.unchangedMs ?? 0) > tickMs;

const stranger = (id: string): ShardView => ({
  ...viewOf({ id, lease: undefined, pods: [{ name: id, ready: true }], spec: { class: id } }, rules),
  phase: 'Ready',
});

/** Judged by what is true, as far as the master can have seen it. */
function wrongOf(world: World, { to, invitation }: Takeover): string | undefined {
  const { leases, up, ages } = world;
  const isSilent = (id: ShardName): boolean => ages[id] * tickMs > rules.leaseDurationMs;
  const processes = new Set(slaves.map((shard) => leases[shard].home));
  const dead = [...processes].filter(isSilent);
  if (dead.length > 1 && dead.length * 2 > processes.size) return 'something is adopted while most seem to be dead';
  const lease = leases[invitation.shard as Slave];
  if (!isSilent(lease.home)) return 'a shard of a live process is adopted';
  const isThere = (one: Slave): boolean => up[one] && leases[one].home === one && !isSilent(one);
  const hasRefusedIt = (one: Slave): boolean => lease.offers.some(([asked]) => asked === one);
  const isOther = slaves.some((one) => one !== invitation.shard && isThere(one) && !hasRefusedIt(one));
  if (to !== 'master' || !isOther) return undefined;
  return invitation.drain === true
    ? 'Applications are moved although another process could adopt their shard'
    : 'the master works for a shard that another process could adopt';
}

/** Every shard has a process that lives, or it is said why it has none. */
function isServed(world: World): boolean {
  if (slaves.every((shard) => isUp(world, world.leases[shard].home))) return true;
  return planFailover(viewsOf(world), rules).hold !== undefined;
}

function exploreAdoption(given: Rules, what: Partial<World>, enough?: number): Exploration {
  const steps = (world: World): readonly Step[] => stepsOf(world, given);
  return explore({ start: { ...beginning, ...what }, steps, isGood: isServed, enough });
}

describe('invitations to adopt shards, explored exhaustively', () => {
  test.each<{ name: string; what: Partial<World>; atLeast: number }>([
    { name: 'processes that are suspended or not seen', what: { crashes: 0 }, atLeast: 5_000 },
    {
      name: 'a master that may only hand over, and a process that follows no invitation',
      what: { crashes: 0, isMasterStranger: true, deaf: 'b' },
      atLeast: 3_000,
    },
    {
      name: 'one process that ends, and one that follows no invitation',
      what: { crashes: 1, deaf: 'b' },
      atLeast: 10_000,
    },
  ])(
    'go to a process that can adopt, to the master last, and to none while most seem to be dead, with $name',
    ({ what, atLeast }) => {
      const { states, violations, stuck } = exploreAdoption(protocol, what);
      expect(Object.fromEntries(violations)).toEqual({});
      expect(stuck).toBe(0);
      expect(states).toBeGreaterThan(atLeast);
    },
  );

  test.each<{ name: string; without: Partial<Rules>; what?: Partial<World>; breaks: string }>([
    {
      name: 'holding back',
      without: { holds: false },
      breaks: 'something is adopted while most seem to be dead',
    },
    {
      name: 'counting those that have just fallen silent',
      without: { countsSilent: false },
      breaks: 'something is adopted while most seem to be dead',
    },
    {
      name: 'asking the master last',
      without: { masterLast: false },
      breaks: 'the master works for a shard that another process could adopt',
    },
    {
      name: 'asking the master last, where it hands over',
      without: { masterLast: false },
      what: { isMasterStranger: true },
      breaks: 'Applications are moved although another process could adopt their shard',
    },
  ])('without $name it breaks', ({ without, what, breaks }) => {
    const { violations } = exploreAdoption({ ...protocol, ...without }, { crashes: 0, ...what }, 1);
    expect([...violations.keys()]).toEqual([breaks]);
  });
});
