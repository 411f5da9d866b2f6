import { emptySet, isEmpty, type FieldSet } from './field-set.ts';
import { define, isMap, type JsonMap } from './json.ts';
import type { Schema } from './schema.ts';
import { partsOf, shapeOf, type Part } from './typed.ts';

/** Lays `applied` over `live`: maps, sets and keyed lists are joined, everything else is taken from `applied`. */
export function mergeTyped(live: unknown, applied: unknown, schema: Schema | undefined): unknown {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  const shape = shapeOf(applied, schema);
  if (shape === 'map' && isMap(live) && isMap(applied)) {
    const out: JsonMap = { ...live };
    for (const part of partsOf(applied, schema)) {
      const name = part.step.slice(2);
      define(out, name, mergeTyped(Object.hasOwn(live, name) ? live[name] : undefined, part.value, part.schema));
    }
    return out;
  }
  if ((shape === 'set' || shape === 'keyed') && Array.isArray(live)) return mergeItems(live, applied, schema);
  return applied;
}

/** Keeps the order of `applied` for what it names, and puts the other items where they stood among those. */
function mergeItems(live: readonly unknown[], applied: unknown, schema: Schema | undefined): unknown[] {
  const left = partsOf(live, schema);
  const onLeft = firsts(left);
  const onRight = firsts(partsOf(applied, schema));
  const right = [...onRight.values()];
  const shared = right.map((part) => part.step).filter((step) => onLeft.has(step));
  const merged = new Set<string>();
  const out: unknown[] = [];
  const take = (part: Part) => {
    merged.add(part.step);
    out.push(mergeTyped(onLeft.get(part.step)?.value, part.value, part.schema));
    if (shared[0] === part.step) shared.shift();
  };
  /** What becomes of an item of the live list while `next` is the next one of the applied list. */
  const fateOf = (item: Part, next: Part | undefined): 'keep' | 'drop' | 'wait' => {
    if (!onRight.has(item.step)) return 'keep';
    if (merged.has(item.step)) return 'drop';
    return next && item.step !== next.step && shared.length > 0 && shared[0] !== item.step ? 'drop' : 'wait';
  };
  const pending = [...left];
  for (const part of [...right, undefined]) {
    for (let item = pending[0]; item && fateOf(item, part) !== 'wait'; item = pending[0]) {
      if (fateOf(item, part) === 'keep') out.push(item.value);
      pending.shift();
    }
    if (part) take(part);
  }
  return out;
}

function firsts(parts: readonly Part[]): Map<string, Part> {
  const out = new Map<string, Part>();
  for (const part of parts) if (!out.has(part.step)) out.set(part.step, part);
  return out;
}

/** Returns the value without the paths of the set; undefined when nothing is left of it. */
export function removeItems(value: unknown, set: FieldSet, schema: Schema | undefined): unknown {
  if (isEmpty(set)) return value;
  const shape = shapeOf(value, schema);
  if (shape === 'scalar') return value;
  if (shape === 'atomic') return undefined;
  if (Array.isArray(value)) return removeFromList(value as unknown[], set, schema);
  const out: JsonMap = {};
  for (const part of partsOf(value, schema)) {
    const below = set.children.get(part.step);
    if (below?.member) continue;
    const kept = below ? removeItems(part.value, below, part.schema) : part.value;
    if (kept !== undefined) define(out, part.step.slice(2), kept);
  }
  return Object.keys(out).length > 0 ? out : undefined;
}

function removeFromList(list: readonly unknown[], set: FieldSet, schema: Schema | undefined): unknown {
  const out: unknown[] = [];
  for (const part of partsOf(list, schema)) {
    const below = set.children.get(part.step) ?? emptySet;
    if (below.member) continue;
    const kept = removeItems(part.value, below, part.schema);
    if (kept !== undefined) out.push(kept);
  }
  return out.length > 0 ? out : undefined;
}
