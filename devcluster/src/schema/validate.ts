import { deepEqual } from '../../../machinery/src/patch/equality.ts';
import { isMap, type JsonMap } from '../../../machinery/src/patch/json.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { fieldSchema } from '../../../machinery/src/patch/typed.ts';
import { formatProblem } from '../text/formats.ts';
import { listTypeProblems } from './list-types.ts';
import { patternOf } from '../text/pattern.ts';
import { invalid, required, unsupported } from '../contract/problems.ts';

/** Everything in which a value breaks its schema, in kube-apiserver's words; empty when nothing does. Rules in CEL are not checked. */
export function validateSchema(value: unknown, schema: Schema, path = ''): FieldProblem[] {
  return [...validateValue(value, schema, path), ...listTypeProblems(value, schema, path)];
}

function validateValue(value: unknown, schema: Schema, path: string): FieldProblem[] {
  const wrongType = typeProblems(value, schema, path);
  if (wrongType.length > 0 || value === null) return wrongType;
  return [
    ...combinationProblems(value, schema, path),
    ...scalarProblems(value, schema, path),
    ...enumProblems(value, schema, path),
    ...(Array.isArray(value) ? listProblems(value as unknown[], schema, path) : []),
    ...(isMap(value) ? mapProblems(value, schema, path) : []),
  ];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (isMap(value)) return 'object';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeProblems(value: unknown, schema: Schema, path: string): FieldProblem[] {
  const wanted = schema['x-kubernetes-int-or-string'] === true ? 'integer,string' : schema.type;
  const type = typeOf(value);
  if (wanted === undefined || (type === 'null' && schema.nullable === true)) return [];
  if (wanted.split(',').includes(type) || (wanted === 'number' && type === 'integer')) return [];
  const problem = typeProblem(path, type, `${path} in body must be of type ${wanted}: ${JSON.stringify(type)}`);
  if (wanted !== 'integer' || type !== 'number') return [problem];
  const format = schema.format ?? 'default';
  return [problem, unplaced(`Checked value must be of type integer (${format} format) in ${path}`)];
}

function typeProblem(field: string, value: unknown, detail: string): FieldProblem {
  return { reason: 'FieldValueTypeInvalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${detail}` };
}

/** A problem that the server reports without a field. */
function unplaced(detail: string): FieldProblem {
  return { reason: 'FieldValueInvalid', field: '<nil>', message: `Invalid value: "": ${detail}` };
}

function combinationProblems(value: unknown, schema: Schema, path: string): FieldProblem[] {
  const { allOf, anyOf, oneOf, not } = schema;
  const results = (of: readonly Schema[]) => of.map((part) => validateValue(value, part, path));
  const problems: FieldProblem[] = [];
  if (anyOf && schema['x-kubernetes-int-or-string'] !== true) problems.push(...anyOfProblems(results(anyOf), path));
  if (oneOf) problems.push(...oneOfProblems(results(oneOf), path));
  if (allOf) problems.push(...allOfProblems(results(allOf), path));
  if (not && validateValue(value, not, path).length === 0)
    problems.push(unplaced(`"${path}" must not validate the schema (not)`));
  return problems;
}

function anyOfProblems(results: readonly FieldProblem[][], path: string): FieldProblem[] {
  if (results.some((result) => result.length === 0)) return [];
  return [unplaced(`"${path}" must validate at least one schema (anyOf)`), ...(results[0] ?? [])];
}

function oneOfProblems(results: readonly FieldProblem[][], path: string): FieldProblem[] {
  const valid = results.filter((result) => result.length === 0).length;
  if (valid === 1) return [];
  const found = valid === 0 ? 'none valid' : `${valid} valid alternatives`;
  const problem = unplaced(`"${path}" must validate one and only one schema (oneOf). Found ${found}`);
  return valid === 0 ? [problem, ...(results[0] ?? [])] : [problem];
}

function allOfProblems(results: readonly FieldProblem[][], path: string): FieldProblem[] {
  const broken = results.filter((result) => result.length > 0);
  if (broken.length === 0) return [];
  const none = broken.length === results.length ? '. None validated' : '';
  return [...broken.flat(), unplaced(`"${path}" must validate all the schemas (allOf)${none}`)];
}

function enumProblems(value: unknown, schema: Schema, path: string): FieldProblem[] {
  if (!schema.enum || schema.enum.some((allowed) => deepEqual(allowed, value))) return [];
  return [
    unsupported(
      path,
      value,
      schema.enum.map((allowed) => (typeof allowed === 'string' ? allowed : JSON.stringify(allowed))),
    ),
  ];
}

function scalarProblems(value: unknown, schema: Schema, path: string): FieldProblem[] {
  if (typeof value === 'number') return numberProblems(value, schema, path);
  return typeof value === 'string' ? stringProblems(value, schema, path) : [];
}

function numberProblems(value: number, schema: Schema, path: string): FieldProblem[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const problems: FieldProblem[] = [];
  const fail = (detail: string) => problems.push(invalid(path, value, `${path} in body should be ${detail}`));
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) fail(`a multiple of ${multipleOf}`);
  if (maximum !== undefined) {
    if (exclusiveMaximum === true ? value >= maximum : value > maximum)
      fail(exclusiveMaximum === true ? `less than ${maximum}` : `less than or equal to ${maximum}`);
  }
  if (minimum !== undefined) {
    if (exclusiveMinimum === true ? value <= minimum : value < minimum)
      fail(exclusiveMinimum === true ? `greater than ${minimum}` : `greater than or equal to ${minimum}`);
  }
  return problems;
}

function stringProblems(value: string, schema: Schema, path: string): FieldProblem[] {
  const { minLength, maxLength, pattern, format } = schema;
  const problems: FieldProblem[] = [];
  const length = maxLength === undefined && minLength === undefined ? 0 : Array.from(value).length;
  if (maxLength !== undefined && length > maxLength)
    problems.push({
      reason: 'FieldValueTooLong',
      field: path,
      message: `Too long: may not be more than ${maxLength} bytes`,
    });
  if (minLength !== undefined && length < minLength)
    problems.push(invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
  if (pattern !== undefined && patternOf(pattern)?.test(value) !== true)
    problems.push(invalid(path, value, `${path} in body should match '${pattern}'`));
  if (format !== undefined && formatProblem(value, format))
    problems.push(typeProblem(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`));
  return problems;
}

function tooMany(path: string, count: number, limit: number): FieldProblem {
  return { reason: 'FieldValueTooMany', field: path, message: `Too many: ${count}: must have at most ${limit} items` };
}

function listProblems(list: readonly unknown[], schema: Schema, path: string): FieldProblem[] {
  const { minItems, maxItems, uniqueItems, items } = schema;
  const problems: FieldProblem[] = items ? list.flatMap((item, i) => validateValue(item, items, `${path}[${i}]`)) : [];
  if (minItems !== undefined && list.length < minItems)
    problems.push(invalid(path, list.length, `${path} in body should have at least ${minItems} items`));
  if (maxItems !== undefined && list.length > maxItems) problems.push(tooMany(path, list.length, maxItems));
  if (uniqueItems === true && list.some((item, i) => list.slice(0, i).some((other) => deepEqual(item, other))))
    problems.push(invalid(path, list, `${path} in body shouldn't contain duplicates`));
  return problems;
}

function mapProblems(map: JsonMap, schema: Schema, path: string): FieldProblem[] {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(map, name) || map[name] === undefined);
  return [
    ...countProblems(Object.keys(map).length, schema, path),
    ...missing.map((name) => required(at(name))),
    ...Object.entries(map).flatMap(([name, value]) => {
      const field = fieldSchema(schema, name);
      return field && value !== undefined ? validateValue(value, field, at(name)) : [];
    }),
  ];
}

function countProblems(count: number, { minProperties, maxProperties }: Schema, path: string): FieldProblem[] {
  if (maxProperties !== undefined && count > maxProperties) return [tooMany(path, count, maxProperties)];
  if (minProperties === undefined || count >= minProperties) return [];
  return [invalid(path, count, `${path} in body should have at least ${minProperties} properties`)];
}
