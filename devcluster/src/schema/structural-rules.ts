import { isMap } from '../../../machinery/src/patch/json.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { forbidden, invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { ruleProblem } from './cel-rules.ts';
import { completeSchema } from './crd-schema.ts';
import { ruleFieldProblems, shownRule } from './rule-fields.ts';
import { patternOf } from '../text/pattern.ts';
import { prune } from './structural.ts';
import { validateSchema } from './validate.ts';

type Level = 'root' | 'field' | 'item';

/** What keeps a schema from being structural, or a default or rule in it from being right. */
export function structuralProblems(schema: Schema, path: string): FieldProblem[] {
  return problems(schema, path, 'root');
}

function problems(schema: Schema, path: string, level: Level): FieldProblem[] {
  // The API's own schema lets anything stand where a list of schemas or a boolean may stand, too.
  const items = isMap(schema) ? schema['items'] : undefined;
  const below = items === undefined ? [] : misshapenFields(items, `${path}.items`);
  const misshapen = [...misshapenFields(schema, path), ...below];
  if (misshapen.length > 0) return misshapen;
  return [
    ...typeProblems(schema, path, level),
    ...(level === 'root' ? identityProblems(schema, path) : []),
    ...shapeProblems(schema, path),
    ...listTypeProblems(schema, path),
    ...forbiddenKeys(schema, path),
    ...combinationProblems(schema, path),
    ...defaultProblems(schema, path, level),
    ...ruleProblems(schema, path, level),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
      problems(field, `${path}.properties[${name}]`, 'field'),
    ),
    ...(schema.items !== undefined ? problems(schema.items, `${path}.items`, 'item') : []),
    ...(typeof schema.additionalProperties === 'object'
      ? problems(schema.additionalProperties, `${path}.additionalProperties`, 'field')
      : []),
  ];
}

const listKeys = [
  'required',
  'enum',
  'allOf',
  'anyOf',
  'oneOf',
  'x-kubernetes-validations',
  'x-kubernetes-list-map-keys',
];

/** What the schema of the API would refuse, were it not silent about what is below `items` and `additionalProperties`. */
function misshapenFields(schema: unknown, path: string): FieldProblem[] {
  if (!isMap(schema)) return [invalid(path, schema, 'must be a schema')];
  const found = listKeys
    .filter((key) => schema[key] !== undefined && !Array.isArray(schema[key]))
    .map((key) => invalid(`${path}.${key}`, schema[key], 'must be a list'));
  if (schema['properties'] !== undefined && !isMap(schema['properties']))
    found.push(invalid(`${path}.properties`, schema['properties'], 'must be a map'));
  return found;
}

function typeProblems(schema: Schema, path: string, level: Level): FieldProblem[] {
  const at = `${path}.type`;
  if (schema['x-kubernetes-int-or-string'] === true) return [];
  if (schema.type === undefined) {
    if (schema['x-kubernetes-preserve-unknown-fields'] === true && level !== 'root') return [];
    const where = { root: 'at the root', field: 'for specified object fields', item: 'for specified array items' }[
      level
    ];
    return [required(at, `must not be empty ${where}`)];
  }
  const types: readonly string[] = ['object', 'array', 'string', 'integer', 'number', 'boolean'];
  if (!types.includes(schema.type))
    return [
      {
        reason: 'FieldValueNotSupported',
        field: at,
        message: `Unsupported value: ${JSON.stringify(schema.type)}: supported values: ${[...types]
          .sort()
          .map((type) => JSON.stringify(type))
          .join(', ')}`,
      },
    ];
  return level === 'root' && schema.type !== 'object' ? [invalid(at, schema.type, 'must be object at the root')] : [];
}

/** Of what each object has the schema may restrict the name only. */
function identityProblems(schema: Schema, path: string): FieldProblem[] {
  const { metadata } = schema.properties ?? {};
  const found = ['apiVersion', 'kind'].flatMap((key) => {
    const type = schema.properties?.[key]?.type;
    const at = `${path}.properties[${key}].type`;
    return type === undefined || type === 'string' ? [] : [invalid(at, type, 'must be string')];
  });
  const others = Object.keys(metadata?.properties ?? {}).filter((key) => key !== 'name' && key !== 'generateName');
  const text = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
  return others.length === 0 ? found : [...found, forbidden(`${path}.properties[metadata]`, text)];
}

function shapeProblems(schema: Schema, path: string): FieldProblem[] {
  const found: FieldProblem[] = [];
  if (schema.properties && schema.additionalProperties !== undefined && Object.keys(schema.properties).length > 0)
    found.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  if (schema.additionalProperties === false)
    found.push(forbidden(`${path}.additionalProperties`, 'additionalProperties cannot be set to false'));
  if (schema.type === 'array' && !schema.items) found.push(required(`${path}.items`, 'must be specified'));
  if (schema['x-kubernetes-embedded-resource'] === true) {
    if (schema.type !== 'object')
      found.push(
        invalid(`${path}.type`, schema.type ?? '', 'must be object if x-kubernetes-embedded-resource is true'),
      );
    if (!schema.properties && schema['x-kubernetes-preserve-unknown-fields'] !== true)
      found.push(
        required(
          `${path}.properties`,
          'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
        ),
      );
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    found.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  if (schema.pattern !== undefined && patternOf(schema.pattern) === undefined)
    found.push(invalid(`${path}.pattern`, schema.pattern, "must be a valid regular expression, but isn't"));
  return found;
}

function listTypeProblems(schema: Schema, path: string): FieldProblem[] {
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const keysAt = `${path}.x-kubernetes-list-map-keys`;
  const unknown = [
    ...unknownType(schema, path, 'x-kubernetes-list-type', ['atomic', 'set', 'map']),
    ...unknownType(schema, path, 'x-kubernetes-map-type', ['atomic', 'granular']),
  ];
  if (unknown.length > 0) return unknown;
  if (type === 'set' && schema.items?.type === 'object' && schema.items['x-kubernetes-map-type'] !== 'atomic') {
    const at = `${path}.items.x-kubernetes-map-type`;
    const given = schema.items['x-kubernetes-map-type'];
    return [invalid(at, given, 'must be atomic as item of a list with x-kubernetes-list-type=set')];
  }
  if (type !== undefined && schema.type !== 'array')
    return [invalid(`${path}.type`, schema.type ?? '', 'must be array if x-kubernetes-list-type is specified')];
  if (type !== 'map')
    return keys.length > 0
      ? [
          invalid(
            `${path}.x-kubernetes-list-type`,
            type ?? '',
            'must be map if x-kubernetes-list-map-keys is non-empty',
          ),
        ]
      : [];
  if (keys.length === 0) return [required(keysAt, 'must not be empty if x-kubernetes-list-type is map')];
  const items = schema.items;
  return keys.flatMap((key, i) => {
    const field = items?.properties?.[key];
    if (!field) return [invalid(`${keysAt}[${i}]`, key, 'entries must all be names of item properties')];
    if (field.default !== undefined || items.required?.includes(key) === true) return [];
    return [
      required(
        `${path}.items.properties[${key}].default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      ),
    ];
  });
}

function unknownType(
  schema: Schema,
  path: string,
  key: 'x-kubernetes-list-type' | 'x-kubernetes-map-type',
  supported: readonly string[],
): FieldProblem[] {
  const value = schema[key];
  return value === undefined || supported.includes(value) ? [] : [unsupported(`${path}.${key}`, value, supported)];
}

function forbiddenKeys(schema: Schema, path: string): FieldProblem[] {
  const found = ['$ref', 'definitions', 'dependencies', 'patternProperties', 'additionalItems', 'id'].filter(
    (key) => key in schema,
  );
  const problemsFound = found.map((key) => forbidden(`${path}.${key}`, `${key} is not supported`));
  if (schema.uniqueItems === true)
    problemsFound.push(
      forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  return problemsFound;
}

/** Inside allOf, anyOf, oneOf and not only values may be restricted: types, defaults and extensions belong outside. */
function combinationProblems(schema: Schema, path: string): FieldProblem[] {
  const lists = (['allOf', 'anyOf', 'oneOf'] as const).flatMap((key) =>
    (schema[key] ?? []).map((part, i) => ({ part, at: `${path}.${key}[${i}]` })),
  );
  const parts = schema.not ? [...lists, { part: schema.not, at: `${path}.not` }] : lists;
  const mayHaveType = schema['x-kubernetes-int-or-string'] === true;
  return parts.flatMap(({ part, at }) => notRestrictions(part, at, mayHaveType));
}

function notRestrictions(part: Schema, path: string, mayHaveType: boolean): FieldProblem[] {
  const outside = [
    'default',
    'additionalProperties',
    'nullable',
    'title',
    'description',
    'x-kubernetes-preserve-unknown-fields',
    'x-kubernetes-embedded-resource',
    'x-kubernetes-int-or-string',
    'x-kubernetes-list-type',
    'x-kubernetes-list-map-keys',
    'x-kubernetes-map-type',
  ];
  if (!mayHaveType) outside.push('type');
  const here = outside
    .filter((key) => key in part)
    .map((key) => forbidden(`${path}.${key}`, 'must be empty to be structural'));
  const below = Object.entries(part.properties ?? {}).flatMap(([name, field]) =>
    notRestrictions(field, `${path}.properties[${name}]`, false),
  );
  return [...here, ...below, ...(part.items ? notRestrictions(part.items, `${path}.items`, false) : [])];
}

function defaultProblems(schema: Schema, path: string, level: Level): FieldProblem[] {
  const value = schema.default;
  if (value === undefined) return [];
  const at = `${path}.default`;
  if (level === 'root') return [forbidden(at, 'must not be set')];
  const copy: unknown = structuredClone(value);
  if (prune(copy, schema).length > 0) return [invalid(at, value, 'must not have unknown fields')];
  return validateSchema(value, schema, at);
}

function ruleProblems(schema: Schema, path: string, level: Level): FieldProblem[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  const seen =
    level === 'root'
      ? completeSchema(schema, {
          type: 'object',
          properties: { name: { type: 'string' }, generateName: { type: 'string' } },
        })
      : schema;
  return rules.flatMap((rule, i) => {
    const at = `${path}.x-kubernetes-validations[${i}]`;
    if (typeof rule.rule !== 'string' || rule.rule.trim() === '')
      return [required(`${at}.rule`, 'rule is not specified')];
    const problem = ruleProblem(rule, seen);
    const shown = shownRule(rule);
    return [
      ...(problem === undefined ? [] : [invalid(`${at}.rule`, shown, problem)]),
      ...ruleFieldProblems(rule, seen, at),
    ];
  });
}
