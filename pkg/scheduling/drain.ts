import type { ShardView } from './shards.ts';

export interface DrainRules {
  /** Shards with the same answer may take each other's Applications; default: those of one class. */
  readonly groupOf?: ((view: ShardView) => string) | undefined;
  /** The shard that takes Applications which fit no other shard. */
  readonly lastResort: string;
}

export interface DrainPlan {
  /** Shards that may take the Applications, of which a policy chooses for each. */
  readonly targets: readonly ShardView[];
  /** Whether the targets are the last resort. */
  readonly isLastResort: boolean;
}

/**
 * Returns the possible targets for the Applications of a shard that has to become empty: available shards of its group,
 * else the last resort while it lives, else none yet.
 */
export function planDrain(
  views: readonly ShardView[],
  source: string,
  leaving: ReadonlySet<string>,
  { groupOf = ({ className }) => className, lastResort }: DrainRules,
): DrainPlan {
  const others = views.filter(({ id }) => id !== source && !leaving.has(id));
  const own = views.find(({ id }) => id === source);
  const group = own && groupOf(own);
  const targets = others.filter(
    (view) => view.isAvailable && view.id !== lastResort && (group === undefined || groupOf(view) === group),
  );
  if (targets.length > 0) return { targets, isLastResort: false };
  const refuge = others.filter(({ id, phase }) => id === lastResort && (phase === 'Ready' || phase === 'Adopted'));
  return { targets: refuge, isLastResort: refuge.length > 0 };
}

/** The shard with the fewest Applications for its weight that is not full. */
export function leastLoaded(targets: readonly ShardView[]): ShardView | undefined {
  let found: ShardView | undefined;
  const level = ({ applications, weight }: ShardView): number =>
    (applications + 1) / Math.max(weight, Number.MIN_VALUE);
  for (const view of targets) {
    if (view.applications >= view.capacity) continue;
    if (!found || level(view) < level(found)) found = view;
  }
  return found;
}

/** The shards with arriving Applications counted as theirs, for policies that compare counts. */
export function withArrivals(
  targets: readonly ShardView[],
  onTheWay: ReadonlyMap<string, number>,
): readonly ShardView[] {
  return targets.map((view) => {
    const applications = view.applications + (onTheWay.get(view.id) ?? 0);
    return { ...view, applications, isAvailable: view.isAvailable && applications < view.capacity };
  });
}
