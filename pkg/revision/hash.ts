import { createHash } from 'node:crypto';

/** The canonical JSON of objects that are hashed again and again; nothing changes an object. */
const kept = new WeakMap<object, string>();

/** Keeps the canonical JSON of an object as long as the object is there: for definitions, which all Applications share. */
export function keepCanonicalJson<T extends object>(value: T): T {
  if (!kept.has(value)) kept.set(value, canonicalJson(value));
  return value;
}

/** JSON with sorted keys and without undefined fields: equal for equal content, whatever the order of keys. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const before = kept.get(value);
  if (before !== undefined) return before;
  const fields = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key of Object.keys(fields).sort()) {
    const field = fields[key];
    if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(field)}`;
  }
  return `{${text}}`;
}

/** A 64-bit hash of the content of a value, as 16 lower-case hexadecimal digits. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16);
}

/** Whether two JSON values have the same content; absent and undefined fields are one. */
export function sameContent(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return (a ?? null) === (b ?? null);
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => sameContent(item, b[i]));
  }
  const [one, other] = [definedFields(a), definedFields(b)];
  // null is content, where an absent field is none
  return one.length === other.length && one.every(([key, field]) => Object.hasOwn(b, key) && isSame(field, b, key));
}

const definedFields = (value: object): [string, unknown][] =>
  Object.entries(value).filter(([, field]) => field !== undefined);

function isSame(field: unknown, other: object, key: string): boolean {
  const its = (other as Readonly<Record<string, unknown>>)[key];
  return its !== undefined && sameContent(field, its);
}

/**
 * Whether two values are the same to a program with typed fields, as KubeVela's controller stores them: there a field that is
 * absent, and one that is empty, zero or false, are one. What lies below `properties` is stored as it was given.
 */
export const sameTyped = (a: unknown, b: unknown): boolean => sameContent(withoutZeros(a), withoutZeros(b));

function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutZeros(item) ?? null);
  if (typeof value !== 'object' || value === null) return isZero(value) ? undefined : value;
  const fields = Object.entries(value as Readonly<Record<string, unknown>>).map(
    ([key, field]): readonly [string, unknown] => [key, key === 'properties' ? field : withoutZeros(field)],
  );
  const kept = fields.filter(([, field]) => !isEmpty(field));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

const isZero = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || value === 0 || value === false;

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);
