import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { isMap } from '../../machinery/src/patch/json.ts';

/** The properties that an OpenAPI schema and its alternatives declare. */
export function declaredIn(schema: JsonObject): ReadonlyMap<string, JsonObject> {
  const own = isMap(schema['properties']) ? Object.entries(schema['properties']) : [];
  const declared = new Map(own.map(([key, property]) => [key, isMap(property) ? property : {}]));
  for (const branch of branchesOf(schema))
    for (const [key, property] of declaredIn(branch)) if (!declared.has(key)) declared.set(key, property);
  return declared;
}

/** Whether a schema admits properties that it does not declare. */
export const isOpen = (schema: JsonObject): boolean =>
  isMap(schema['additionalProperties']) ||
  schema['additionalProperties'] === true ||
  branchesOf(schema).some((branch) => isOpen(branch) || declaredIn(branch).size === 0);

/** The alternatives of a schema. */
export const branchesOf = (schema: JsonObject): readonly JsonObject[] =>
  ['allOf', 'anyOf', 'oneOf'].flatMap((key) => {
    const branches = schema[key];
    return Array.isArray(branches) ? (branches as readonly Json[]).filter(isMap).map((one) => one as JsonObject) : [];
  });
