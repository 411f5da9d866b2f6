import type { BuiltinContext, BuiltinPackage, CueValue, Num, BuiltinError } from './api.ts';
import { ValidationError } from './api.ts';
import { toDouble, type Decimal } from '../number/decimal.ts';
import { fail, fn, int, list, number, numbers, strings, value } from './define.ts';
import { elementsOf } from './elements.ts';
import { add, compareNum, divide, isZero, multiply, ONE, resultOf, toDecimal, ZERO } from './numbers.ts';
import { sortBy, isSortedBy } from './sort.ts';
import { compareText } from './text.ts';

/** What `+` of two lists was before CUE 0.11. */
export const addLists = fn([list, list], 'list', ([x, y], context) => {
  const elements = [...elementsOf(x), ...elementsOf(y, 1)];
  charge(context, elements.length);
  return elements;
});

/** `list.Repeat`, and what `*` of a list and a number was before CUE 0.11. */
export const repeatList = fn([list, int], 'list', ([x, count], context) => {
  if (count < 0) return fail('negative count');
  const elements = elementsOf(x);
  charge(context, elements.length * Number(count));
  return Array.from({ length: Number(count) }, () => elements).flat();
});

export const listPackage: BuiltinPackage = {
  path: 'list',
  functions: {
    Drop: fn([list, int], 'list', ([x, n]) => (n < 0 ? fail('negative index') : elementsOf(x).slice(Number(n)))),
    FlattenN: fn([list, int], 'list', ([x, depth], context) => flatten(x, Number(depth), context)),
    Repeat: repeatList,
    Concat: fn([list], 'list', ([lists], context) => {
      const parts = elementsOf(lists).map((part) => elementsOf(part));
      charge(
        context,
        parts.reduce((sum, part) => sum + part.length, 0),
      );
      return parts.flat();
    }),
    Take: fn([list, int], 'list', ([x, n]) => (n < 0 ? fail('negative index') : elementsOf(x).slice(0, Number(n)))),
    Slice: fn([list, int, int], 'list', ([x, from, to]) => slice(elementsOf(x), from, to)),
    Reverse: fn([list], 'list', ([x]) => elementsOf(x).toReversed()),
    MinItems: fn([list, int], 'bool', ([x, n]) => {
      const { length } = elementsOf(x);
      if (length >= n) return true;
      const message = `len(list) < MinItems(${n}) (${length} < ${n})`;
      return new ValidationError(message, x.isOpen ? 'incomplete' : 'eval');
    }),
    MaxItems: fn([list, int], 'bool', ([x, n]) => {
      const { length } = elementsOf(x);
      return length <= n ? true : refuse(`len(list) > MaxItems(${n}) (${length} > ${n})`);
    }),
    UniqueItems: fn([list], 'bool', ([x], context) => uniqueItems(elementsOf(x), context)),
    Contains: fn([list, value], 'bool', ([x, wanted]) => elementsOf(x).some((element) => element.equals(wanted))),
    MatchN: fn([list, value, value], 'bool', ([x, n, schema]) => matchN(elementsOf(x), n, schema)),
    Avg: fn([numbers], 'number', ([xs]) => {
      if (xs.length === 0) return fail('empty list');
      return resultOf(divide(sum(xs), toDecimal(xs.length)));
    }),
    Max: fn([numbers], 'number', ([xs]) => extreme(xs, 1)),
    Min: fn([numbers], 'number', ([xs]) => extreme(xs, -1)),
    Product: fn([numbers], 'number', ([xs]) => resultOf(xs.reduce<Decimal>((d, x) => multiply(d, toDecimal(x)), ONE))),
    Range: fn([number, number, number], 'list', (bounds, context) => range(bounds, context)),
    Sum: fn([numbers], 'number', ([xs]) => resultOf(sum(xs))),
    Sort: fn([list, value], 'list', ([x, order], context) => sortBy(elementsOf(x), order, context)),
    SortStable: fn([list, value], 'list', ([x, order], context) => sortBy(elementsOf(x), order, context)),
    SortStrings: fn([strings], 'list', ([xs]) => xs.toSorted(compareText)),
    IsSorted: fn([list, value], 'bool', ([x, order], context) => isSortedBy(elementsOf(x), order, context)),
    IsSortedStrings: fn([strings], 'bool', ([xs]) =>
      xs.every((s, i) => i === 0 || compareText(xs[i - 1] ?? '', s) <= 0),
    ),
  },
  definitions: {
    Comparer: '{T: _, x: T, y: T, less: bool}',
    Ascending: '{{T: _, x: T, y: T, less: bool}, T: number | string, x: T, y: T, less: x < y}',
    Descending: '{{T: _, x: T, y: T, less: bool}, T: number | string, x: T, y: T, less: x > y}',
  },
};

function sum(xs: readonly Num[]): Decimal {
  return xs.reduce<Decimal>((d, x) => add(d, toDecimal(x)), ZERO);
}

function extreme(xs: readonly Num[], sign: 1 | -1): Num | BuiltinError {
  const [first, ...rest] = xs;
  if (first === undefined) return fail('empty list');
  return resultOf(toDecimal(rest.reduce((best, x) => (compareNum(x, best) * sign > 0 ? x : best), first)));
}

function slice(
  elements: readonly CueValue[],
  from: number | bigint,
  to: number | bigint,
): readonly CueValue[] | BuiltinError {
  if (from < 0) return fail('negative index');
  if (from > to) return fail(`invalid index: ${from} > ${to}`);
  if (to > elements.length) return fail('slice bounds out of range');
  return elements.slice(Number(from), Number(to));
}

function flatten(x: CueValue, depth: number, context: BuiltinContext): readonly CueValue[] {
  const elements = elementsOf(x);
  context.step(elements.length);
  if (depth === 0) return elements;
  return elements.flatMap((element) => (isList(element) ? flatten(element, depth - 1, context) : element));
}

function isList(x: CueValue): boolean {
  return x.isConcrete && x.kinds.has('list');
}

function uniqueItems(elements: readonly CueValue[], context: BuiltinContext): true | BuiltinError {
  for (const [i, element] of elements.entries()) {
    context.step(elements.length - i);
    const j = elements.findIndex((other, index) => index > i && element.equals(other));
    if (j >= 0)
      return new ValidationError(
        `equal values at position ${i} and ${j}`,
        element.kinds.has('struct') ? 'incomplete' : 'eval',
      );
  }
  return true;
}

function matchN(elements: readonly CueValue[], n: CueValue, schema: CueValue): true | BuiltinError {
  const count = elements.filter((element) => schema.unify(element).error() === undefined).length;
  if (n.unify(count).error() === undefined) return true;
  return refuse(`number of matched elements is ${count}: does not satisfy the constraint`);
}

function range([start, limit, step]: readonly [Num, Num, Num], context: BuiltinContext): Num[] | BuiltinError {
  const by = toDecimal(step);
  if (isZero(by)) return fail('step must be non zero');
  const sign = by.isNegative ? -1 : 1;
  if (compareNum(start, limit) * sign > 0) {
    return fail(
      sign > 0
        ? 'end must be greater than start when step is positive'
        : 'end must be less than start when step is negative',
    );
  }
  // all elements are charged before the first one is made
  const expected = Math.ceil((toDouble(toDecimal(limit)) - toDouble(toDecimal(start))) / toDouble(by));
  charge(context, Math.min(expected, MAX_EXPECTED));
  const found: Num[] = [];
  let at = toDecimal(start);
  while (compareNum(at, limit) * sign < 0) {
    if (found.length >= expected) charge(context, 1);
    found.push(resultOf(at));
    at = add(at, by);
  }
  return found;
}

function refuse(message: string): ValidationError {
  return new ValidationError(message);
}

const MAX_EXPECTED = 1e9;
const ELEMENT_BYTES = 80;

/** The work and the memory of elements that a result has. */
function charge(context: BuiltinContext, count: number): void {
  context.step(count);
  context.bytes(count * ELEMENT_BYTES);
}
