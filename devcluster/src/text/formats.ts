import { isIP, isIPv4, isIPv6 } from 'node:net';

const hex = '[0-9a-f]';
const uuidOf = (third: string, fourth: string): RegExp =>
  new RegExp(`^${hex}{8}-?${hex}{4}-?${third}-?${fourth}-?${hex}{12}$`, 'i');
const uuid = uuidOf(`${hex}{4}`, `${hex}{4}`);
const uuid3 = uuidOf(`3${hex}{3}`, `${hex}{4}`);
const uuid4 = uuidOf(`4${hex}{3}`, `[89ab]${hex}{3}`);
const uuid5 = uuidOf(`5${hex}{3}`, `[89ab]${hex}{3}`);

const letter = '[a-zA-Z0-9\\p{S}\\p{L}]';
const hostname = new RegExp(
  `^(?:${letter}(?:-?${letter}{0,62})?|(?:${letter}(?:[a-zA-Z0-9\\-\\p{S}\\p{L}]{0,61}${letter})?\\.)+[a-zA-Z\\p{L}]{2,63})$`,
  'u',
);
const goDuration = /^[-+]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;
const unit = /^(ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/i;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const macs = [
  /^([0-9a-f]{2}:){5}(([0-9a-f]{2}:){2}|([0-9a-f]{2}:){14})?[0-9a-f]{2}$/i,
  /^([0-9a-f]{2}-){5}(([0-9a-f]{2}-){2}|([0-9a-f]{2}-){14})?[0-9a-f]{2}$/i,
  /^([0-9a-f]{4}\.){2}(([0-9a-f]{4}\.){1}|([0-9a-f]{4}\.){7})?[0-9a-f]{4}$/i,
];
const channel = '(?:0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])';
const rgb = new RegExp(`^rgb\\(\\s*${channel}\\s*,\\s*${channel}\\s*,\\s*${channel}\\s*\\)$`);
const card =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11}|6[27]\d{14})$/;
const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const shortName = new RegExp(`^${label}$`);
const longName = new RegExp(`^${label}(\\.${label})*$`);

/** By their names without hyphens, which do not count. */
const checks: Readonly<Record<string, ((value: string) => boolean) | undefined>> = {
  datetime: isDateTime,
  date: isDate,
  byte: (value) => base64.test(value),
  duration: isDuration,
  email: (value) => /^(?:[^<>@]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(value),
  hostname: (value) => hostname.test(value) && value.length <= 255 && value.split('.').every((p) => p.length <= 63),
  ipv4: (value) => isIPv4(withoutZeros(value)) || (isIPv6(value) && value.includes('.')),
  ipv6: (value) => isIPv6(value) && !value.includes('%'),
  cidr: (value) => isCidr(withoutZeros(value)),
  mac: (value) => macs.some((form) => form.test(value)),
  uri: isRequestUri,
  uuid: (value) => uuid.test(value),
  uuid3: (value) => uuid3.test(value),
  uuid4: (value) => uuid4.test(value),
  uuid5: (value) => uuid5.test(value),
  bsonobjectid: (value) => /^[0-9a-f]{24}$/i.test(value),
  creditcard: (value) => card.test(value.replace(/[\s-]+/g, '')) && isLuhn(value.replace(/[\s-]+/g, '')),
  isbn: (value) => isIsbn10(value) || isIsbn13(value),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  ssn: (value) => value.length === 11 && /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(value),
  hexcolor: (value) => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(value),
  rgbcolor: (value) => rgb.test(value),
  k8sshortname: (value) => value.length <= 63 && shortName.test(value),
  k8slongname: (value) => value.length <= 253 && longName.test(value),
};

/** Whether a text breaks a format; unknown formats are never broken. */
export function formatProblem(value: string, format: string): boolean {
  const name = format.replaceAll('-', '');
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
  return check !== undefined && !check(value);
}

export function isCidr(value: string): boolean {
  const [address = '', bits = '', ...more] = value.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  return version !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}

/** Zeros at the beginning of the parts of an IPv4 address are tolerated. */
function withoutZeros(address: string): string {
  return address.includes(':') ? address : address.replace(/(^|\.)0+(?=\d)/g, '$1');
}

function isDate(value: string): boolean {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) ?? [];
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day);
}

function isDateTime(value: string): boolean {
  const [date = '', time = ''] = value.toLowerCase().split('t');
  const match = /^(\d{2}):(\d{2}):(\d{2})(.\d+)?(z|[+-]\d{2}:\d{2})$/.exec(time);
  return isDate(date) && match !== null && Number(match[1]) <= 23 && Number(match[2]) <= 59 && Number(match[3]) <= 59;
}

/** As Go writes durations, or numbers with the names of units anywhere in the text. */
function isDuration(value: string): boolean {
  if (goDuration.test(value)) return true;
  return [...value.matchAll(/\d+\s*([A-Za-zµ]+)/g)].some(([, name = '']) => unit.test(name));
}

/** What the first line of an HTTP request can name: an absolute path, or a URL with a scheme. */
export function isRequestUri(value: string): boolean {
  if (!/^(\/|[a-z][a-z0-9+.-]*:)/i.test(value)) return false;
  const isControl = (character: string) => character < ' ' || character === '\u007f';
  if (Array.from(value).some(isControl) || /%(?![0-9a-f]{2})/i.test(value.split('?')[0] ?? '')) return false;
  const [, host = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?]*)/i.exec(value) ?? [];
  return !/\s/.test(host) && !/:(?!\d*$)[^\]:]*$/.test(host.replace(/^[^@]*@/, ''));
}

function isLuhn(digits: string): boolean {
  const sum = Array.from(digits)
    .reverse()
    .map((digit, i) => (i % 2 === 0 ? Number(digit) : Number(digit) * 2))
    .reduce((total, value) => total + (value > 9 ? value - 9 : value), 0);
  return sum % 10 === 0;
}

function isIsbn10(value: string): boolean {
  const digits = value.replace(/[\s-]+/g, '');
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = Array.from(digits).reduce((total, d, i) => total + (d === 'X' ? 10 : Number(d)) * (i + 1), 0);
  return sum % 11 === 0;
}

function isIsbn13(value: string): boolean {
  const digits = value.replace(/[\s-]+/g, '');
  if (!/^\d{13}$/.test(digits)) return false;
  return Array.from(digits).reduce((total, d, i) => total + Number(d) * (i % 2 === 0 ? 1 : 3), 0) % 10 === 0;
}
