import { Environment } from '@marcbachmann/cel-js';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { workloadHealth } from './workload-health.ts';

/** What expressions see, as CEL has it: made once for all that are asked about the same state. */
export interface CelData {
  readonly parameter: unknown;
  readonly context: unknown;
}

/** Evaluates one CEL expression; throws with a one-line message. */
export type CompiledExpression = (data: CelData) => unknown;

/** Numbers that are whole become CEL's int, so that arithmetic and text are as in Kubernetes. */
export const celData = (data: { readonly parameter: JsonObject; readonly context: JsonObject }): CelData => ({
  parameter: toCel(data.parameter),
  context: toCel(data.context),
});

/** CEL with `context` and `parameter`, and the rules of well-known kinds as functions. */
const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  .registerVariable('context', 'map')
  .registerVariable('parameter', 'map')
  .registerFunction(
    'workloadHealthy(dyn): bool',
    (object: unknown) => workloadHealth(fromCel(object) as KubeObject).healthy,
  )
  .registerFunction(
    'workloadMessage(dyn): string',
    (object: unknown) => workloadHealth(fromCel(object) as KubeObject).message,
  );

/** Throws when the expression does not parse or its types cannot fit. */
export function compileExpression(source: string): CompiledExpression {
  const evaluate = firstLine(() => {
    const parsed = environment.parse(source);
    const checked = parsed.check();
    if (!checked.valid) throw checked.error ?? new Error('is not valid');
    return parsed;
  });
  return (data) => fromCel(firstLine(() => evaluate(data) as unknown));
}

function toCel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toCel(item)]));
}

function fromCel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromCel);
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), fromCel(item)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromCel(item)]));
}

function firstLine<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    const text = (error as { message?: unknown }).message;
    throw new Error((typeof text === 'string' ? text : String(error)).split('\n')[0], { cause: error });
  }
}
