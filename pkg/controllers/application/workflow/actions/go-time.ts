/** Dates in the layouts of Go, in which the reference time Mon Jan 2 15:04:05 MST 2006 shows the format. UTC alone is written. */

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

type Field = 'year' | 'month' | 'day' | 'hour' | 'hour12' | 'minute' | 'second' | 'fraction' | 'half' | 'offset';

interface Part {
  readonly pattern: string;
  readonly write: (date: Date) => string;
  /** What a match is: a field of a date, or its offset. */
  readonly field?: Field;
  readonly read?: (text: string) => number;
}

const number = (field: Field, write: (date: Date) => string, pattern = '(\\d{2})'): Part => ({
  pattern,
  write,
  field,
  read: Number,
});
const offset = (text: string): number => {
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d{2}):?(\d{2})$/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
};
const monthOf = (text: string): number => months.findIndex((name) => name.startsWith(text.slice(0, 3))) + 1;
const hour12 = (date: Date): number => date.getUTCHours() % 12 || 12;

/** Longest first: the first that fits counts. */
const parts: readonly (readonly [string, Part])[] = [
  ['January', { pattern: '([A-Z][a-z]+)', write: (d) => months[d.getUTCMonth()] ?? '', field: 'month', read: monthOf }],
  ['Monday', { pattern: '[A-Z][a-z]+', write: (d) => days[d.getUTCDay()] ?? '' }],
  ['Z07:00', { pattern: '(Z|[+-]\\d{2}:\\d{2})', write: () => 'Z', field: 'offset', read: offset }],
  ['-07:00', { pattern: '([+-]\\d{2}:\\d{2})', write: () => '+00:00', field: 'offset', read: offset }],
  ['-0700', { pattern: '([+-]\\d{4})', write: () => '+0000', field: 'offset', read: offset }],
  ['2006', number('year', (d) => pad(d.getUTCFullYear(), 4), '(\\d{4})')],
  ['MST', { pattern: '(?:UTC|GMT)', write: () => 'UTC' }],
  [
    'Jan',
    {
      pattern: '([A-Z][a-z]{2})',
      write: (d) => (months[d.getUTCMonth()] ?? '').slice(0, 3),
      field: 'month',
      read: monthOf,
    },
  ],
  ['Mon', { pattern: '[A-Z][a-z]{2}', write: (d) => (days[d.getUTCDay()] ?? '').slice(0, 3) }],
  ['15', number('hour', (d) => pad(d.getUTCHours()))],
  ['01', number('month', (d) => pad(d.getUTCMonth() + 1))],
  ['02', number('day', (d) => pad(d.getUTCDate()))],
  ['03', number('hour12', (d) => pad(hour12(d)))],
  ['04', number('minute', (d) => pad(d.getUTCMinutes()))],
  ['05', number('second', (d) => pad(d.getUTCSeconds()))],
  [
    '06',
    {
      ...number('year', (d) => pad(d.getUTCFullYear() % 100)),
      read: (text) => Number(text) + (Number(text) < 69 ? 2000 : 1900),
    },
  ],
  [
    'PM',
    {
      pattern: '(AM|PM)',
      write: (d) => (d.getUTCHours() < 12 ? 'AM' : 'PM'),
      field: 'half',
      read: (t) => (t === 'PM' ? 12 : 0),
    },
  ],
  ['_2', number('day', (d) => String(d.getUTCDate()).padStart(2), ' ?(\\d{1,2})')],
  ['2', number('day', (d) => String(d.getUTCDate()), '(\\d{1,2})')],
  ['1', number('month', (d) => String(d.getUTCMonth() + 1), '(\\d{1,2})')],
  ['3', number('hour12', (d) => String(hour12(d)), '(\\d{1,2})')],
];

function* piecesOf(layout: string): Generator<Part> {
  let at = 0;
  while (at < layout.length) {
    const fraction = /^[.,](0+|9+)/.exec(layout.slice(at))?.[0];
    const found = parts.find(([text]) => layout.startsWith(text, at));
    if (fraction !== undefined) {
      const digits = fraction.length - 1;
      const write = (d: Date): string => `.${pad(d.getUTCMilliseconds(), 3).padEnd(digits, '0').slice(0, digits)}`;
      yield { pattern: '[.,](\\d+)', write, field: 'fraction', read: (text) => Math.floor(Number(`0.${text}`) * 1000) };
      at += fraction.length;
    } else if (found) {
      yield found[1];
      at += found[0].length;
    } else {
      const text = layout[at] ?? '';
      yield { pattern: text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), write: () => text };
      at += 1;
    }
  }
}

export function formatGoTime(layout: string, ms: number): string {
  const date = new Date(ms);
  return [...piecesOf(layout)].map((part) => part.write(date)).join('');
}

/** Milliseconds since 1970; undefined when the text does not have the layout. */
export function parseGoTime(layout: string, text: string): number | undefined {
  const pieces = [...piecesOf(layout)];
  const match = new RegExp(`^${pieces.map(({ pattern }) => pattern).join('')}$`).exec(text);
  if (!match) return undefined;
  const read = pieces.filter(({ field }) => field !== undefined);
  const fields: Readonly<Record<string, number | undefined>> = Object.fromEntries(
    read.map(({ field, read: value }, i): [string, number] => [field ?? '', value?.(match[i + 1] ?? '') ?? 0]),
  );
  const {
    year = 0,
    month = 1,
    day = 1,
    hour12: half,
    minute = 0,
    second = 0,
    fraction = 0,
    offset: minutes = 0,
  } = fields;
  const hour = half === undefined ? (fields['hour'] ?? 0) : (half % 12) + (fields['half'] ?? 0);
  const ms = Date.UTC(year, month - 1, day, hour, minute - minutes, second, fraction);
  const isReal = month >= 1 && month <= 12 && day >= 1 && hour < 24 && minute < 60 && second < 60;
  return isReal && !Number.isNaN(ms) && new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day ? ms : undefined;
}
