import { formatPath, fieldStep } from './field-set.ts';
import { isMap } from './json.ts';
import type { Schema } from './schema.ts';
import { fieldSchema, isNamed, isOpen, itemStep, partsOf } from './typed.ts';

/** What keeps an applied object from being merged by its schema: undeclared fields, wrong types, duplicate or missing keys. */
export function typingProblems(value: unknown, schema: Schema | undefined): readonly string[] {
  return [...problems(value, schema, [])];
}

function* problems(value: unknown, schema: Schema | undefined, path: readonly string[]): Generator<string> {
  if (!schema || value === null || value === undefined) return;
  const wrong = typeProblem(value, schema);
  if (wrong !== undefined) {
    yield `${formatPath(path)}: ${wrong}`;
    return;
  }
  if (isMap(value)) yield* mapProblems(value, schema, path);
  else if (Array.isArray(value)) yield* listProblems(value as unknown[], schema, path);
}

function* mapProblems(map: Record<string, unknown>, schema: Schema, path: readonly string[]): Generator<string> {
  const open = isOpen(schema);
  for (const [name, value] of Object.entries(map)) {
    const below = [...path, fieldStep(name)];
    if (!open && !isNamed(schema, name)) yield `${formatPath(below)}: field not declared in schema`;
    else yield* problems(value, fieldSchema(schema, name), below);
  }
}

function* listProblems(list: readonly unknown[], schema: Schema, path: readonly string[]): Generator<string> {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'map' || type === 'set') {
    const seen = new Set<string>();
    for (const [i, item] of list.entries()) {
      const step = itemStep(item, schema);
      if (step === undefined)
        yield `${formatPath(path)}: element ${i}: associative list with keys has an element that omits key field ${omittedKey(item, schema)} (and doesn't have default value)`;
      else if (seen.has(step)) yield `${formatPath(path)}: duplicate entries for key ${formatPath([step])}`;
      else seen.add(step);
    }
    for (const part of partsOf(list, schema)) yield* problems(part.value, part.schema, [...path, part.step]);
    return;
  }
  for (const [i, item] of list.entries()) yield* problems(item, schema.items, [...path, `i:${i}`]);
}

function omittedKey(item: unknown, schema: Schema): string {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  return JSON.stringify(keys.find((name) => !isMap(item) || item[name] === undefined) ?? '');
}

function typeProblem(value: unknown, schema: Schema): string | undefined {
  if (schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string') {
    return isMap(value) || Array.isArray(value) ? `expected scalar, got ${JSON.stringify(value)}` : undefined;
  }
  const type = schema.type && types[schema.type];
  if (!type || type.fits(value) || isQuantity(value, schema)) return undefined;
  return `expected ${type.name}, got ${JSON.stringify(value)}`;
}

const types: Readonly<
  Record<string, { readonly name: string; readonly fits: (value: unknown) => boolean } | undefined>
> = {
  object: { name: 'map', fits: isMap },
  array: { name: 'list', fits: Array.isArray },
  string: { name: 'string', fits: (value) => typeof value === 'string' },
  integer: { name: 'numeric (int or float)', fits: (value) => typeof value === 'number' },
  number: { name: 'numeric (int or float)', fits: (value) => typeof value === 'number' },
  boolean: { name: 'boolean', fits: (value) => typeof value === 'boolean' },
};

/** Quantities are declared as strings or numbers by a union, which the schema of a field may express in either way. */
function isQuantity(value: unknown, schema: Schema): boolean {
  return (
    typeof value === 'number' &&
    (schema.oneOf ?? schema.anyOf)?.some(({ type }) => type === 'number' || type === 'integer') === true
  );
}
