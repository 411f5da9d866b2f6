import { advise } from './advise.ts';
import { masterShard } from './pick.ts';
import type { ShardView } from './shards.ts';

export interface AutoscaleRules {
  /** Number of shards beside the master, at least and at most. */
  readonly min: number;
  readonly max: number;
  /** For how long more shards must have been needed without a break. */
  readonly addAfterMs: number;
  /** For how long fewer must have been enough. */
  readonly removeAfterMs: number;
}

/** The advice of the last run, and since when it has been the same; lost without harm. */
export interface AutoscaleMemory {
  readonly advice: 'add' | 'remove' | undefined;
  readonly sinceMs: number;
}

export interface AutoscaleStep {
  readonly memory: AutoscaleMemory;
  /** How many shards there should be now; undefined while nothing is to be changed. */
  readonly to: number | undefined;
  readonly because: string;
}

/**
 * Returns the number of shards that the reports of the present ones call for: more soon after they are needed, by as many as are needed; one
 * fewer after a long time in which it would have been enough. Nothing changes while a shard begins, ends, is drained or
 * in doubt, so that every change is seen to work before the next. `wanted` are the shards that people or an earlier step
 * asked for.
 */
export function autoscale(
  views: readonly ShardView[],
  wanted: ReadonlySet<string>,
  { memory, nowMs }: { readonly memory: AutoscaleMemory; readonly nowMs: number },
  rules: AutoscaleRules,
): AutoscaleStep {
  const { size } = wanted;
  const idle: AutoscaleMemory = { advice: undefined, sinceMs: nowMs };
  if (size < rules.min) return { memory: idle, to: rules.min, because: `${rules.min} is the least` };
  if (size > rules.max) return { memory: idle, to: rules.max, because: `${rules.max} is the most` };
  const unsettled = unsettledOf(views, wanted);
  if (unsettled !== undefined) return { memory: idle, to: undefined, because: unsettled };
  const { advice, shards = 1, because } = advise(views);
  if (advice !== 'add' && advice !== 'remove') return { memory: idle, to: undefined, because };
  const next: AutoscaleMemory = { advice, sinceMs: memory.advice === advice ? memory.sinceMs : nowMs };
  const afterMs = advice === 'add' ? rules.addAfterMs : rules.removeAfterMs;
  const to = advice === 'add' ? Math.min(rules.max, size + shards) : Math.max(rules.min, size - shards);
  if (to === size || nowMs - next.sinceMs < afterMs) return { memory: next, to: undefined, because };
  return { memory: idle, to, because };
}

/** A change under way in the fleet, which has to end first. */
function unsettledOf(views: readonly ShardView[], wanted: ReadonlySet<string>): string | undefined {
  const there = views.filter(({ id, phase }) => id !== masterShard && phase !== 'Gone');
  const missing = [...wanted].find((id) => !there.some((view) => view.id === id && view.phase !== 'Joining'));
  if (missing !== undefined) return `${missing} does not work yet`;
  const leaving = there.find(({ draining }) => draining);
  return leaving && `${leaving.id} is being drained`;
}
