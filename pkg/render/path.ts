/** Returns the value at a dotted path such as `spec.template` or `rules.0.host`; undefined where the path ends early. */
export function getPath(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}

/** Returns a copy with the value set at the path; objects on the way are made where missing. */
export function setPath<T extends object>(object: T, path: readonly string[], value: unknown): T {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  const child = (object as Record<string, unknown>)[key];
  const inner = typeof child === 'object' && child !== null ? child : {};
  return { ...object, [key]: rest.length === 0 ? value : setPath(inner, rest, value) };
}
