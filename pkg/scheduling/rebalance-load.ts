import type { WantedMoves } from './pace.ts';
import type { ShardView } from './shards.ts';

export interface LoadRules {
  /** How much busier than the mean a shard must be, of its workers' time; default 0.15. */
  readonly margin?: number | undefined;
  /** Below that no shard is too busy; default 0.5. */
  readonly floor?: number | undefined;
  /** The part of a group's Applications that one plan may move; default 0.05. */
  readonly maxPart?: number | undefined;
}

interface Burden {
  readonly view: ShardView;
  count: number;
  busy: number;
  /** The load of one of its Applications. */
  readonly unit: number;
}

/** Whether measured load says more than the number of Applications. */
export const isLoaded = (views: readonly ShardView[], { floor = 0.5 }: LoadRules = {}): boolean =>
  views.some(({ load }) => load.busy >= floor);

/**
 * Says how many Applications shards that are much busier than the others should give to the idlest. A small part of
 * them only, because load is known for shards and not for Applications: its effect is measured before the next plan.
 */
export function planByLoad(
  group: readonly ShardView[],
  counts: ReadonlyMap<string, number>,
  rules: LoadRules = {},
): readonly WantedMoves[] {
  const { margin = 0.15, floor = 0.5, maxPart = 0.05 } = rules;
  const burdens = group.map((view): Burden => {
    const count = counts.get(view.id) ?? 0;
    return { view, count, busy: view.load.busy, unit: count > 0 ? view.load.busy / count : 0 };
  });
  const mean = burdens.reduce((sum, { busy }) => sum + busy, 0) / Math.max(1, burdens.length);
  const total = burdens.reduce((sum, { count }) => sum + count, 0);
  const wanted = new Map<string, WantedMoves>();
  for (let left = Math.max(1, Math.floor(total * maxPart)); left > 0; left -= 1) {
    const giver = extreme(burdens, (a, b) => a.busy > b.busy);
    const takers = burdens.filter((one) => one !== giver && one.count < one.view.capacity);
    const taker = extreme(takers, (a, b) => a.busy < b.busy);
    if (!giver || !taker) break;
    const isWorth = giver.busy - mean > margin && giver.busy >= floor && giver.count > 1;
    if (!isWorth || taker.busy + giver.unit >= giver.busy) break;
    giver.count -= 1;
    giver.busy -= giver.unit;
    taker.count += 1;
    taker.busy += giver.unit;
    const key = `${giver.view.id} ${taker.view.id}`;
    const count = (wanted.get(key)?.count ?? 0) + 1;
    wanted.set(key, { from: giver.view.id, to: taker.view.id, count });
  }
  return [...wanted.values()];
}

function extreme(all: readonly Burden[], isBeyond: (a: Burden, b: Burden) => boolean): Burden | undefined {
  let found: Burden | undefined;
  for (const one of all) if (!found || isBeyond(one, found)) found = one;
  return found;
}
