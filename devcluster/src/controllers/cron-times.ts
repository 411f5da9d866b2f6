/** When a cron line is due. Lines are valid: the API server refuses others (`kinds/cron-schedule.ts`). */

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const unitsMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: minuteMs, h: hourMs };
/** A line such as `0 0 30 2 *` is never due. */
const horizonMs = 5 * 366 * 24 * hourMs;

/** The parts of a moment that cron lines speak of. */
interface Moment {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
}

/**
 * The first time after the given one at which a schedule is due, in milliseconds since the epoch; undefined when it
 * never is. Days and hours are those of the time zone, UTC when absent.
 */
export function nextTime(schedule: string, after: number, timeZone = 'UTC'): number | undefined {
  const every = /^@every (.+)$/.exec(schedule)?.[1];
  if (every !== undefined) return after + Math.max(1000, durationMs(every));
  const [minutes, hours, days, ofYear, ofWeek] = (macros[schedule] ?? schedule).trim().split(/\s+/);
  const line = {
    minutes: valuesOf(minutes, 0, 59),
    hours: valuesOf(hours, 0, 23),
    days: valuesOf(days, 1, 31),
    months: valuesOf(ofYear, 1, 12, months),
    weekdays: valuesOf(ofWeek, 0, 6, weekdays),
    anyDay: isAny(days),
    anyWeekday: isAny(ofWeek),
  };
  const read = reader(timeZone);
  const isDay = ({ day, month, weekday }: Moment): boolean => {
    const [byDay, byWeekday] = [line.days.has(day), line.weekdays.has(weekday)];
    const either = line.anyDay || line.anyWeekday ? byDay && byWeekday : byDay || byWeekday;
    return line.months.has(month) && either;
  };
  const end = after + horizonMs;
  for (let at = (Math.floor(after / minuteMs) + 1) * minuteMs; at < end;) {
    const moment = read(at);
    if (!isDay(moment) || !line.hours.has(moment.hour)) at += (60 - moment.minute) * minuteMs;
    else if (line.minutes.has(moment.minute)) return at;
    else at += minuteMs;
  }
  return undefined;
}

const isAny = (part = '*'): boolean => part.startsWith('*') || part.startsWith('?');

function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)];
  return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * (unitsMs[unit] ?? 0), 0);
}

function valuesOf(part = '*', from: number, to: number, names: readonly string[] = []): ReadonlySet<number> {
  const numberOf = (text: string): number => {
    const named = names.indexOf(text.toLowerCase());
    return named >= 0 ? named + from : Number(text);
  };
  const values = new Set<number>();
  for (const range of part.split(',')) {
    const [bounds = '*', step] = range.split('/');
    const [low, high] = isAny(bounds) ? [from, to] : bounds.split('-').map(numberOf);
    // `5/15` means from 5 on, `5` only 5
    const last = high ?? (step === undefined ? low : to) ?? to;
    for (let value = low ?? from; value <= last; value += Number(step ?? 1)) values.add(value);
  }
  return values;
}

/** Reads moments in a time zone. */
function reader(timeZone: string): (at: number) => Moment {
  if (timeZone === 'UTC')
    return (at) => {
      const date = new Date(at);
      return {
        minute: date.getUTCMinutes(),
        hour: date.getUTCHours(),
        day: date.getUTCDate(),
        month: date.getUTCMonth() + 1,
        weekday: date.getUTCDay(),
      };
    };
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    minute: 'numeric',
    hour: 'numeric',
    day: 'numeric',
    month: 'numeric',
    weekday: 'short',
  });
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return {
      minute: Number(parts['minute']),
      hour: Number(parts['hour']),
      day: Number(parts['day']),
      month: Number(parts['month']),
      weekday: weekdays.indexOf((parts['weekday'] ?? '').toLowerCase()),
    };
  };
}
