import type { BuiltinPackage } from './api.ts';
import { BuiltinError } from './api.ts';
import { fail, fn, int, string } from './define.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { toInt } from './numbers.ts';
import { isPrintable, quote } from './quote.ts';
import type { Instant } from './time-format.ts';
import { civilOf, formatTime, UTC } from './time-format.ts';
import { MONTHS, WEEKDAYS } from './time-layout.ts';
import { parseTime } from './time-parse.ts';

const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00';

const LAYOUTS = {
  ANSIC: 'Mon Jan _2 15:04:05 2006',
  UnixDate: 'Mon Jan _2 15:04:05 MST 2006',
  RubyDate: 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822: '02 Jan 06 15:04 MST',
  RFC822Z: '02 Jan 06 15:04 -0700',
  RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
  RFC3339: '2006-01-02T15:04:05Z07:00',
  RFC3339Nano: RFC3339_NANO,
  RFC3339Date: '2006-01-02',
  Kitchen: '3:04PM',
  Kitchen24: '15:04',
};

export const timePackage: BuiltinPackage = {
  path: 'time',
  constants: {
    Nanosecond: 1,
    Microsecond: 1_000,
    Millisecond: 1_000_000,
    Second: 1_000_000_000,
    Minute: 60_000_000_000,
    Hour: 3_600_000_000_000,
    ...LAYOUTS,
    ...Object.fromEntries(MONTHS.map((name, i) => [name, i + 1])),
    ...Object.fromEntries(WEEKDAYS.map((name, i) => [name, i])),
  },
  functions: {
    Duration: fn([string], 'bool', ([s]) => {
      const parsed = parseDuration(s);
      return parsed instanceof BuiltinError ? parsed : true;
    }),
    FormatDuration: fn([int], 'string', ([d]) => formatDuration(BigInt(d))),
    ParseDuration: fn([string], 'int', ([s]) => {
      const parsed = parseDuration(s);
      return parsed instanceof BuiltinError ? parsed : toInt(parsed);
    }),
    Time: fn([string], 'bool', ([s]) => hasLayout(s, RFC3339_NANO)),
    Format: fn([string, string], 'bool', ([s, layout]) => hasLayout(s, layout)),
    FormatString: fn([string, string], 'string', ([layout, s]) =>
      withTime(RFC3339_NANO, s, (instant) => formatTime(instant, layout)),
    ),
    Parse: fn([string, string], 'string', ([layout, s]) => withTime(layout, s, inUtc)),
    Unix: fn([int, int], 'string', ([seconds, nanoseconds]) => unix(BigInt(seconds), BigInt(nanoseconds))),
    Split: fn([string], 'struct', ([s]) => withTime(RFC3339_NANO, s, partsOf)),
  },
};

function hasLayout(s: string, layout: string): true | BuiltinError {
  return parseTime(layout, s) === undefined ? fail(`invalid time ${quote(s, isPrintable)}`) : true;
}

function withTime<T>(layout: string, s: string, result: (instant: Instant) => T): T | BuiltinError {
  const instant = parseTime(layout, s);
  if (instant !== undefined) return result(instant);
  return fail(`parsing time ${quote(s, isPrintable)} as ${quote(layout, isPrintable)}: cannot parse`);
}

function inUtc(instant: Instant): string {
  return formatTime({ ...instant, zone: UTC }, RFC3339_NANO);
}

function unix(seconds: bigint, nanoseconds: bigint): string {
  const rest = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const carry = (nanoseconds - rest) / 1_000_000_000n;
  return inUtc({ seconds: seconds + carry, nanoseconds: Number(rest), zone: UTC });
}

function partsOf(instant: Instant): ReadonlyMap<string, number> {
  const civil = civilOf(instant);
  return new Map([
    ['year', Number(civil.year)],
    ['month', civil.month],
    ['day', civil.day],
    ['hour', civil.hour],
    ['minute', civil.minute],
    ['second', civil.second],
    ['nanosecond', instant.nanoseconds],
  ]);
}
