/** Walking and completing JSON objects after the schema has checked their shape. */

export type JsonRecord = Record<string, unknown>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object at `value`, or an empty one that is not attached to anything. */
export function recordOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

/** The elements of a list that are objects; none if it is no list. */
export function recordsOf(value: unknown): JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A string, number or boolean as text; `otherwise` for everything else. */
export function textOf(value: unknown, otherwise = ''): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : otherwise;
}

export function absent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** Sets every key of `defaults` that `target` lacks. */
export function fill(target: JsonRecord, defaults: JsonRecord): void {
  for (const [key, value] of Object.entries(defaults)) {
    if (absent(target[key]) && value !== undefined) target[key] = value;
  }
}

/** The object at `key`, created when it is not there. */
export function child(target: JsonRecord, key: string): JsonRecord {
  const existing = target[key];
  if (isRecord(existing)) return existing;
  const created: JsonRecord = {};
  target[key] = created;
  return created;
}

/** The object at a path of keys; an unattached empty one when it is not there. */
export function at(target: unknown, ...path: readonly string[]): JsonRecord {
  let current: unknown = target;
  for (const key of path) current = recordOf(current)[key];
  return recordOf(current);
}

/** Equality of JSON values; a key without a value is the same as no key. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((x, i) => sameJson(x, b[i]));
  }
  const left = a as JsonRecord;
  const right = b as JsonRecord;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => sameJson(left[key], right[key]));
}

/** A deep copy of a JSON value, free to change. */
export function copyJson<T>(value: T): T {
  if (Array.isArray(value)) return value.map((element: unknown) => copyJson(element)) as T;
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, copyJson(element)])) as T;
}
