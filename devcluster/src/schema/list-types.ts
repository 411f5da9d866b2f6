import { fieldSchema, itemStep } from '../../../machinery/src/patch/typed.ts';
import { isMap } from '../../../machinery/src/patch/json.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { duplicate } from '../contract/problems.ts';

/** Items that stand twice in a list of type set, or twice under the same keys in one of type map. */
export function listTypeProblems(value: unknown, schema: Schema | undefined, path: string): FieldProblem[] {
  if (!schema) return [];
  if (Array.isArray(value)) {
    const list = value as unknown[];
    return [
      ...duplicates(list, schema, path),
      ...list.flatMap((item, i) => listTypeProblems(item, schema.items, `${path}[${i}]`)),
    ];
  }
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    listTypeProblems(inner, fieldSchema(schema, name), path === '' ? name : `${path}.${name}`),
  );
}

function duplicates(list: readonly unknown[], schema: Schema, path: string): FieldProblem[] {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const seen = new Set<string>();
  const problems: FieldProblem[] = [];
  for (const [i, item] of list.entries()) {
    const step = itemStep(item, schema);
    if (step === undefined) continue;
    if (seen.has(step)) problems.push(duplicate(`${path}[${i}]`, type === 'set' ? item : JSON.parse(step.slice(2))));
    seen.add(step);
  }
  return problems;
}
