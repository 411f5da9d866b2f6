import type { Json, JsonObject } from '../../machinery/src/meta.ts';

/** Splits `a.b[0].traits["x"]` into its keys; undefined when the text is no path. */
export function parsePath(text: string): readonly string[] | undefined {
  const keys: string[] = [];
  const part = /\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\["([^"]*)"\]|\['([^']*)'\]/y;
  let at = 0;
  while (at < text.length) {
    part.lastIndex = at;
    const match = part.exec(text);
    if (!match) return undefined;
    keys.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
    at = part.lastIndex;
  }
  return keys.length > 0 ? keys : undefined;
}

/** The value at a path, or undefined. */
export function getPath(value: Json | undefined, path: readonly string[]): Json | undefined {
  let current: Json | undefined = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Array.isArray(current) ? (current as readonly Json[])[Number(key)] : (current as JsonObject)[key];
  }
  return current;
}

/** A copy with the value at a path set; missing objects on the way are made. */
export function setPath(target: Json | undefined, path: readonly string[], value: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(target) || (target === undefined && /^\d+$/.test(key))) {
    const list = Array.isArray(target) ? [...(target as readonly Json[])] : [];
    list[Number(key)] = setPath(list[Number(key)], rest, value);
    return list;
  }
  const object = typeof target === 'object' && target !== null ? (target as JsonObject) : {};
  return { ...object, [key]: setPath(object[key], rest, value) };
}
