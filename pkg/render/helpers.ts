import type { HelperOptions } from 'handlebars';
import { deepEqual } from '../../machinery/src/patch/equality.ts';
import { getPath } from './path.ts';
import { dumpYaml } from './yaml.ts';

type Fields = Readonly<Record<string, unknown>>;
type Helper = (this: unknown, ...args: readonly never[]) => unknown;

const maxIterations = 100_000;
const maxOutput = 1024 * 1024;

/** A template asked for more than it may have. */
export class TemplateLimitError extends Error {
  override readonly name = 'TemplateLimitError';
}

/** What one rendering has used up. */
export interface Budget {
  iterations: number;
}

export const newBudget = (): Budget => ({ iterations: maxIterations });

export function checkOutputSize(text: string): string {
  if (text.length > maxOutput) throw new TemplateLimitError(`the output is larger than ${maxOutput} characters`);
  return text;
}

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);
const isIn = (list: readonly unknown[], item: unknown): boolean => list.some((other) => deepEqual(other, item));

/** Drops the options that Handlebars passes last. */
const variadic =
  (compute: (...values: readonly unknown[]) => unknown) =>
  (...args: readonly unknown[]): unknown =>
    compute(...args.slice(0, -1));

/**
 * What templates may call beside Handlebars' own if, unless, with and lookup:
 *
 * - `json x` writes a value as JSON, which is YAML: the way to put any value into a template;
 * - `quote x` the same for what must be a string; `yaml x` as block YAML, `indent n text` moves it right;
 * - `default x y` is x unless it is absent; `given x` (as a block) renders when x is there, even 0, false or "";
 * - `let x as |name|` (as a block) names a value;
 * - `eq`, `ne`, `lt`, `gt`, `not`, `in item list` compare; `and`, `or` yield the value that decides; `size x` counts;
 * - `at x "a.b.0"` follows a path and yields nothing where it ends; `object k v …` and `list x …` make values;
 * - `find list key value` is the first element with a field `key` equal to the value, `where` all such elements;
 * - `pluck list key` is that field of every element; `unique list key` drops elements that repeat it;
 * - `range n prefix` is prefix0, prefix1 and so on;
 * - `concat list …`, `without list list`, `merge object …`, `omit object key …` compute;
 * - `keys object`, `values object`, `join list separator`, `lower`, `upper`, `print x …` (joined text), `add n …`;
 * - `each` as in Handlebars, bounded.
 */
export function newHelpers(budget: () => Budget): Readonly<Record<string, Helper>> {
  return {
    ...valueHelpers,
    each: function (this: unknown, collection: unknown, options: HelperOptions) {
      return each(this, collection, options, budget());
    },
    let: function (this: unknown, value: unknown, options: HelperOptions) {
      return options.fn(this, { data: options.data as Fields, blockParams: [value] });
    },
    given: function (this: unknown, value: unknown, options: HelperOptions) {
      return isAbsent(value) ? options.inverse(this) : options.fn(this);
    },
  };
}

const valueHelpers: Readonly<Record<string, Helper>> = {
  json: variadic(jsonOf),
  quote: variadic((value) => jsonOf(textOf(value))),
  yaml: variadic((value) => dumpYaml(value ?? null).trimEnd()),
  indent: variadic((count, text) => textOf(text).replace(/^(?=.)/gm, ' '.repeat(Number(count)))),
  default: variadic((value, fallback) => (isAbsent(value) ? fallback : value)),
  eq: variadic((a, b) => deepEqual(a, b)),
  ne: variadic((a, b) => !deepEqual(a, b)),
  lt: variadic((a, b) => Number(a) < Number(b)),
  gt: variadic((a, b) => Number(a) > Number(b)),
  and: variadic((...values) => values.reduce((decided, value) => (isTruthy(decided) ? value : decided), true)),
  or: variadic((...values) => values.reduce((decided, value) => (isTruthy(decided) ? decided : value), false)),
  not: variadic((value) => !isTruthy(value)),
  in: variadic((item, list) => isIn(listOf(list), item)),
  size: variadic((value) => sizeOf(value)),
  at: variadic((value, path) => getPath(value, textOf(path).split('.'))),
  object: variadic((...pairs) => objectOf(pairs)),
  list: variadic((...items) => items),
  find: variadic((list, key, value) => listOf(list).find((item) => deepEqual(getPath(item, [textOf(key)]), value))),
  where: variadic((list, key, value) => listOf(list).filter((item) => deepEqual(getPath(item, [textOf(key)]), value))),
  pluck: variadic((list, key) => listOf(list).map((item) => getPath(item, [textOf(key)]))),
  range: variadic((count, prefix) => rangeOf(Number(count), textOf(prefix))),
  concat: variadic((...lists) => lists.flatMap(listOf)),
  without: variadic((list, unwanted) => listOf(list).filter((item) => !isIn(listOf(unwanted), item))),
  unique: variadic((list, key) => uniqueBy(listOf(list), key)),
  merge: variadic((...objects) => Object.assign({}, ...objects.map((object) => object ?? {})) as unknown),
  omit: variadic((object, ...keys) =>
    Object.fromEntries(Object.entries((object ?? {}) as Fields).filter(([key]) => !keys.includes(key))),
  ),
  keys: variadic((object) => Object.keys(object ?? {})),
  values: variadic((object) => Object.values((object ?? {}) as Fields)),
  join: variadic((list, separator) => listOf(list).map(textOf).join(textOf(separator))),
  lower: variadic((text) => textOf(text).toLowerCase()),
  upper: variadic((text) => textOf(text).toUpperCase()),
  print: variadic((...values) => values.map(textOf).join('')),
  add: variadic((...values) => values.reduce((sum: number, value) => sum + Number(value), 0)),
};

/** JSON that YAML reads back alike: characters that YAML forbids are escaped. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value ?? null).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Handlebars' own notion: empty lists, empty text and zero are false. */
const isTruthy = (value: unknown): boolean => Boolean(value) && !(Array.isArray(value) && value.length === 0);

function textOf(value: unknown): string {
  if (isAbsent(value)) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function rangeOf(count: number, prefix: string): readonly string[] {
  return Array.from({ length: Math.min(Math.max(0, count || 0), maxIterations) }, (_, i) => `${prefix}${i}`);
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

function objectOf(pairs: readonly unknown[]): Fields {
  const entries = Array.from({ length: Math.floor(pairs.length / 2) }, (_, i) => [
    textOf(pairs[2 * i]),
    pairs[2 * i + 1],
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Fields;
}

function uniqueBy(list: readonly unknown[], key: unknown): readonly unknown[] {
  const seen = new Set<unknown>();
  return list.filter((item) => {
    const value = typeof key === 'string' ? getPath(item, [key]) : item;
    return !seen.has(value) && seen.add(value);
  });
}

function each(self: unknown, collection: unknown, options: HelperOptions, budget: Budget): string {
  const entries = Array.isArray(collection)
    ? collection.map((item, i) => [i, item] as const)
    : Object.entries((collection ?? {}) as Fields);
  if (entries.length === 0) return options.inverse(self);
  const parts: string[] = [];
  let length = 0;
  for (const [i, [key, item]] of entries.entries()) {
    if (--budget.iterations < 0) throw new TemplateLimitError(`more than ${maxIterations} iterations`);
    const data = { ...(options.data as Fields), key, index: i, first: i === 0, last: i === entries.length - 1 };
    const text = options.fn(item, { data, blockParams: [item, key] });
    length += text.length;
    if (length > maxOutput) checkOutputSize(' '.repeat(maxOutput + 1));
    parts.push(text);
  }
  return parts.join('');
}
