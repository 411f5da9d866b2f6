import { deepEqual } from './equality.ts';
import { difference, emptySet, fieldStep, isEmpty, leaf, union, type FieldSet } from './field-set.ts';
import { isMap } from './json.ts';
import type { Schema } from './schema.ts';
import { isNamed, partsOf, shapeOf, type Part } from './typed.ts';

/** The paths that an applier of this object owns. */
export function setOfObject(value: unknown, schema: Schema | undefined): FieldSet {
  const shape = shapeOf(value, schema);
  if (shape === 'scalar' || shape === 'atomic') return leaf;
  const children = new Map<string, FieldSet>();
  const duplicates = new Set<string>();
  for (const part of partsOf(value, schema)) {
    if (children.has(part.step)) duplicates.add(part.step);
    const child = setOfObject(part.value, part.schema);
    const set = isItselfOwned(part, shape === 'map', schema) ? union(child, leaf) : child;
    if (!isEmpty(set)) children.set(part.step, set);
  }
  for (const step of duplicates) children.set(step, leaf);
  return { member: false, children };
}

function isItselfOwned(part: Part, isField: boolean, parent: Schema | undefined): boolean {
  if (!isField || part.value === null) return true;
  if (isMap(part.value) && Object.keys(part.value).length === 0) return true;
  return !isNamed(parent, part.step.slice(2));
}

/** What became of an object: three disjoint sets of paths. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

const nothing: Comparison = { added: emptySet, modified: emptySet, removed: emptySet };

/** Compares two states of an object; undefined is absence. */
export function compare(before: unknown, after: unknown, schema: Schema | undefined): Comparison {
  if (before === undefined && after === undefined) return nothing;
  // the server's own types always have such a field, null or not
  if (before === undefined && after === null && schema !== undefined && schema.nullable !== true) return nothing;
  const shape = shapeOf(before ?? after, schema);
  const isWhole =
    shape === 'scalar' || shape === 'atomic' || (isBlank(before) && isBlank(after)) || !sameKind(before, after);
  if (isWhole) return compareWhole(before, after);
  return compareParts(before, after, schema);
}

function isBlank(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0;
}

function sameKind(before: unknown, after: unknown): boolean {
  if (before === undefined || after === undefined || before === null || after === null) return true;
  return Array.isArray(before) === Array.isArray(after) && isMap(before) === isMap(after);
}

function compareWhole(before: unknown, after: unknown): Comparison {
  if (before === undefined) return { ...nothing, added: leaf };
  if (after === undefined) return { ...nothing, removed: leaf };
  return deepEqual(before, after) ? nothing : { ...nothing, modified: leaf };
}

function compareParts(before: unknown, after: unknown, schema: Schema | undefined): Comparison {
  const old = new Map(partsOf(before, schema).map((part) => [part.step, part]));
  const young = new Map(partsOf(after, schema).map((part) => [part.step, part]));
  const children = { added: new Map(), modified: new Map(), removed: new Map() } as Record<
    keyof Comparison,
    Map<string, FieldSet>
  >;
  for (const step of new Set([...old.keys(), ...young.keys()])) {
    const [a, b] = [old.get(step), young.get(step)];
    const result = compare(a?.value, b?.value, b?.schema ?? a?.schema);
    for (const key of ['added', 'modified', 'removed'] as const) {
      if (!isEmpty(result[key])) children[key].set(step, result[key]);
    }
  }
  return {
    added: { member: before === undefined, children: children.added },
    modified: { member: false, children: children.modified },
    removed: { member: after === undefined, children: children.removed },
  };
}

/**
 * Adds the fields that the schema declares by name and that lie on the way to a path of the set: owning
 * `spec.template` implies holding `spec`, while owning `data.x` does not imply holding the map `data` unless it is named.
 */
export function withNamedParents(set: FieldSet, schema: Schema | undefined): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [step, child] of set.children) {
    const inner = withNamedParents(child, childSchema(schema, step));
    const isParent = step.startsWith('f:') && isNamed(schema, step.slice(2));
    children.set(step, isParent ? union(inner, leaf) : inner);
  }
  return { member: set.member, children };
}

function childSchema(schema: Schema | undefined, step: string): Schema | undefined {
  if (!step.startsWith('f:')) return schema?.items;
  const name = step.slice(2);
  if (isNamed(schema, name)) return schema?.properties?.[name];
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Paths that belong to the server itself and not to managed fields. */
const ofServer: FieldSet = [
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => ['metadata', name]),
].reduce<FieldSet>(
  (set, path) =>
    union(
      set,
      path.reduceRight<FieldSet>(
        (child, name) => ({ member: false, children: new Map([[fieldStep(name), child]]) }),
        leaf,
      ),
    ),
  emptySet,
);

export function stripServerFields(set: FieldSet): FieldSet {
  return difference(set, ofServer);
}
