// Reading a time by a layout, as Go's time.Parse with UTC as the local zone.
import { daysSince1970, UTC } from './time-format.ts';
import type { Instant } from './time-format.ts';
import type { Chunk, Element, Fraction } from './time-layout.ts';
import { chunksOf, MONTHS, WEEKDAYS } from './time-layout.ts';

class Mismatch extends Error {}

interface Parsed {
  year: number;
  month: number;
  day: number;
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanoseconds: number;
  half: 'am' | 'pm' | undefined;
  isUtc: boolean;
  offset: number | undefined;
  zoneName: string;
}

/** The instant; undefined when the text does not have the layout, or is out of range. */
export function parseTime(layout: string, value: string): Instant | undefined {
  const parsed: Parsed = {
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    minute: 0,
    second: 0,
    nanoseconds: 0,
    half: undefined,
    isUtc: false,
    offset: undefined,
    zoneName: '',
  };
  try {
    const reader = new Reader(value);
    const chunks = chunksOf(layout);
    chunks.forEach((chunk, i) => {
      reader.skip(chunk.prefix);
      if (chunk.element !== undefined) readElement(reader, parsed, { element: chunk.element, next: chunks[i + 1] });
    });
    if (!reader.isAtEnd) return undefined;
    return instantOf(parsed);
  } catch (error) {
    if (error instanceof Mismatch) return undefined;
    throw error;
  }
}

class Reader {
  #rest: string;

  constructor(value: string) {
    this.#rest = value;
  }

  get isAtEnd(): boolean {
    return this.#rest === '';
  }

  get rest(): string {
    return this.#rest;
  }

  /** Spaces of the layout stand for any number of spaces. */
  skip(prefix: string): void {
    let expected = prefix;
    while (expected !== '') {
      if (expected.startsWith(' ')) {
        if (this.#rest !== '' && !this.#rest.startsWith(' ')) throw new Mismatch();
        expected = expected.slice(leadingSpaces(expected));
        this.#rest = this.#rest.slice(leadingSpaces(this.#rest));
        continue;
      }
      if (this.#rest === '' || !expected.startsWith(this.#rest.charAt(0))) throw new Mismatch();
      expected = expected.slice(1);
      this.#rest = this.#rest.slice(1);
    }
  }

  take(count: number): string {
    if (this.#rest.length < count) throw new Mismatch();
    const taken = this.#rest.slice(0, count);
    this.#rest = this.#rest.slice(count);
    return taken;
  }

  isDigit(at: number): boolean {
    const c = this.#rest.charAt(at);
    return c >= '0' && c <= '9' && c.length === 1;
  }

  digits(count: number): number {
    for (let i = 0; i < count; i++) if (!this.isDigit(i)) throw new Mismatch();
    return Number(this.take(count));
  }

  /** One or two digits; two when fixed. */
  number(isFixed: boolean): number {
    if (!this.isDigit(0)) throw new Mismatch();
    if (this.isDigit(1)) return this.digits(2);
    if (isFixed) throw new Mismatch();
    return this.digits(1);
  }

  /** Up to three digits; three when fixed. */
  threeDigits(isFixed: boolean): number {
    let count = 0;
    while (count < 3 && this.isDigit(count)) count++;
    if (count === 0 || (isFixed && count < 3)) throw new Mismatch();
    return this.digits(count);
  }

  word(words: readonly string[], length?: number): number {
    const lower = this.#rest.toLowerCase();
    const index = words.findIndex((word) => lower.startsWith(word.slice(0, length).toLowerCase()));
    if (index < 0) throw new Mismatch();
    this.take((words[index] ?? '').slice(0, length).length);
    return index;
  }

  spaces(most: number): void {
    for (let i = 0; i < most && this.#rest.startsWith(' '); i++) this.take(1);
  }

  /** A fraction with its separator: nanoseconds of no more than nine digits. */
  fraction(length: number): number {
    const text = this.take(length);
    if (!text.startsWith('.') && !text.startsWith(',')) throw new Mismatch();
    const digits = text.slice(1, 10);
    if (!/^[0-9]*$/.test(digits) || digits === '') throw new Mismatch();
    return Number(digits.padEnd(9, '0'));
  }

  fractionLength(): number {
    if (!/^[.,]$/.test(this.#rest.charAt(0))) return 0;
    let at = 1;
    while (this.isDigit(at)) at++;
    return at > 1 ? at : 0;
  }
}

function leadingSpaces(s: string): number {
  let count = 0;
  while (s.charAt(count) === ' ') count++;
  return count;
}

interface Step {
  readonly element: Element | Fraction;
  readonly next: Chunk | undefined;
}

function readElement(reader: Reader, parsed: Parsed, { element, next }: Step): void {
  if (typeof element === 'object') {
    const length = element.isTrimmed ? reader.fractionLength() : element.digits + 1;
    if (length > 0) parsed.nanoseconds = reader.fraction(length);
    return;
  }
  if (readDate(reader, parsed, element) || readClock(reader, parsed, element)) {
    // a fraction may follow the seconds although the layout has none
    const hasFraction = next?.prefix === '' && typeof next.element === 'object';
    const length = (element === '5' || element === '05') && !hasFraction ? reader.fractionLength() : 0;
    if (length > 0) parsed.nanoseconds = reader.fraction(length);
    return;
  }
  readZone(reader, parsed, element);
}

function within(n: number, low: number, high: number): number {
  if (n < low || n > high) throw new Mismatch();
  return n;
}

function readDate(reader: Reader, parsed: Parsed, element: Element): boolean {
  switch (element) {
    case '2006':
      parsed.year = reader.digits(4);
      return true;
    case '06': {
      const year = reader.digits(2);
      parsed.year = year >= 69 ? 1900 + year : 2000 + year;
      return true;
    }
    case 'January':
      parsed.month = reader.word(MONTHS) + 1;
      return true;
    case 'Jan':
      parsed.month = reader.word(MONTHS, 3) + 1;
      return true;
    case '1':
    case '01':
      parsed.month = within(reader.number(element === '01'), 1, 12);
      return true;
    case 'Monday':
      reader.word(WEEKDAYS);
      return true;
    case 'Mon':
      reader.word(WEEKDAYS, 3);
      return true;
    default:
      return readDay(reader, parsed, element);
  }
}

function readDay(reader: Reader, parsed: Parsed, element: Element): boolean {
  switch (element) {
    case '2':
    case '_2':
    case '02':
      if (element === '_2') reader.spaces(1);
      parsed.day = reader.number(element === '02');
      return true;
    case '__2':
    case '002':
      if (element === '__2') reader.spaces(2);
      parsed.yearDay = reader.threeDigits(element === '002');
      return true;
    default:
      return false;
  }
}

function readClock(reader: Reader, parsed: Parsed, element: Element): boolean {
  switch (element) {
    case '15':
      parsed.hour = within(reader.number(false), 0, 23);
      return true;
    case '3':
    case '03':
      parsed.hour = within(reader.number(element === '03'), 0, 12);
      return true;
    case '4':
    case '04':
      parsed.minute = within(reader.number(element === '04'), 0, 59);
      return true;
    case '5':
    case '05':
      parsed.second = within(reader.number(element === '05'), 0, 59);
      return true;
    case 'PM':
    case 'pm': {
      const text = reader.take(2);
      if ((element === 'PM' ? text.toLowerCase().toUpperCase() : text.toUpperCase().toLowerCase()) !== text)
        throw new Mismatch();
      const half = text.toLowerCase();
      if (half !== 'am' && half !== 'pm') throw new Mismatch();
      parsed.half = half;
      return true;
    }
    default:
      return false;
  }
}

function readZone(reader: Reader, parsed: Parsed, element: Element): void {
  if (element === 'MST') {
    if (reader.rest.startsWith('UTC')) {
      reader.take(3);
      parsed.isUtc = true;
    } else parsed.zoneName = reader.take(zoneNameLength(reader.rest));
    return;
  }
  const mayBeZ = element === 'Z0700' || element === 'Z07' || element === 'Z07:00';
  if (mayBeZ && reader.rest.startsWith('Z')) {
    reader.take(1);
    parsed.isUtc = true;
  } else parsed.offset = readOffset(reader, element.slice(1));
}

/** Seconds east of UTC. */
function readOffset(reader: Reader, form: string): number {
  const sign = reader.take(1);
  if (sign !== '+' && sign !== '-') throw new Mismatch();
  const parts = form.includes(':') ? form.split(':').length : form.length / 2;
  const sizes: number[] = [];
  for (let i = 0; i < parts; i++) {
    if (i > 0 && form.includes(':')) reader.skip(':');
    sizes.push(within(reader.digits(2), 0, i === 0 ? 24 : 60));
  }
  const [hours = 0, minutes = 0, seconds = 0] = sizes;
  return (sign === '-' ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds);
}

/** A zone is three or four capital letters, five that end in T, GMT with hours, or an offset in hours. */
function zoneNameLength(s: string): number {
  if (s.length < 3) throw new Mismatch();
  if (s.startsWith('ChST') || s.startsWith('MeST')) return 4;
  if (s.startsWith('GMT')) return 3 + signedHours(s.slice(3));
  if (s.startsWith('+') || s.startsWith('-')) {
    const length = signedHours(s);
    if (length === 0) throw new Mismatch();
    return length;
  }
  const capitals = /^[A-Z]{0,6}/.exec(s)?.[0] ?? '';
  const isName = /^([A-Z]{3}|[A-Z]{3,4}T|WITA)$/.test(capitals);
  if (!isName) throw new Mismatch();
  return capitals.length;
}

function signedHours(s: string): number {
  const digits = /^[-+]([0-9]+)/.exec(s)?.[1];
  return digits === undefined || Number(digits) > 23 ? 0 : digits.length + 1;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function instantOf(parsed: Parsed): Instant {
  const [month, day] = dateFrom(parsed);
  let hour = parsed.hour;
  if (parsed.half === 'pm' && hour < 12) hour += 12;
  else if (parsed.half === 'am' && hour === 12) hour = 0;
  within(day, 1, daysIn(parsed.year, month));
  const days = daysSince1970(BigInt(parsed.year), month, day);
  const seconds = days * 86_400n + BigInt((hour * 60 + parsed.minute) * 60 + parsed.second);
  const instant = { seconds, nanoseconds: parsed.nanoseconds };
  if (parsed.isUtc) return { ...instant, zone: UTC };
  if (parsed.offset !== undefined) {
    const zone = parsed.offset === 0 ? UTC : { name: parsed.zoneName, offset: parsed.offset };
    return { ...instant, seconds: seconds - BigInt(parsed.offset), zone };
  }
  return { ...instant, zone: UTC };
}

/** Month and day, from the day of the year where that is given; both must agree. */
function dateFrom({ year, month, day, yearDay }: Parsed): [month: number, day: number] {
  if (yearDay < 0) return [month < 0 ? 1 : month, day < 0 ? 1 : day];
  within(yearDay, 1, isLeap(year) ? 366 : 365);
  let rest = yearDay;
  let m = 1;
  while (rest > daysIn(year, m)) rest -= daysIn(year, m++);
  if ((month >= 0 && month !== m) || (day >= 0 && day !== rest)) throw new Mismatch();
  return [m, rest];
}
