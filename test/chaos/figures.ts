import type { AuditedWrite } from './audit.ts';
import type { Version } from './history.ts';
import { groupBy } from './timeline.ts';
import { isFleetWrite } from './writers.ts';

/** What happened in a round, in numbers. */
export interface Figures {
  readonly writes: number;
  readonly takeovers: number;
  readonly adoptions: number;
  readonly moves: number;
  /** By what was to be written, how many writes of the fleet were forbidden. */
  readonly refused: ReadonlyMap<string, number>;
  /** The longest time in which an Application's shard had no live holder. */
  readonly unserved: Gap;
  /** The longest time in which an Application had no shard, or one that never was. */
  readonly stray: Gap;
}

export function figuresOf(
  versions: readonly Version[],
  writes: readonly AuditedWrite[],
  leaseSeconds: number,
): Figures {
  let [takeovers, adoptions, moves] = [0, 0, 0];
  const sorted = [...versions].sort((a, b) => a.rv - b.rv);
  for (const states of groupBy(sorted, ({ plural, key }) => `${plural} ${key}`).values()) {
    for (const [i, state] of states.entries()) {
      const before = states[i - 1];
      if (!before || state.isDeleted) continue;
      if (state.plural === 'leases' && state.holder !== undefined && state.transitions > before.transitions) {
        takeovers += 1;
        if (state.homeShard !== undefined && state.homeShard !== state.shard) adoptions += 1;
      }
      if (state.plural === 'applications' && before.shard && state.shard && state.shard !== before.shard) moves += 1;
    }
  }
  return {
    writes: writes.filter((write) => isFleetWrite(write) && write.plural !== 'leases' && write.plural !== 'events')
      .length,
    takeovers,
    adoptions,
    moves,
    refused: refusals(writes),
    ...gapsOf(sorted, leaseSeconds * 1000),
  };
}

function refusals(writes: readonly AuditedWrite[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { pod, code, plural, subresource } of writes) {
    if (pod === undefined || code !== 403) continue;
    const what = subresource === '' ? plural : `${plural}/${subresource}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return counts;
}

export interface Gap {
  readonly application: string;
  readonly seconds: number;
  /** When it began, in milliseconds of the wall clock. */
  readonly from: number;
}

interface Interval {
  readonly from: number;
  readonly to: number;
}

/** The longest time for which an Application existed without a process that works on it. */
function gapsOf(versions: readonly Version[], leaseMs: number): Pick<Figures, 'unserved' | 'stray'> {
  const end = Math.max(0, ...versions.map(({ at }) => at));
  const held = holding(versions, leaseMs);
  const applications = versions.filter(({ plural }) => plural === 'applications');
  let [unserved, stray]: [Gap, Gap] = [noGap, noGap];
  for (const [application, states] of groupBy(applications, ({ key }) => key)) {
    const gone = states.find(({ isDeleted }) => isDeleted)?.at ?? end;
    const life = { from: states[0]?.at ?? end, to: gone };
    const spans = states.map(({ shard = '', at }, i) => ({ shard, from: at, to: states[i + 1]?.at ?? end }));
    const strays = spans.filter(({ shard }) => !held.has(shard));
    const owned = spans.filter(({ shard }) => held.has(shard));
    const served = owned.flatMap((span) => within(held.get(span.shard) ?? [], span));
    unserved = longer(unserved, { application, ...gapIn(inOrder([...served, ...strays]), life) });
    stray = longer(stray, { application, ...gapIn(owned, life) });
  }
  return { unserved, stray };
}

const noGap: Gap = { application: 'none', seconds: 0, from: 0 };
const longer = (a: Gap, b: Gap): Gap => (b.seconds > a.seconds ? b : a);
const inOrder = (intervals: readonly Interval[]): readonly Interval[] => [...intervals].sort((a, b) => a.from - b.from);

/** When each shard's Lease had a holder. */
function holding(versions: readonly Version[], leaseMs: number): ReadonlyMap<string, readonly Interval[]> {
  const covered = new Map<string, Interval[]>();
  for (const { plural, shard, holder, isDeleted, at } of versions) {
    if (plural !== 'leases' || shard === undefined) continue;
    const intervals = covered.get(shard) ?? [];
    covered.set(shard, intervals);
    const last = intervals.at(-1);
    const isHeld = holder !== undefined && !isDeleted;
    if (last && last.to >= at) intervals[intervals.length - 1] = { from: last.from, to: isHeld ? at + leaseMs : at };
    else if (isHeld) intervals.push({ from: at, to: at + leaseMs });
  }
  return covered;
}

function gapIn(intervals: readonly Interval[], { from, to }: Interval): Omit<Gap, 'application'> {
  let [longest, at] = [{ seconds: 0, from }, from];
  for (const interval of [...intervals, { from: to, to }]) {
    const seconds = (interval.from - at) / 1000;
    if (seconds > longest.seconds) longest = { seconds, from: at };
    at = Math.max(at, interval.to);
  }
  return longest;
}

const within = (intervals: readonly Interval[], { from, to }: Interval): readonly Interval[] =>
  intervals.flatMap((one) => {
    const part = { from: Math.max(from, one.from), to: Math.min(to, one.to) };
    return part.from < part.to ? [part] : [];
  });
