import type { JsonObject } from '../meta.ts';
import { isMap } from './json.ts';

/**
 * A set of paths into an object, as managedFields name them. Each step is spelled as in fieldsV1: `f:name` a field,
 * `k:{"name":"a"}` an item of a list by its keys, `v:"a"` an item of a set, `i:0` an item by its place.
 *
 * A node is itself in the set (`member`) or only on the way to others; a node that is neither does not exist.
 */
export interface FieldSet {
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

const noChildren: ReadonlyMap<string, FieldSet> = new Map();
export const emptySet: FieldSet = { member: false, children: noChildren };
export const leaf: FieldSet = { member: true, children: noChildren };

export function isEmpty(set: FieldSet): boolean {
  return !set.member && set.children.size === 0;
}

export function fieldStep(name: string): string {
  return `f:${name}`;
}

/** The set of the given paths, each a list of field names. */
export function setOfPaths(paths: readonly (readonly string[])[]): FieldSet {
  return paths.reduce<FieldSet>(
    (set, path) =>
      union(
        set,
        path.reduceRight<FieldSet>((child, name) => node(false, [[fieldStep(name), child]]), leaf),
      ),
    emptySet,
  );
}

function node(member: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  const kept = new Map<string, FieldSet>();
  for (const [step, child] of children) if (!isEmpty(child)) kept.set(step, child);
  return { member, children: kept };
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const children = new Map(a.children);
  for (const [step, child] of b.children) {
    const other = children.get(step);
    children.set(step, other ? union(other, child) : child);
  }
  return { member: a.member || b.member, children };
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const children: [string, FieldSet][] = [];
  for (const [step, child] of a.children) {
    const other = b.children.get(step);
    if (other) children.push([step, intersection(child, other)]);
  }
  return node(a.member && b.member, children);
}

/** The paths of `a` that are not in `b`; a path of `b` does not take away what lies below it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(b)) return a;
  const children: [string, FieldSet][] = [];
  for (const [step, child] of a.children) {
    const other = b.children.get(step);
    children.push([step, other ? difference(child, other) : child]);
  }
  return node(a.member && !b.member, children);
}

/** The paths of `a` that are neither in `b` nor below a path of `b`. */
export function without(a: FieldSet, b: FieldSet): FieldSet {
  if (b.member) return emptySet;
  const children: [string, FieldSet][] = [];
  for (const [step, child] of a.children) {
    const other = b.children.get(step);
    children.push([step, other ? without(child, other) : child]);
  }
  return node(a.member, children);
}

/** Every path of the set, in the order of conflicts: of each level first the fields that are members, then what is below. */
export function* pathsByLevel(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  const steps = sortedSteps(set);
  for (const step of steps) if (set.children.get(step)?.member === true) yield [...prefix, step];
  for (const step of steps) yield* pathsByLevel(set.children.get(step) ?? emptySet, [...prefix, step]);
}

/** The path as conflicts name it: `.spec.containers[name="a"].image`. */
export function formatPath(path: readonly string[]): string {
  return path.map(formatStep).join('');
}

function formatStep(step: string): string {
  const rest = step.slice(2);
  switch (step[0]) {
    case 'k': {
      const keys = Object.entries(JSON.parse(rest) as JsonObject);
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${rest}]`;
    case 'i':
      return `[${rest}]`;
    default:
      return `.${rest}`;
  }
}

const kinds = 'fkvi';

function sortedSteps(set: FieldSet): string[] {
  return [...set.children.keys()].sort((a, b) => {
    const byKind = kinds.indexOf(a.charAt(0)) - kinds.indexOf(b.charAt(0));
    if (byKind !== 0) return byKind;
    return a < b ? -1 : 1;
  });
}

export function toFieldsV1(set: FieldSet): JsonObject {
  const out: Record<string, JsonObject> = {};
  for (const step of sortedSteps(set)) {
    const child = set.children.get(step);
    if (!child) continue;
    const inner = toFieldsV1(child);
    out[step] = child.member && child.children.size > 0 ? { '.': {}, ...inner } : inner;
  }
  return out;
}

/** The set that fieldsV1 describes. Steps of unknown kinds are left out. */
export function fromFieldsV1(fields: unknown): FieldSet {
  return isMap(fields) ? node(false, childrenOf(fields)) : emptySet;
}

function childrenOf(fields: Record<string, unknown>): [string, FieldSet][] {
  return Object.entries(fields).flatMap(([key, value]): [string, FieldSet][] => {
    const step = canonicalStep(key);
    if (step === undefined || !isMap(value)) return [];
    const names = Object.keys(value);
    return [[step, node(names.length === 0 || names.includes('.'), childrenOf(value))]];
  });
}

function canonicalStep(step: string): string | undefined {
  if (step[1] !== ':' || !kinds.includes(step.charAt(0))) return undefined;
  if (step.startsWith('k:')) return keyStep(JSON.parse(step.slice(2)) as JsonObject);
  return step.startsWith('v:') ? valueStep(JSON.parse(step.slice(2))) : step;
}

/** The step to a list item with these keys; the same for every order of the keys. */
export function keyStep(keys: Readonly<Record<string, unknown>>): string {
  const sorted = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));
  return `k:${JSON.stringify(Object.fromEntries(sorted))}`;
}

export function valueStep(value: unknown): string {
  return `v:${JSON.stringify(value)}`;
}
