import { define, isMap, type JsonMap } from '../../../machinery/src/patch/json.ts';
import type { PatchMark } from './patch-marks.ts';
import { eachPrefix, isMark, markPrefix } from './patch-marks.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Unifies an object with the patch of a trait, the way KubeVela does.
 *
 * Fields that only one of them has are taken, structs unify field by field, two different values for one field are an
 * error. Marks (see patch-marks.ts) change that: `patchKey` matches the elements of a list, also in lists below, and
 * new elements go to the end; without it elements match by position. `patchStrategy` says for one field that the
 * patch's value counts (`retainKeys`; of a list: for the elements that match) or its list (`replace`).
 *
 * Throws with the path of the field. Of elements of a patch with the same key the last one counts. Kinder than KubeVela
 * in one point: the patch's list may be shorter.
 */
export function unify(base: unknown, patch: unknown, path = '', key?: string): unknown {
  if (base === undefined) return withoutMarks(patch);
  if (Array.isArray(patch) && Array.isArray(base)) return unifyByPosition(base, patch, path, key);
  if (isMap(patch) && isMap(base)) return unifyFields(base, patch, path, key);
  if (base === patch) return base;
  throw new Error(`${path}: conflicting values ${text(patch)} and ${text(base)}`);
}

function unifyFields(base: Fields, patch: Fields, path: string, key: string | undefined): Fields {
  const result: JsonMap = { ...base };
  for (const [field, value] of Object.entries(patch)) {
    if (isMark(field)) continue;
    const mark = (patch[markPrefix + field] ?? {}) as PatchMark;
    const where = path === '' ? field : `${path}.${field}`;
    const old = Object.hasOwn(base, field) ? base[field] : undefined;
    const merged = unifyField(old, value, where, { ...(key !== undefined && { patchKey: key }), ...mark });
    const each = patch[eachPrefix + field];
    define(result, field, each === undefined ? merged : forEach(merged, each, where));
  }
  return result;
}

function unifyField(base: unknown, patch: unknown, path: string, { patchKey, patchStrategy }: PatchMark): unknown {
  const isKept = patchStrategy === 'retainKeys';
  if (!Array.isArray(patch) || !Array.isArray(base))
    return isKept ? withoutMarks(patch) : unify(base, patch, path, patchKey);
  if (patchStrategy === 'replace') return withoutMarks(patch);
  if (patchKey === undefined) return unifyByPosition(base, patch, path, undefined);
  return unifyByKey(base, patch, path, { patchKey, isKept });
}

function forEach(list: unknown, patch: unknown, path: string): unknown {
  return Array.isArray(list) ? list.map((item, index) => unify(item, patch, `${path}[${index}]`)) : list;
}

function unifyByPosition(
  base: readonly unknown[],
  patch: readonly unknown[],
  path: string,
  key: string | undefined,
): readonly unknown[] {
  const length = Math.max(base.length, patch.length);
  return Array.from({ length }, (_, index) =>
    index < patch.length ? unify(base[index], patch[index], `${path}[${index}]`, key) : base[index],
  );
}

function unifyByKey(
  base: readonly unknown[],
  patch: readonly unknown[],
  path: string,
  { patchKey, isKept }: { readonly patchKey: string; readonly isKept: boolean },
): readonly unknown[] {
  const keys = patchKey.split(',').filter((name) => patch.some((item) => at(item, name) !== undefined));
  if (keys.length === 0) return unifyByPosition(base, patch, path, patchKey);
  const result: unknown[] = [...base];
  const matched = new Set<number>();
  for (const item of keys.length === 1 ? lastOfEach(patch, keys[0] ?? '') : patch) {
    const index = result.findIndex((other, i) => !matched.has(i) && keys.some((name) => isSame(other, item, name)));
    matched.add(index < 0 ? result.length : index);
    if (index < 0) result.push(withoutMarks(item));
    else result[index] = isKept ? withoutMarks(item) : unify(result[index], item, `${path}[${index}]`, patchKey);
  }
  return result;
}

/** The elements without those that a later one with the same key replaces. */
function lastOfEach(list: readonly unknown[], key: string): readonly unknown[] {
  const last = new Map(list.map((item) => [at(item, key), item]));
  return list.filter((item) => at(item, key) === undefined || last.get(at(item, key)) === item);
}

function isSame(one: unknown, other: unknown, path: string): boolean {
  const value = at(one, path);
  return value !== undefined && value === at(other, path);
}

function at(item: unknown, path: string): unknown {
  let value: unknown = item;
  for (const name of path.split('.')) value = isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}

/** A value that was evaluated from a marked template, as the template had it. */
export function withoutMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (!isMap(value)) return value;
  const result: JsonMap = {};
  for (const [field, item] of Object.entries(value)) if (!isMark(field)) define(result, field, withoutMarks(item));
  return result;
}

const text = (value: unknown): string => {
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
};
