// Layouts of Go's time package: parts of the reference time Mon Jan 2 15:04:05 MST 2006.

export type Element =
  | 'January'
  | 'Jan'
  | '1'
  | '01'
  | 'Monday'
  | 'Mon'
  | '2'
  | '_2'
  | '02'
  | '__2'
  | '002'
  | '15'
  | '3'
  | '03'
  | '4'
  | '04'
  | '5'
  | '05'
  | '2006'
  | '06'
  | 'PM'
  | 'pm'
  | 'MST'
  | 'Z070000'
  | 'Z07:00:00'
  | 'Z0700'
  | 'Z07:00'
  | 'Z07'
  | '-070000'
  | '-07:00:00'
  | '-0700'
  | '-07:00'
  | '-07';

export interface Chunk {
  /** The literal text in front of the element. */
  readonly prefix: string;
  readonly element: Element | Fraction | undefined;
}

/** A fraction of seconds: a count of digits, trimmed when they were written as nines. */
export interface Fraction {
  readonly separator: string;
  readonly digits: number;
  readonly isTrimmed: boolean;
}

/** Elements by their first character, the longest first. */
const ELEMENTS: Readonly<Record<string, readonly Element[]>> = {
  J: ['January', 'Jan'],
  M: ['Monday', 'Mon', 'MST'],
  '0': ['002', '01', '02', '03', '04', '05', '06'],
  '1': ['15', '1'],
  '2': ['2006', '2'],
  _: ['__2', '_2'],
  '3': ['3'],
  '4': ['4'],
  '5': ['5'],
  P: ['PM'],
  p: ['pm'],
  '-': ['-070000', '-07:00:00', '-0700', '-07:00', '-07'],
  Z: ['Z070000', 'Z07:00:00', 'Z0700', 'Z07:00', 'Z07'],
};

interface Found {
  readonly element: Element | Fraction;
  /** Where the element begins, which is behind the underscore of `_2006`. */
  readonly start: number;
  readonly end: number;
}

export function chunksOf(layout: string): Chunk[] {
  const chunks: Chunk[] = [];
  let from = 0;
  for (let at = 0; at < layout.length; at++) {
    const found = elementAt(layout, at);
    if (found === undefined) continue;
    chunks.push({ prefix: layout.slice(from, found.start), element: found.element });
    from = found.end;
    at = found.end - 1;
  }
  chunks.push({ prefix: layout.slice(from), element: undefined });
  return chunks;
}

function elementAt(layout: string, at: number): Found | undefined {
  const c = layout.charAt(at);
  if (c === '.' || c === ',') return fractionAt(layout, at);
  if (!Object.hasOwn(ELEMENTS, c)) return undefined;
  if (layout.startsWith('_2006', at)) return { element: '2006', start: at + 1, end: at + 5 };
  const element = ELEMENTS[c]?.find((candidate) => layout.startsWith(candidate, at));
  if (element === undefined) return undefined;
  const end = at + element.length;
  const isName = element === 'Jan' || element === 'Mon';
  if (isName && isLower(layout.charAt(end))) return undefined;
  return { element, start: at, end };
}

function isLower(c: string): boolean {
  return c.length === 1 && c >= 'a' && c <= 'z';
}

function fractionAt(layout: string, at: number): Found | undefined {
  const digit = layout.charAt(at + 1);
  if (digit !== '0' && digit !== '9') return undefined;
  let end = at + 1;
  while (layout.charAt(end) === digit) end++;
  const next = layout.charAt(end);
  if (next.length === 1 && next >= '0' && next <= '9') return undefined;
  const element = { separator: layout.charAt(at), digits: end - at - 1, isTrimmed: digit === '9' };
  return { element, start: at, end };
}

export const MONTHS = [
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
] as const;

export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
