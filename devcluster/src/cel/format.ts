const clause = /%(?:%|(?:\.(\d+))?([\s\S])?)/g;
const defaultPrecision = 6;

/** `"%s has %d".format([...])`. */
export function formatText(template: string, values: readonly unknown[]): string {
  let at = 0;
  return template.replace(clause, (text, precision: string | undefined, verb: string | undefined) => {
    if (text === '%%') return '%';
    if (at >= values.length) throw new Error(`index ${at} out of range`);
    if (verb === undefined) throw new Error('unexpected end of string');
    return formatValue(values[at++], verb, Number(precision ?? defaultPrecision));
  });
}

function formatValue(value: unknown, verb: string, precision: number): string {
  switch (verb) {
    case 's':
      return textOf(value);
    case 'd':
      return wholeNumber(value, 'decimal clause can only be used on integers').toString();
    case 'f':
      return fixed(value, precision);
    case 'e':
      return double(value, 'scientific').toExponential(precision);
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      return wholeNumber(value, 'only integers and bools can be formatted as binary').toString(2);
    case 'o':
      return wholeNumber(value, 'octal clause can only be used on integers').toString(8);
    case 'x':
      return hexadecimal(value);
    case 'X':
      return hexadecimal(value).toUpperCase();
    default:
      throw new Error(`could not parse formatting clause: unrecognized formatting clause ${JSON.stringify(verb)}`);
  }
}

function failure(rule: string, value: unknown): Error {
  return new Error(`error during formatting: ${rule}, was given ${typeNameOf(value)}`);
}

function wholeNumber(value: unknown, rule: string): bigint {
  const plain: unknown = value?.valueOf();
  if (typeof plain !== 'bigint') throw failure(rule, value);
  return plain;
}

function double(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  if (['NaN', 'Infinity', '-Infinity'].includes(value as string)) return Number(value);
  throw failure(`${name} clause can only be used on doubles`, value);
}

/** With commas between thousands, as in American English; a half is rounded to the even digit. */
function fixed(value: unknown, precision: number): string {
  const number = double(value, 'fixed-point');
  return new Intl.NumberFormat('en-US', {
    minimumFractionDigits: precision,
    maximumFractionDigits: precision,
    roundingMode: 'halfEven',
  }).format(number);
}

function hexadecimal(value: unknown): string {
  if (typeof value === 'string' || value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return wholeNumber(value, 'only integers, byte buffers, and strings can be formatted as hex').toString(16);
}

/** A value as `%s` shows it. */
function textOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (value instanceof Date) return timeText(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return isCollection(value) ? literal(value) : ownText(value);
}

/** Durations, versions and the like have a text of their own. */
function ownText(value: unknown): string {
  return String(value);
}

function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : Number.isNaN(value) ? 'NaN' : '-Inf';
}

/** RFC 3339 without zeros behind the second. */
export function timeText(time: Date): string {
  return time.toISOString().replace(/\.?0*Z$/, 'Z');
}

function isCollection(value: unknown): boolean {
  return Array.isArray(value) || value instanceof Map || Object.getPrototypeOf(value) === Object.prototype;
}

/** A value inside a list or map, as it would be written in an expression. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${(value as unknown[]).map(literal).join(', ')}]`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number')
    return Number.isFinite(value) ? value.toFixed(defaultPrecision) : JSON.stringify(numberText(value));
  if (value instanceof Date) return `timestamp(${JSON.stringify(timeText(value))})`;
  if (value instanceof Uint8Array) return `b${JSON.stringify(textOf(value))}`;
  if (typeof value !== 'object' || value === null) return textOf(value);
  if (!isCollection(value))
    return typeNameOf(value).endsWith('Duration') ? `duration("${textOf(value)}")` : textOf(value);
  const entries = value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
  const pairs = entries.map(([key, inner]) => [literal(key), literal(inner)] as const);
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([key, inner]) => `${key}:${inner}`).join(', ')}}`;
}

function typeNameOf(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    default:
      return objectTypeName(value);
  }
}

function objectTypeName(value: unknown): string {
  if (value === null) return 'null_type';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Date) return 'google.protobuf.Timestamp';
  if (value instanceof Uint8Array) return 'bytes';
  const name = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return name === 'Object' || name === 'Map' ? 'map' : name;
}
