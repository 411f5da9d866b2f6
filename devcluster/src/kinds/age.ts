const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** A duration as kubectl shows it: two units while the first is small, one after that. */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * minute) return `${seconds}s`;
  if (seconds < 10 * minute) return two(seconds, [minute, 'm'], [1, 's']);
  if (seconds < 3 * hour) return one(seconds, minute, 'm');
  if (seconds < 8 * hour) return two(seconds, [hour, 'h'], [minute, 'm']);
  if (seconds < 2 * day) return one(seconds, hour, 'h');
  if (seconds < 8 * day) return two(seconds, [day, 'd'], [hour, 'h']);
  if (seconds < 2 * year) return one(seconds, day, 'd');
  if (seconds < 8 * year) return two(seconds, [year, 'y'], [day, 'd']);
  return one(seconds, year, 'y');
}

function one(seconds: number, size: number, unit: string): string {
  return `${Math.floor(seconds / size)}${unit}`;
}

function two(seconds: number, large: readonly [number, string], small: readonly [number, string]): string {
  const rest = Math.floor((seconds % large[0]) / small[0]);
  const first = one(seconds, large[0], large[1]);
  return rest === 0 ? first : `${first}${rest}${small[1]}`;
}

/** The time since an RFC 3339 timestamp; `<unknown>` when there is none. */
export function since(timestamp: unknown, now: number): string {
  if (typeof timestamp !== 'string') return '<unknown>';
  const then = Date.parse(timestamp);
  return Number.isNaN(then) ? '<unknown>' : humanDuration(now - then);
}
