import type { KubeClient } from '../apis/kube-client.ts';
import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { readArguments } from './store.ts';

/** Parameters that say one thing in two ways: the one that is given replaces the other one that was kept. */
const alternatives: readonly (readonly string[])[] = [['nShards', 'shardNames']];

export interface KeptArguments {
  /** What the addon was enabled with last and nothing replaces now. */
  readonly kept: readonly string[];
  readonly args: JsonObject;
}

/** The given arguments over those that the addon was enabled with last; null takes one back. */
export async function mergedArguments(
  client: KubeClient,
  addon: string,
  given: JsonObject,
  signal: AbortSignal,
): Promise<KeptArguments> {
  return mergeArguments(await readArguments(client, addon, signal), given);
}

/** The same from arguments that were read: pure. */
export function mergeArguments(stored: JsonObject, given: JsonObject): KeptArguments {
  const isReplaced = (key: string): boolean =>
    alternatives.some((group) => group.includes(key) && group.some((other) => other !== key && other in given));
  const base = Object.fromEntries(Object.entries(stored).filter(([key]) => !isReplaced(key)));
  const kept = Object.keys(base).filter((key) => !(key in given));
  return { kept, args: merged(base, given) };
}

function merged(base: JsonObject, given: JsonObject): JsonObject {
  const result: Record<string, Json | undefined> = { ...base };
  for (const [key, value] of Object.entries(given)) {
    const before = result[key];
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = isMap(before) && isMap(value) ? merged(before, value) : value;
  }
  return result;
}

const isMap = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
