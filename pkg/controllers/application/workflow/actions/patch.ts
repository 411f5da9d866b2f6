import type { Json, JsonObject } from '../../../../../machinery/src/meta.ts';
import { isMap } from '../../../../../machinery/src/patch/json.ts';
import { strategicMerge } from '../../../../render/merge.ts';

/**
 * An object with a patch of a template merged in: fields of the patch replace, lists with known keys (containers, env,
 * volumes and their like) merge by them, other lists are replaced.
 */
export function applyPatch(base: JsonObject, patch: Json): JsonObject {
  const merged = strategicMerge(base, patch);
  return isMap(merged) ? (merged as JsonObject) : base;
}
