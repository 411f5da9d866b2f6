import { describe, expect, test } from '@jest/globals';
import { explore } from '../../test/support/explore.ts';
import type { Exploration, Step as ModelStep } from '../../test/support/explore.ts';
import { shardView } from '../../test/support/shard-views.ts';
import { byPreference } from './hash.ts';
import { place } from './policy.ts';
import type { Policy } from './policy.ts';

/*
 * Applications that come one after another to three shards of some weights, which report late what they have. Names are
 * chosen by an adversary among one for each order of preference, and so is what is drawn by lot.
 *
 * The steps use the production functions; the switches take single rules away, to show that each of them is needed.
 */

interface Rules {
  /** What was chosen but not reported yet counts. */
  readonly countsOnTheWay: boolean;
  /** A shard that is above its share is passed over. */
  readonly hasBound: boolean;
  readonly takesTurns: boolean;
}

const protocol: Rules = { countsOnTheWay: true, hasBound: true, takesTurns: true };

interface World {
  readonly policy: Policy;
  readonly weights: readonly number[];
  readonly counts: readonly number[];
  readonly reported: readonly number[];
  readonly left: number;
}

type Step = ModelStep<World>;

const ids = ['x', 'y', 'z'];

/** One name for each order in which shards can be preferred. */
function namesFor(weights: readonly number[]): readonly string[] {
  const places = ids.slice(0, weights.length).map((id, i) => ({ id, weight: weights[i] ?? 1 }));
  const found = new Map<string, string>();
  for (let i = 0; found.size < (weights.length === 3 ? 6 : 2); i += 1) {
    const order = byPreference(`ns/app-${i}`, places).map(({ id }) => id);
    if (!found.has(order.join())) found.set(order.join(), `app-${i}`);
  }
  return [...found.values()];
}

const names = new Map<string, readonly string[]>();
function namesOf(weights: readonly number[]): readonly string[] {
  const known = names.get(weights.join()) ?? namesFor(weights);
  names.set(weights.join(), known);
  return known;
}

/** What a lot may decide: each pair of the shards. */
const lots = [0, 1, 2].flatMap((first) => [0, 1].map((second) => [first / 3 + 0.1, second / 2 + 0.1]));

const placed = ({ counts }: World): number => counts.reduce((sum, count) => sum + count, 0);

function stepsOf(world: World, rules: Rules): Step[] {
  const steps: Step[] = world.counts.flatMap((count, i): Step[] => {
    if (world.reported[i] === count) return [];
    return [{ name: `${ids[i] ?? ''} reports`, next: { ...world, reported: withOne(world.reported, i, count) } }];
  });
  if (world.left === 0) return steps;
  const draws = world.policy === 'least-loaded' ? lots : [[0, 0]];
  const given = world.policy === 'consistent-hash' ? namesOf(world.weights) : ['app'];
  return [...steps, ...draws.flatMap((lot) => given.map((name) => comes(world, { lot, name, rules })))];
}

const withOne = (all: readonly number[], i: number, value: number): readonly number[] =>
  all.map((one, j) => (i === j ? value : one));

interface Arrival {
  readonly lot: readonly number[];
  readonly name: string;
  readonly rules: Rules;
}

function comes(world: World, { lot, name, rules }: Arrival): Step {
  const { counts, reported, weights, policy } = world;
  const sees = policy !== 'consistent-hash' || rules.hasBound;
  const views = weights.map((weight, i) =>
    shardView(ids[i] ?? '', { weight, applications: sees ? (reported[i] ?? 0) : 0 }),
  );
  const fresh = rules.countsOnTheWay && sees;
  const onTheWay = new Map(ids.map((id, i) => [id, fresh ? (counts[i] ?? 0) - (reported[i] ?? 0) : 0]));
  const draws = [...lot];
  const shard = place({ metadata: { namespace: 'ns', name } }, views, {
    policy,
    masterToo: false,
    onTheWay,
    turn: rules.takesTurns ? placed(world) : 0,
    random: () => draws.shift() ?? 0,
  });
  const i = ids.indexOf(shard ?? '');
  const next = { ...world, counts: withOne(counts, i, (counts[i] ?? 0) + 1), left: world.left - 1 };
  return { name: `one comes to ${shard ?? ''}`, next, violation: wrongOf(world, next, i) };
}

/** What each policy promises, after each choice. */
function wrongOf(before: World, after: World, chosen: number): string | undefined {
  const { weights, counts, policy } = after;
  const levels = counts.map((count, i) => count / (weights[i] ?? 1));
  const spread = Math.max(...levels) - Math.min(...levels);
  const isUneven = spread > 1 / Math.min(...weights);
  switch (policy) {
    case 'round-robin':
      return isUneven ? 'a turn was left out' : undefined;
    case 'least-loaded': {
      if (counts.length === 2) return isUneven ? 'the fuller of two was chosen' : undefined;
      const levelsBefore = before.counts.map((count, i) => count / (weights[i] ?? 1));
      const others = levelsBefore.filter((_, i) => i !== chosen);
      return others.every((level) => level < (levelsBefore[chosen] ?? 0)) ? 'the fullest was chosen' : undefined;
    }
    case 'consistent-hash': {
      const all = weights.reduce((sum, weight) => sum + weight, 0);
      const most = ((weights[chosen] ?? 1) * placed(after)) / all;
      return (counts[chosen] ?? 0) > 4 + 1.05 * most ? 'a shard is far above its share' : undefined;
    }
    case 'tenant':
      if (counts.filter((count) => count > 0).length > 2) return 'a tenant is on more than two shards';
      return isUnevenTenant(after) ? 'the shards of a tenant are not even' : undefined;
  }
}

/** The two that a tenant keeps to are filled alike. */
function isUnevenTenant({ weights, counts }: World): boolean {
  const places = weights.map((weight, i) => ({ id: ids[i] ?? '', weight, level: (counts[i] ?? 0) / weight }));
  const [one, other] = byPreference('ns', places);
  return Math.abs((one?.level ?? 0) - (other?.level ?? 0)) > 1 / Math.min(one?.weight ?? 1, other?.weight ?? 1);
}

function explorePlacement(rules: Rules, what: Pick<World, 'policy' | 'weights' | 'left'>): Exploration {
  const zeros = what.weights.map(() => 0);
  const start: World = { ...what, counts: zeros, reported: zeros };
  return explore({
    start,
    steps: (world) => stepsOf(world, rules),
    isGood: ({ left }) => left === 0,
  });
}

const fleets = [
  [1, 1],
  [2, 1],
  [1, 1, 1],
  [1, 2, 1],
];

describe('placement, explored exhaustively', () => {
  test.each<{ policy: Policy; left: number }>([
    { policy: 'round-robin', left: 12 },
    { policy: 'least-loaded', left: 6 },
    { policy: 'consistent-hash', left: 7 },
    { policy: 'tenant', left: 10 },
  ])('$policy keeps its promise for any order of shards and any delay of reports', ({ policy, left }) => {
    for (const weights of fleets) {
      const { violations, stuck } = explorePlacement(protocol, { policy, weights, left });
      expect(Object.fromEntries(violations)).toEqual({});
      expect(stuck).toBe(0);
    }
  });

  test.each<{ name: string; without: Partial<Rules>; policy: Policy; breaks: string }>([
    { name: 'turns', without: { takesTurns: false }, policy: 'round-robin', breaks: 'a turn was left out' },
    {
      name: 'counting what is on its way',
      without: { countsOnTheWay: false },
      policy: 'least-loaded',
      breaks: 'the fullest was chosen',
    },
    {
      name: 'counting what is on its way',
      without: { countsOnTheWay: false },
      policy: 'tenant',
      breaks: 'the shards of a tenant are not even',
    },
    {
      name: 'a bound',
      without: { hasBound: false },
      policy: 'consistent-hash',
      breaks: 'a shard is far above its share',
    },
  ])('$policy without $name breaks it', ({ without, policy, breaks }) => {
    const rules = { ...protocol, ...without };
    const { violations } = explorePlacement(rules, { policy, weights: [1, 1, 1], left: 8 });
    expect([...violations.keys()]).toEqual([breaks]);
  });
});
