import { JsonPathReader } from './json-path-reader.ts';
import type { Operand, Step } from './json-path-step.ts';
import { isRecord } from '../contract/json.ts';

/** A compiled JSONPath of the kind that Kubernetes understands. */
export class JsonPath {
  readonly #steps: readonly Step[];

  private constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  /** Takes `.a.b`, `{.a.b}` or `a.b`. Throws an Error that says what is wrong with the text. */
  static parse(text: string): JsonPath {
    const inner = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text;
    return new JsonPath(new JsonPathReader(inner.replace(/^\$/, '')).path());
  }

  /** All values that the path leads to, in order; none when it leads nowhere. */
  find(root: unknown): unknown[] {
    return walk([root], this.#steps);
  }
}

function walk(values: readonly unknown[], steps: readonly Step[]): unknown[] {
  let current = [...values];
  for (const step of steps) current = current.flatMap((value) => below(value, step));
  return current;
}

function below(value: unknown, step: Step): unknown[] {
  switch (step.type) {
    case 'field':
      return isRecord(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'all':
      return children(value);
    case 'descend':
      return descendants(value);
    case 'slice':
      return Array.isArray(value) ? sliced(value, step) : [];
    case 'union':
      return step.keys.flatMap((key) => picked(value, key));
    case 'filter':
      return children(value).filter((element) => matches(element, step));
  }
}

function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  return isRecord(value) ? Object.values(value) : [];
}

function descendants(value: unknown): unknown[] {
  return [value, ...children(value).flatMap(descendants)];
}

function picked(value: unknown, key: string | number): unknown[] {
  if (typeof key === 'string') return isRecord(value) && Object.hasOwn(value, key) ? [value[key]] : [];
  if (!Array.isArray(value)) return [];
  const element: unknown = value.at(key);
  return element === undefined ? [] : [element];
}

function sliced(list: readonly unknown[], { from, to, by }: Extract<Step, { type: 'slice' }>): unknown[] {
  return list.slice(from, to).filter((_, i) => i % by === 0);
}

function matches(element: unknown, { left, operator, right }: Extract<Step, { type: 'filter' }>): boolean {
  const values = operandValues(element, left);
  if (right === undefined) return values.length > 0;
  const [a] = values;
  const [b] = operandValues(element, right);
  if (a === undefined || b === undefined) return false;
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    default:
      return ordered(a, b, operator);
  }
}

function operandValues(element: unknown, operand: Operand): unknown[] {
  return operand.type === 'value' ? [operand.value] : walk([element], operand.steps);
}

function ordered(a: unknown, b: unknown, operator: string): boolean {
  const comparable =
    (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string');
  if (!comparable) return false;
  if (operator.endsWith('=') && a === b) return true;
  return operator.startsWith('<') ? a < b : a > b;
}
