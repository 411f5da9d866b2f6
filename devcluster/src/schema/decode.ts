import { define, isMap, type JsonMap } from '../../../machinery/src/patch/json.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { fieldSchema, isOpen } from '../../../machinery/src/patch/typed.ts';

/** What in a body does not fit a built-in kind. */
export interface DecodingProblems {
  /** Paths of fields that the kind does not have, in the order of the body. */
  readonly unknown: readonly string[];
  /** Texts about values of a wrong type, as Go words them. */
  readonly mistyped: readonly string[];
}

/** Compares a body with the schema of a built-in kind; changes nothing. */
export function checkFields(object: unknown, schema: Schema | undefined, kind = 'object'): DecodingProblems {
  const found = { unknown: [] as string[], mistyped: [] as string[], kind };
  check(object, schema, '', found);
  return { unknown: found.unknown, mistyped: found.mistyped };
}

interface Found {
  readonly unknown: string[];
  readonly mistyped: string[];
  readonly kind: string;
}

function check(value: unknown, schema: Schema | undefined, path: string, found: Found): void {
  if (!schema || value === null || value === undefined) return;
  const want = mismatch(value, schema);
  if (want !== undefined) {
    found.mistyped.push(
      `json: cannot unmarshal ${jsonType(value)} into Go struct field ${found.kind}.${path} of type ${want}`,
    );
    return;
  }
  if (Array.isArray(value)) {
    for (const [i, item] of (value as unknown[]).entries()) check(item, schema.items, `${path}[${i}]`, found);
  } else if (isMap(value)) checkMap(value, schema, path, found);
}

function checkMap(map: JsonMap, schema: Schema, path: string, found: Found): void {
  const open = isOpen(schema);
  for (const [name, value] of Object.entries(map)) {
    const below = path === '' ? name : `${path}.${name}`;
    const field = fieldSchema(schema, name);
    if (field) check(value, field, below, found);
    else if (!open) found.unknown.push(below);
  }
}

const goTypes: Readonly<
  Record<string, { readonly name: string; readonly fits: (value: unknown) => boolean } | undefined>
> = {
  object: { name: 'map', fits: isMap },
  array: { name: 'slice', fits: Array.isArray },
  string: { name: 'string', fits: (value) => typeof value === 'string' },
  integer: { name: 'int32', fits: (value) => Number.isInteger(value) },
  number: { name: 'float64', fits: (value) => typeof value === 'number' },
  boolean: { name: 'bool', fits: (value) => typeof value === 'boolean' },
};

function mismatch(value: unknown, schema: Schema): string | undefined {
  if (schema.format === 'int-or-string') {
    return typeof value === 'string' || Number.isInteger(value) ? undefined : 'intstr.IntOrString';
  }
  if (!schema.type) return undefined;
  const type = goTypes[schema.type];
  if (!type || type.fits(value)) return undefined;
  return schema.type === 'integer' && schema.format ? schema.format : type.name;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`;
  return typeof value;
}

/**
 * A copy without fields that are null or that the built-in kind does not have: what the server would read from it. A null
 * in a list or a map is read as the empty value of its type.
 */
export function decodeBuiltin(value: unknown, schema: Schema | undefined): unknown {
  if (Array.isArray(value)) {
    return (value as unknown[]).map((item) => decodeBuiltin(item ?? emptyOf(schema?.items), schema?.items));
  }
  if (!isMap(value)) return value;
  const open = isOpen(schema);
  const isFree = open && schema?.additionalProperties === undefined;
  const out: JsonMap = {};
  for (const [name, inner] of Object.entries(value)) {
    const field = schema && fieldSchema(schema, name);
    if (isFree) define(out, name, inner);
    else if (inner === null && isMapOf(schema)) define(out, name, decodeBuiltin(emptyOf(field), field));
    else if (inner !== null && inner !== undefined && (field ?? open)) define(out, name, decodeBuiltin(inner, field));
  }
  return out;
}

function isMapOf(schema: Schema | undefined): boolean {
  return schema?.properties === undefined && typeof schema?.additionalProperties === 'object';
}

function emptyOf(schema: Schema | undefined): unknown {
  if (schema?.format === 'int-or-string') return 0;
  switch (schema?.type) {
    case 'string':
      return '';
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'array':
      return [];
    case 'object':
      return {};
    case undefined:
      return null;
  }
}

/** The text of a refusal in strict mode: every unknown and duplicate field. */
export function strictDecodingError(unknown: readonly string[], duplicates: readonly string[] = []): string {
  return `strict decoding error: ${[...fieldWarnings(unknown, duplicates)].join(', ')}`;
}

/** The same as warnings, one each. */
export function fieldWarnings(unknown: readonly string[], duplicates: readonly string[] = []): string[] {
  return [
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
}
