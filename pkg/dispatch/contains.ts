import { isMap } from '../../machinery/src/patch/json.ts';

/** What only the API server writes, or writes anew each time. */
const serverFields: readonly string[] = ['resourceVersion', 'generation', 'managedFields', 'creationTimestamp', 'uid'];

/**
 * Whether an object has everything of another one: maps may have more, lists must be as long. The status and what only
 * the API server writes do not count.
 */
export function containsObject(live: object, wanted: object): boolean {
  return contains(live, { ...wanted, status: undefined, metadata: withoutServerFields(wanted) });
}

function withoutServerFields(object: object): object {
  const { metadata = {} } = object as { readonly metadata?: object };
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !serverFields.includes(key)));
}

function contains(whole: unknown, part: unknown): boolean {
  if (part === undefined) return true;
  if (Array.isArray(part)) {
    return Array.isArray(whole) && whole.length === part.length && part.every((item, i) => contains(whole[i], item));
  }
  if (!isMap(part)) return whole === part;
  return isMap(whole) && Object.entries(part).every(([key, value]) => contains(whole[key], value));
}
