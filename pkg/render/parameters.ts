import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import type { JsonObject } from '../../machinery/src/meta.ts';
import { deepCopy } from '../../machinery/src/patch/json.ts';
import type { Rendered } from './engine.ts';

/** Checks the properties that a user gave and fills in defaults; reports every problem with its path. */
export type ParameterCheck = (given: JsonObject) => Rendered<JsonObject>;

/**
 * Compiles the JSON Schema of a definition's parameters. Types are never coerced; what the schema does not mention is
 * accepted unless it says `additionalProperties: false`. Throws when the schema itself is wrong.
 */
export function compileParameters(schema: JsonObject | undefined): ParameterCheck {
  if (!schema) return (given) => ({ ok: true, value: given });
  // One instance per schema: an instance remembers every schema it ever compiled.
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false, validateFormats: false, logger: false });
  const validate: ValidateFunction = ajv.compile(schema);
  return (given) => {
    const value = deepCopy(given);
    if (validate(value)) return { ok: true, value };
    return { ok: false, problems: [...new Set((validate.errors ?? []).filter(isTelling).map(describe))] };
  };
}

/** Errors that only say that a branch failed add nothing to those inside the branch, nor do reasons against a name. */
const isTelling = ({ keyword, propertyName }: ErrorObject): boolean => keyword !== 'if' && propertyName === undefined;

function describe(error: ErrorObject): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  const path = pathOf(error.instancePath);
  switch (error.keyword) {
    case 'required':
      return `${path}.${String(params['missingProperty'])}: is required`;
    case 'additionalProperties':
      return `${path}.${String(params['additionalProperty'])}: is not a parameter`;
    case 'propertyNames':
      return `${path}.${String(params['propertyName'])}: is not allowed here`;
    case 'enum':
      return `${path}: must be one of ${(params['allowedValues'] as readonly unknown[]).join(', ')}`;
    default:
      return `${path}: ${error.message ?? 'is not valid'}`;
  }
}

/** `/ports/0/port` becomes `properties.ports[0].port`. */
function pathOf(pointer: string): string {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return keys.reduce((path, key) => (/^\d+$/.test(key) ? `${path}[${key}]` : `${path}.${key}`), 'properties');
}
