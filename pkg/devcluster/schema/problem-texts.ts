import type { FieldProblem } from '../kinds/strategy.ts';

/** A value as field errors print it. */
export function printed(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}

export function requiredProblem(field: string, detail = ''): FieldProblem {
  return {
    reason: 'FieldValueRequired',
    field,
    message: detail === '' ? 'Required value' : `Required value: ${detail}`,
  };
}

export function invalidProblem(field: string, value: unknown, detail: string): FieldProblem {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${printed(value)}: ${detail}` };
}

export function typeProblem(field: string, value: unknown, detail: string): FieldProblem {
  return { reason: 'FieldValueTypeInvalid', field, message: `Invalid value: ${printed(value)}: ${detail}` };
}

export function unsupportedProblem(field: string, value: unknown, supported: readonly string[]): FieldProblem {
  const list = supported.map((name) => JSON.stringify(name)).join(', ');
  return {
    reason: 'FieldValueNotSupported',
    field,
    message: `Unsupported value: ${printed(value)}: supported values: ${list}`,
  };
}

export function duplicateProblem(field: string, value: unknown): FieldProblem {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${printed(value)}` };
}

export function forbiddenProblem(field: string, detail: string): FieldProblem {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${detail}` };
}
