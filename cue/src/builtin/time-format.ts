// An instant with its zone, and its text by a layout.
import type { Element, Fraction } from './time-layout.ts';
import { chunksOf, MONTHS, WEEKDAYS } from './time-layout.ts';

/** Seconds since 1970 and nanoseconds, in a zone of a fixed offset. A zone without name shows its offset. */
export interface Instant {
  readonly seconds: bigint;
  readonly nanoseconds: number;
  readonly zone: { readonly name: string; readonly offset: number };
}

export const UTC = { name: 'UTC', offset: 0 } as const;

export interface Civil {
  readonly year: bigint;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
  readonly yearDay: number;
}

const DAY = 86_400n;

function floorDivide(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b < 0n ? q - 1n : q;
}

/** The date of a count of days since 1970-01-01, in the Gregorian calendar. */
function dateOf(days: bigint): { year: bigint; month: number; day: number } {
  // the year begins in March, so that the leap day is the last
  const shifted = days + 719_468n;
  const era = floorDivide(shifted, 146_097n);
  const dayOfEra = Number(shifted - era * 146_097n);
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: BigInt(yearOfEra) + era * 400n + (month <= 2 ? 1n : 0n), month, day };
}

export function daysSince1970(year: bigint, month: number, day: number): bigint {
  const y = month <= 2 ? year - 1n : year;
  const era = floorDivide(y, 400n);
  const yearOfEra = Number(y - era * 400n);
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097n + BigInt(dayOfEra) - 719_468n;
}

export function civilOf(instant: Instant): Civil {
  const local = instant.seconds + BigInt(instant.zone.offset);
  const days = floorDivide(local, DAY);
  const second = Number(local - days * DAY);
  const date = dateOf(days);
  return {
    ...date,
    hour: Math.floor(second / 3600),
    minute: Math.floor(second / 60) % 60,
    second: second % 60,
    weekday: Number((((days + 4n) % 7n) + 7n) % 7n),
    yearDay: Number(days - daysSince1970(date.year, 1, 1)) + 1,
  };
}

export function formatTime(instant: Instant, layout: string): string {
  const civil = civilOf(instant);
  return chunksOf(layout)
    .map(({ prefix, element }) => {
      if (element === undefined) return prefix;
      if (typeof element === 'object') return prefix + fractionText(instant.nanoseconds, element);
      const first = element.charAt(0);
      const isZone = first === '-' || first === 'Z' || element === 'MST';
      return prefix + (isZone ? zoneText(instant, element) : fieldText(civil, element));
    })
    .join('');
}

function pad(n: number | bigint, width: number, by = '0'): string {
  return n.toString().padStart(width, by);
}

function fieldText(c: Civil, element: Element): string {
  switch (element) {
    case '2006':
      return c.year < 0n ? `-${pad(-c.year, 4)}` : pad(c.year, 4);
    case '06':
      return pad((c.year < 0n ? -c.year : c.year) % 100n, 2);
    case 'January':
      return MONTHS[c.month - 1] ?? '';
    case 'Jan':
      return (MONTHS[c.month - 1] ?? '').slice(0, 3);
    case 'Monday':
      return WEEKDAYS[c.weekday] ?? '';
    case 'Mon':
      return (WEEKDAYS[c.weekday] ?? '').slice(0, 3);
    default:
      return dayText(c, element) ?? clockText(c, element);
  }
}

/** Numbers of a date. */
function dayText(c: Civil, element: Element): string | undefined {
  switch (element) {
    case '1':
      return String(c.month);
    case '01':
      return pad(c.month, 2);
    case '2':
      return String(c.day);
    case '_2':
      return pad(c.day, 2, ' ');
    case '02':
      return pad(c.day, 2);
    case '__2':
      return pad(c.yearDay, 3, ' ');
    case '002':
      return pad(c.yearDay, 3);
    default:
      return undefined;
  }
}

function clockText(c: Civil, element: Element): string {
  const hour12 = c.hour % 12 === 0 ? 12 : c.hour % 12;
  switch (element) {
    case '15':
      return pad(c.hour, 2);
    case '3':
      return String(hour12);
    case '03':
      return pad(hour12, 2);
    case '4':
      return String(c.minute);
    case '04':
      return pad(c.minute, 2);
    case '5':
      return String(c.second);
    case '05':
      return pad(c.second, 2);
    case 'PM':
      return c.hour >= 12 ? 'PM' : 'AM';
    default:
      return c.hour >= 12 ? 'pm' : 'am';
  }
}

function fractionText(nanoseconds: number, { separator, digits, isTrimmed }: Fraction): string {
  let text = pad(nanoseconds, 9).padEnd(digits, '0').slice(0, digits);
  if (!isTrimmed) return separator + text;
  while (text.endsWith('0')) text = text.slice(0, -1);
  return text === '' ? '' : separator + text;
}

function zoneText({ zone }: Instant, element: Element): string {
  if (element === 'MST') {
    if (zone.name !== '') return zone.name;
    return offsetText(zone.offset, '-0700');
  }
  if (element.startsWith('Z') && zone.offset === 0) return 'Z';
  return offsetText(zone.offset, `-${element.slice(1)}`);
}

function offsetText(offset: number, form: string): string {
  const size = Math.abs(offset);
  const colon = form.includes(':') ? ':' : '';
  const hours = pad(Math.floor(size / 3600), 2);
  const minutes = pad(Math.floor(size / 60) % 60, 2);
  // the sign is that of whole minutes
  const sign = Math.trunc(offset / 60) < 0 ? '-' : '+';
  if (form === '-07') return sign + hours;
  const hasSeconds = form === '-070000' || form === '-07:00:00';
  return `${sign}${hours}${colon}${minutes}${hasSeconds ? colon + pad(size % 60, 2) : ''}`;
}
