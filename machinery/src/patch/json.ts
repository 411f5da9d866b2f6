/** A JSON object under construction. */
export type JsonMap = Record<string, unknown>;

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy that shares nothing with the original and may be changed, also when the original is frozen. */
export function deepCopy<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (!isMap(value)) return value;
  const out: JsonMap = {};
  for (const key of Object.keys(value)) define(out, key, copy(value[key]));
  return out;
}

/** The value with the keys of its maps in the order in which Go, and the API server, write them. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isMap(value)) return value;
  const out: JsonMap = {};
  for (const key of Object.keys(value).sort()) define(out, key, sortKeys(value[key]));
  return out;
}

/** Sets an own property, also for the key `__proto__`. */
export function define(map: JsonMap, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  else map[key] = value;
}

/** A copy without one key. */
export function omit<T extends object, K extends keyof T>(map: T, key: K): Omit<T, K> {
  const out: Partial<T> = { ...map };
  Reflect.deleteProperty(out, key);
  return out as Omit<T, K>;
}
