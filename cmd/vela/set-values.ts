import type { JsonObject } from '../../machinery/src/meta.ts';
import { readSetValues } from '../../pkg/render/set-values.ts';
import { usageFailure } from './failure.ts';

/** Reads key=value arguments as Helm's --set does. Throws a usage failure with every problem. */
export function parsePairs(pairs: readonly string[]): JsonObject {
  const reading = readSetValues(pairs);
  if (!reading.ok) throw usageFailure(reading.problems.join('; '));
  return reading.values;
}
