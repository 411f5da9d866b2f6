import { fairShares } from './fair-share.ts';
import type { WantedMoves } from './pace.ts';
import { isLoaded, planByLoad } from './rebalance-load.ts';
import type { ShardView } from './shards.ts';

export const rebalanceModes = ['off', 'on-join', 'continuous'] as const;
export type RebalanceMode = (typeof rebalanceModes)[number];

export interface RebalanceRules {
  /** Off plans nothing; `now` is requested by a user and starts at the tolerance. */
  readonly mode: RebalanceMode | 'now';
  /** The part of its share by which a shard may be off without anything being moved; default 0.05. */
  readonly tolerance?: number | undefined;
  /** The part of its share by which a shard must be off before anything begins; default 0.1, more than the tolerance. */
  readonly startAt?: number | undefined;
  /** Moves under way above which nothing more is planned; default 20. */
  readonly maxUnderWay?: number | undefined;
  /** Shards with the same answer may take each other's Applications; default: those of one class. */
  readonly groupOf?: ((view: ShardView) => string) | undefined;
  /** Shards that neither give nor take, such as the master. */
  readonly leaveOut?: ReadonlySet<string> | undefined;
}

/** The state of the fleet at the time of the plan. */
export interface RebalanceMoment {
  /** All moves under way, for any reason. */
  readonly underWay: number;
  /** Whether an earlier plan is being carried out: then it goes on down to the tolerance. */
  readonly isActive: boolean;
}

/** How one shard stands. */
interface Standing {
  readonly shard: string;
  readonly applications: number;
  /** Its share. */
  readonly share: number;
  /** Its count after the moves of the plan. */
  readonly after: number;
}

export interface RebalancePlan {
  readonly moves: readonly WantedMoves[];
  readonly standings: readonly Standing[];
  /** Why nothing is planned although it may be uneven. */
  readonly held: string | undefined;
}

interface Level {
  readonly view: ShardView;
  readonly share: number;
  readonly before: number;
  /** Not to be exceeded at the end, and not to be fallen short of. */
  readonly upper: number;
  readonly lower: number;
  count: number;
}

const unsettled: ReadonlySet<string> = new Set(['Suspect', 'Evacuating']);

/**
 * Says how many Applications should move from which shard to which so that each has its share: by weight, inside its
 * capacity, among shards that may take each other's. As few as bring every shard within the tolerance; none while a
 * shard is in doubt or many moves are under way.
 */
export function planRebalance(
  views: readonly ShardView[],
  counts: ReadonlyMap<string, number>,
  rules: RebalanceRules,
  moment: RebalanceMoment,
): RebalancePlan {
  const groups = levelGroups(views, counts, rules);
  const held = holdOf(views, rules, moment);
  const moves = held === undefined ? groups.flatMap((group) => movesOf(group, rules, moment)) : [];
  const standings = groups.flat().map(({ view, before, share, count }) => ({
    shard: view.id,
    applications: before,
    share: Math.round(share * 10) / 10,
    after: count,
  }));
  return { moves, standings: standings.sort((a, b) => a.shard.localeCompare(b.shard)), held };
}

function holdOf(
  views: readonly ShardView[],
  { mode, maxUnderWay = 20 }: RebalanceRules,
  { underWay }: RebalanceMoment,
): string | undefined {
  if (mode === 'off') return 'rebalancing is off';
  const doubtful = views.filter((view) => unsettled.has(view.phase) && !hasNothing(view));
  if (doubtful.length > 0) return doubtful.map(({ id, phase }) => `${id} is ${phase}`).join(', ');
  if (underWay >= maxUnderWay) return `${underWay} moves are under way`;
  return undefined;
}

/** A shard that was given up in good order: empty, without pods and without holder. */
const hasNothing = ({ applications, facts }: ShardView): boolean =>
  applications === 0 && facts.pods.length === 0 && facts.lease?.holder === undefined;

/** Shards that take part: whole ones that neither drain nor are cordoned. A full one gives and does not take. */
const takesPart = ({ phase, cordoned, draining, weight }: ShardView): boolean =>
  phase === 'Ready' && !cordoned && !draining && weight > 0;

function levelGroups(
  views: readonly ShardView[],
  counts: ReadonlyMap<string, number>,
  { groupOf = ({ className }) => className, leaveOut, tolerance = 0.05 }: RebalanceRules,
): Level[][] {
  const groups = new Map<string, ShardView[]>();
  for (const view of views.filter((one) => takesPart(one) && !leaveOut?.has(one.id)))
    groups.set(groupOf(view), [...(groups.get(groupOf(view)) ?? []), view]);
  return [...groups.values()].map((members) => {
    const total = members.reduce((sum, { id }) => sum + (counts.get(id) ?? 0), 0);
    const shares = fairShares(total, members);
    return members.map((view) => {
      const before = counts.get(view.id) ?? 0;
      const share = shares.get(view.id) ?? 0;
      // whole Applications: a rounded share is always within the tolerance
      const upper = Math.max(Math.ceil(share), Math.floor(share * (1 + tolerance)));
      const lower = Math.min(Math.floor(share), Math.ceil(share * (1 - tolerance)));
      return { view, share, before, count: before, upper, lower };
    });
  });
}

/** By measured load where that is asked for and there is some, else by the number of Applications. */
function movesOf(group: readonly Level[], rules: RebalanceRules, moment: RebalanceMoment): readonly WantedMoves[] {
  const views = group.map(({ view }) => view);
  if (rules.mode !== 'continuous' || !isLoaded(views)) return balance(group, rules, moment);
  const moves = planByLoad(views, new Map(group.map(({ view, before }) => [view.id, before])));
  for (const { from, to, count } of moves) {
    for (const level of group) level.count += level.view.id === to ? count : level.view.id === from ? -count : 0;
  }
  return moves;
}

function balance(
  group: readonly Level[],
  rules: RebalanceRules,
  { isActive }: RebalanceMoment,
): readonly WantedMoves[] {
  if (!isActive && !isStart(group, rules)) return [];
  const wanted = new Map<string, WantedMoves>();
  for (;;) {
    const ends = nextMove(group);
    if (!ends) return [...wanted.values()];
    const [giver, taker] = ends;
    giver.count -= 1;
    taker.count += 1;
    const key = `${giver.view.id} ${taker.view.id}`;
    const count = (wanted.get(key)?.count ?? 0) + 1;
    wanted.set(key, { from: giver.view.id, to: taker.view.id, count });
  }
}

/** Whether it is uneven enough to begin. */
function isStart(group: readonly Level[], { mode, tolerance = 0.05, startAt = 0.1 }: RebalanceRules): boolean {
  if (mode === 'now') return true;
  if (mode === 'on-join') return group.some(({ before, share }) => share >= 2 && before < share / 2);
  const margin = Math.max(startAt, tolerance);
  return group.some(({ before, share }) => Math.abs(before - share) > Math.max(1, share * margin));
}

/** From the fullest to the emptiest, while one of them is outside the tolerance. */
function nextMove(group: readonly Level[]): readonly [Level, Level] | undefined {
  const giver = best(group, (level) => level.count - level.share);
  const taker = best(
    group.filter(({ view, count }) => count < view.capacity),
    (level) => level.share - level.count,
  );
  if (!giver || !taker || giver === taker || giver.count <= giver.share || taker.count >= taker.share) return undefined;
  return giver.count > giver.upper || taker.count < taker.lower ? [giver, taker] : undefined;
}

function best(levels: readonly Level[], excess: (level: Level) => number): Level | undefined {
  let found: Level | undefined;
  for (const level of levels) if (!found || excess(level) > excess(found)) found = level;
  return found;
}
