import { isMap } from '../../../machinery/src/patch/json.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { fieldSchema, isNamed } from '../../../machinery/src/patch/typed.ts';

const reserved = new Set([
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
]);

/** How CEL spells a property with a name that is no identifier: `a-b` is `a__dash__b`, `namespace` is `__namespace__`. */
export function escapeName(name: string): string {
  if (reserved.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** A JSON value as CEL computes with it: whole numbers are ints; with a schema, times are timestamps and names are escaped. */
export function toCel(value: unknown, schema?: Schema): unknown {
  if (typeof value === 'number') return Number.isInteger(value) && schema?.type !== 'number' ? BigInt(value) : value;
  if (typeof value === 'string') return textToCel(value, schema);
  if (Array.isArray(value)) return (value as unknown[]).map((item) => toCel(item, schema?.items));
  if (!isMap(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    out[isNamed(schema, name) ? escapeName(name) : name] = toCel(inner, fieldSchema(schema, name));
  }
  return out;
}

/** As `toCel` without a schema, but deeper values are converted when they are read: few expressions read all of an object. */
export function toLazyCel(value: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map(toLazyCel);
  if (!isMap(value)) return toCel(value);
  const out: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    if (typeof inner === 'object' && inner !== null) defineLazily(out, name, () => toLazyCel(inner));
    else out[name] = toCel(inner);
  }
  return out;
}

/** Gives an object a property that is computed at its first read; a failure is the same for every reader. */
export function defineLazily(target: object, name: string, compute: () => unknown): void {
  let known: { readonly value: unknown } | undefined;
  Object.defineProperty(target, name, {
    enumerable: true,
    configurable: true,
    get: () => (known ??= { value: compute() }).value,
  });
}

function textToCel(value: string, schema: Schema | undefined): unknown {
  switch (schema?.format) {
    case 'date-time':
    case 'date':
      return new Date(value);
    case 'byte':
      return new Uint8Array(Buffer.from(value, 'base64'));
    default:
      return value;
  }
}

/** What CEL computed as JSON. */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return (value as unknown[]).map(fromCel);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Map)
    return Object.fromEntries([...(value as Map<string, unknown>)].map(([key, inner]) => [key, fromCel(inner)]));
  if (typeof value !== 'object' || value === null) return value;
  if ('valueOf' in value && typeof value.valueOf() === 'bigint') return Number(value.valueOf());
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fromCel(inner)]));
}
