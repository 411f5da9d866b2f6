import { isIP, isIPv4, isIPv6 } from 'node:net';

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const hostname = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i;
const duration = /^[-+]?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h|d|w))+$|^0$|^\d+ *[a-z]+$/i;
const dateTime = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

const checks: Readonly<Record<string, ((value: string) => boolean) | undefined>> = {
  'date-time': (value) => dateTime.test(value) && !Number.isNaN(Date.parse(value)),
  datetime: (value) => dateTime.test(value) && !Number.isNaN(Date.parse(value)),
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
  byte: (value) => /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value),
  duration: (value) => duration.test(value),
  email: (value) => /^[^@\s]+@[^@\s]+$/.test(value),
  hostname: (value) => value.length <= 255 && hostname.test(value),
  ipv4: isIPv4,
  ipv6: isIPv6,
  ip: (value) => isIP(value) !== 0,
  cidr: isCidr,
  mac: (value) => /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(value),
  uri: (value) => /^(\/|[a-z][a-z0-9+.-]*:)/i.test(value),
  uuid: (value) => uuid.test(value),
  uuid3: (value) => uuid.test(value),
  uuid4: (value) => uuid.test(value),
  uuid5: (value) => uuid.test(value),
  bsonobjectid: (value) => /^[0-9a-f]{24}$/i.test(value),
  creditcard: (value) => /^[\d -]{12,23}$/.test(value),
  isbn: (value) => /^[\dXx -]{10,17}$/.test(value),
  isbn10: (value) => /^(\d[ -]?){9}[\dXx]$/.test(value),
  isbn13: (value) => /^(\d[ -]?){13}$/.test(value),
  ssn: (value) => /^\d{3}[ -]?\d{2}[ -]?\d{4}$/.test(value),
  hexcolor: (value) => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(value),
  rgbcolor: (value) => /^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/.test(value),
};

/** Whether a text breaks a format; unknown formats are never broken. */
export function formatProblem(value: string, format: string): boolean {
  const check = checks[format];
  return check !== undefined && !check(value);
}

export function isCidr(value: string): boolean {
  const [address = '', bits = '', ...more] = value.split('/');
  const version = isIP(address);
  return version !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}
