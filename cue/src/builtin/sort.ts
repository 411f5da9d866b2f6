import type { BuiltinContext, CueValue } from './api.ts';
import { BuiltinError } from './api.ts';

type Less = (a: CueValue, b: CueValue) => boolean;

/** The order that a comparer `{x: _, y: _, less: x < y}` defines. */
function lessBy(order: CueValue, context: BuiltinContext): Less {
  if (order.lookup(['less']) === undefined) throw new BuiltinError('field not found: less');
  return (a, b) => {
    context.step(1);
    const less = order.fill('x', a).fill('y', b).lookup(['less'])?.toData();
    if (less instanceof BuiltinError) throw less;
    return less === true;
  };
}

export function sortBy(elements: readonly CueValue[], order: CueValue, context: BuiltinContext): CueValue[] {
  const less = lessBy(order, context);
  return elements.toSorted((a, b) => (less(a, b) ? -1 : less(b, a) ? 1 : 0));
}

export function isSortedBy(elements: readonly CueValue[], order: CueValue, context: BuiltinContext): boolean {
  if (order.lookup(['less']) === undefined) return true;
  const less = lessBy(order, context);
  return elements.every((element, i) => {
    const previous = elements[i - 1];
    return previous === undefined || !less(element, previous);
  });
}
