import type { ShardView } from './shards.ts';

export interface Advice {
  readonly advice: 'add' | 'remove' | 'keep' | 'rebalance' | 'repair';
  readonly because: string;
  /** How many shards more, or fewer. */
  readonly shards?: number;
}

export interface AdviceRules {
  /** Busier than that on average, shards are missing; default 0.7. */
  readonly highBusy?: number | undefined;
  /** Less busy than that even with one shard fewer, one may go; default 0.4. */
  readonly lowBusy?: number | undefined;
}

/**
 * Advises in one word and one sentence whether the fleet needs more shards, by their reports, and how many: so many that
 * workers would be busy for a time between the two limits.
 */
export function advise(views: readonly ShardView[], { highBusy = 0.7, lowBusy = 0.4 }: AdviceRules = {}): Advice {
  const sick = views.filter(({ phase }) => phase !== 'Ready' && phase !== 'Gone' && phase !== 'Joining');
  if (sick.length > 0)
    return { advice: 'repair', because: sick.map(({ id, phase }) => `${id} is ${phase}`).join(', ') };
  const working = views.filter(({ phase, id }) => phase === 'Ready' && id !== 'master');
  if (working.length === 0) return { advice: 'add', shards: 1, because: 'there is no shard beside the master' };
  const full = working.filter(({ applications, capacity }) => applications >= capacity);
  if (full.length === working.length) return { advice: 'add', shards: 1, because: 'every shard is full' };
  const busy = working.map(({ load }) => load.busy);
  const mean = busy.reduce((sum, one) => sum + one, 0) / working.length;
  const percent = (part: number): string => `${Math.round(part * 100)}%`;
  if (mean > highBusy) {
    const enough = Math.ceil((mean * working.length) / ((highBusy + lowBusy) / 2));
    const shards = Math.max(1, enough - working.length);
    return { advice: 'add', shards, because: `workers are busy for ${percent(mean)} of their time` };
  }
  const behind = working.filter(({ load }) => load.backlog > Math.max(10, load.applications / 2));
  if (behind.length * 2 > working.length)
    return { advice: 'add', shards: 1, because: `${behind.length} of ${working.length} shards lag behind` };
  if (Math.max(...busy) > highBusy)
    return {
      advice: 'rebalance',
      because: `the busiest shard is at ${percent(Math.max(...busy))}, the mean at ${percent(mean)}`,
    };
  const fewer = (mean * working.length) / Math.max(1, working.length - 1);
  const fits = working.every(({ capacity }) => capacity === Infinity);
  if (working.length > 1 && fewer < lowBusy && fits)
    return {
      advice: 'remove',
      shards: 1,
      because: `with one shard fewer workers would be busy for ${percent(fewer)} of their time; keep it for failures if you can`,
    };
  return { advice: 'keep', because: `workers are busy for ${percent(mean)} of their time` };
}
