import { describe, expect, test } from '@jest/globals';
import { explore } from '../../test/support/explore.ts';
import type { Exploration, Step as ModelStep } from '../../test/support/explore.ts';
import { shardView } from '../../test/support/shard-views.ts';
import { leastLoaded, planDrain, withArrivals } from './drain.ts';
import { fairShares } from './fair-share.ts';
import type { WantedMoves } from './pace.ts';
import { planRebalance } from './rebalance.ts';
import type { RebalanceRules } from './rebalance.ts';
import type { ShardView } from './shards.ts';

/*
 * Three shards, of which one joins, is cordoned or is drained, and up to six Applications, from every distribution that
 * is even before. Moves are planned from what shards have reported, asked for one by one, and end at any later time, one
 * by one; shards report late; the planning master ends between any two writes, and another one begins without its memory.
 *
 * The steps use the production functions; the switches take single rules away, to show that each of them is needed.
 */

interface Rules {
  /** A plan waits until shards have reported what the last one did. */
  readonly settles: boolean;
  /** So does the first plan of a new leader. */
  readonly settlesFirst: boolean;
  /** As few Applications as possible are moved, not all to where a new division would have them. */
  readonly movesFew: boolean;
  /** What is on its way to a shard counts as its own. */
  readonly countsArrivals: boolean;
}

const protocol: Rules = { settles: true, settlesFirst: true, movesFew: true, countsArrivals: true };

type Change = 'join' | 'cordon' | 'drain';

interface Application {
  readonly at: number;
  /** Where it was when the change came. */
  readonly from: number;
  readonly to?: number | undefined;
  readonly moved: number;
}

interface World {
  readonly weights: readonly number[];
  readonly change: Change;
  readonly isChanged: boolean;
  /** Sorted: none is like no other. */
  readonly applications: readonly Application[];
  /** What each shard has reported last. */
  readonly reported: readonly number[];
  readonly left: readonly WantedMoves[];
  readonly isActive: boolean;
  /** Whether the leader has just begun. */
  readonly isNew: boolean;
  readonly crashes: number;
}

type Step = ModelStep<World>;

const mode: RebalanceRules = { mode: 'continuous' };
const ids = ['x', 'y', 'z'];
/** The shard that comes or goes. */
const changing = 2;

const countOf = ({ applications }: World, shard: number): number =>
  applications.filter(({ at }) => at === shard).length;
const countsOf = (world: World): readonly number[] => ids.map((_, i) => countOf(world, i));
const isThere = ({ change, isChanged }: World, shard: number): boolean =>
  shard !== changing || change !== 'join' || isChanged;

function viewsOf(world: World): readonly ShardView[] {
  const { weights, change, isChanged, reported } = world;
  return ids.flatMap((id, i) => {
    if (!isThere(world, i)) return [];
    const isIt = i === changing && isChanged;
    const said = { cordoned: isIt && change === 'cordon', draining: isIt && change === 'drain' };
    return [shardView(id, { weight: weights[i] ?? 1, applications: reported[i] ?? 0, ...said })];
  });
}

const withApplication = (world: World, i: number, changed: Application): World => ({
  ...world,
  applications: world.applications.map((one, j) => (i === j ? changed : one)),
});

function stepsOf(world: World, rules: Rules): Step[] {
  if (!world.isChanged) return [{ name: world.change, next: { ...world, isChanged: true } }];
  return [...reports(world), ...mover(world), ...rebalancer(world, rules), ...drainer(world, rules)];
}

function reports(world: World): Step[] {
  return ids.flatMap((id, i): Step[] => {
    const count = countOf(world, i);
    if (world.reported[i] === count) return [];
    const reported = world.reported.map((before, j) => (i === j ? count : before));
    return [{ name: `${id} reports`, next: { ...world, reported } }];
  });
}

function mover(world: World): Step[] {
  const { applications, change } = world;
  return applications.flatMap((application, i): Step[] => {
    const { to, moved, from } = application;
    if (to === undefined) return [];
    const next = withApplication(world, i, { at: to, from, moved: Math.min(moved + 1, 2) });
    const total = next.applications.reduce((sum, one) => sum + one.moved, 0);
    let violation: string | undefined;
    if (moved > 0) violation = 'an Application moved twice for one change';
    else if (total > boundOf(world)) violation = 'more moved than the change asks for';
    else if (change === 'drain' && from !== changing) violation = 'something moved that was not on the leaver';
    return [{ name: `one moves from ${ids[from] ?? ''} to ${ids[to] ?? ''}`, next, violation }];
  });
}

/** Upper bound of moves: the share of joining shards and the Applications of leaving ones. */
function boundOf({ change, weights, applications }: World): number {
  if (change === 'cordon') return 0;
  if (change === 'drain') return applications.filter(({ from }) => from === changing).length;
  return Math.ceil(sharesOf(weights, applications.length)[changing] ?? 0);
}

function sharesOf(weights: readonly number[], total: number): readonly number[] {
  const sharers = weights.map((weight, i) => ({ id: String(i), weight, capacity: Infinity }));
  return [...fairShares(total, sharers).values()];
}

const isReported = (world: World): boolean => countsOf(world).every((count, i) => world.reported[i] === count);
const isMoving = ({ applications }: World): boolean => applications.some(({ to }) => to !== undefined);

function rebalancer(world: World, rules: Rules): Step[] {
  const { left, crashes } = world;
  const steps: Step[] = [];
  if (crashes > 0) {
    const next = { ...world, left: [], isActive: false, isNew: true, crashes: crashes - 1 };
    steps.push({ name: 'the master ends', next });
  }
  if (left.length > 0) return [...steps, ...asks(world, left)];
  const waits = world.isNew ? rules.settlesFirst : rules.settles;
  if (isMoving(world) || (waits && !isReported(world))) return steps;
  const moves = rules.movesFew ? planOf(world) : divisionOf(world);
  const next = { ...world, left: moves, isActive: moves.length > 0, isNew: false };
  const isDone =
    moves.length === 0 && isReported(world) && (world.change !== 'drain' || countOf(world, changing) === 0);
  const violation = isDone && !isEven(world) ? 'it stays uneven' : undefined;
  return [...steps, { name: 'the master plans', next, violation }];
}

function planOf(world: World): readonly WantedMoves[] {
  const views = viewsOf(world);
  const counts = new Map(views.map(({ id, applications }) => [id, applications]));
  return planRebalance(views, counts, mode, { underWay: 0, isActive: world.isActive }).moves;
}

/** Every third Application to each shard, wherever it is: once. */
function divisionOf(world: World): readonly WantedMoves[] {
  const plan = planOf(world);
  if (plan.length === 0) return [];
  const others = ids.flatMap((from, i) =>
    ids.flatMap((to, j) => (i < changing && j < changing && i !== j ? [{ from, to, count: 1 }] : [])),
  );
  return [...others, ...plan];
}

/** One move of the plan; of an Application that stays wherever that is so, whichever it is. */
function asks(world: World, left: readonly WantedMoves[]): Step[] {
  const [first, ...rest] = left;
  if (!first) return [];
  const [from, to] = [ids.indexOf(first.from), ids.indexOf(first.to)];
  const found = world.applications.flatMap((one, i) => (one.at === from && one.to === undefined ? [{ one, i }] : []));
  const remaining = first.count > 1 ? [{ ...first, count: first.count - 1 }, ...rest] : rest;
  if (found.length === 0) return [{ name: 'nothing is found to move', next: { ...world, left: rest } }];
  const distinct = found.filter(({ one }, k) => found.findIndex((other) => other.one.moved === one.moved) === k);
  return distinct.map(({ one, i }) => ({
    name: `a move from ${first.from} to ${first.to} is asked for`,
    next: { ...withApplication(world, i, { ...one, to }), left: remaining },
  }));
}

function drainer(world: World, { countsArrivals }: Rules): Step[] {
  const views = viewsOf(world);
  const source = views.find(({ draining }) => draining);
  const i = world.applications.findIndex(({ at, to }) => at === changing && to === undefined);
  const one = world.applications[i];
  if (!source || !one) return [];
  const { targets } = planDrain(views, source.id, new Set(), { lastResort: 'master' });
  const onTheWay = new Map(ids.map((id, j) => [id, arrivalsOf(world, j)]));
  const chosen = leastLoaded(countsArrivals ? withArrivals(targets, onTheWay) : targets);
  if (!chosen) return [];
  const to = ids.indexOf(chosen.id);
  return [{ name: `the drainer asks for a move to ${chosen.id}`, next: withApplication(world, i, { ...one, to }) }];
}

/** On its way, or there and not reported yet. */
const arrivalsOf = (world: World, shard: number): number =>
  world.applications.filter(({ to }) => to === shard).length + countOf(world, shard) - (world.reported[shard] ?? 0);

/** Every shard that takes part has its share, give or take one. */
function isEven(world: World): boolean {
  const { weights, change, isChanged } = world;
  if (change === 'cordon' && isChanged) return true;
  const takesPart = weights.map((weight, i) => {
    const isOut = i === changing && (change === 'join' ? !isChanged : isChanged);
    return isOut ? 0 : weight;
  });
  const total = world.applications.length;
  const shares = sharesOf(takesPart, total);
  return countsOf(world).every((count, i) => Math.abs(count - (shares[i] ?? 0)) <= 1);
}

const isAtRest = (world: World): boolean =>
  world.isChanged && !isMoving(world) && world.left.length === 0 && isReported(world) && isEven(world);

function canonical(world: World): World {
  const order = ({ at, from, to = 9, moved }: Application): number => ((at * 4 + from) * 10 + to) * 10 + moved;
  return { ...world, applications: [...world.applications].sort((a, b) => order(a) - order(b)) };
}

/** Every even distribution of up to so many Applications over shards of some weights. */
function beginnings(change: Change, atMost: number): readonly World[] {
  const worlds: World[] = [];
  for (const weights of [
    [1, 1, 1],
    [2, 1, 1],
    [1, 2, 1],
    [1, 1, 2],
  ]) {
    for (let x = 0; x <= atMost; x += 1)
      for (let y = 0; x + y <= atMost; y += 1)
        for (let z = 0; x + y + z <= atMost; z += 1) worlds.push(worldOf(weights, change, [x, y, z]));
  }
  return worlds.filter((world) => (change !== 'join' || countOf(world, changing) === 0) && isEven(world));
}

function worldOf(weights: readonly number[], change: Change, counts: readonly number[]): World {
  const applications = counts.flatMap((count, at) => Array.from({ length: count }, () => ({ at, from: at, moved: 0 })));
  const begun = { isChanged: false, left: [], isActive: false, isNew: false, crashes: 1 };
  return { weights, change, applications, reported: counts, ...begun };
}

function exploreBalance(rules: Rules, change: Change, enough?: number): Exploration {
  const starts = beginnings(change, 6);
  const any = { ...worldOf([1, 1, 1], change, [0, 0, 0]), crashes: -1 };
  const steps = (world: World): readonly Step[] =>
    (world.crashes < 0 ? starts.map((next) => ({ name: 'begin', next })) : stepsOf(world, rules)).map((step) => ({
      ...step,
      next: canonical(step.next),
    }));
  return explore({ start: any, steps, isGood: isAtRest, enough });
}

describe('rebalancing and drains, explored exhaustively', () => {
  test.each<{ change: Change; atLeast: number }>([
    { change: 'join', atLeast: 1_000 },
    { change: 'cordon', atLeast: 300 },
    { change: 'drain', atLeast: 4_000 },
  ])('after a $change nothing moves twice or in vain, and it is even in the end', ({ change, atLeast }) => {
    const { states, violations, stuck } = exploreBalance(protocol, change);
    expect(Object.fromEntries(violations)).toEqual({});
    expect(stuck).toBe(0);
    expect(states).toBeGreaterThan(atLeast);
  });

  test.each<{ name: string; without: Partial<Rules>; change: Change; breaks: string }>([
    {
      name: 'waiting for reports',
      without: { settles: false },
      change: 'join',
      breaks: 'more moved than the change asks for',
    },
    {
      name: 'waiting for reports after the term of the last leader',
      without: { settlesFirst: false },
      change: 'join',
      breaks: 'more moved than the change asks for',
    },
    {
      name: 'moving as few as possible',
      without: { movesFew: false },
      change: 'join',
      breaks: 'an Application moved twice for one change',
    },
    {
      name: 'counting what is on its way',
      without: { countsArrivals: false },
      change: 'drain',
      breaks: 'more moved than the change asks for',
    },
  ])('without $name it breaks', ({ without, change, breaks }) => {
    const { violations } = exploreBalance({ ...protocol, ...without }, change, 1);
    expect([...violations.keys()]).toEqual([breaks]);
  });
});
