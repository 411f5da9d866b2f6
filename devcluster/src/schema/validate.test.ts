import { expect, test } from '@jest/globals';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { validateSchema } from './validate.ts';

const schema: Schema = {
  type: 'object',
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    color: { type: 'string', enum: ['red', 'green'] },
    name: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 5 },
    list: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' } },
    set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    map: {
      type: 'array',
      items: { type: 'object', properties: { id: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
    },
    flag: { type: 'boolean' },
    sub: { type: 'object', properties: { x: { type: 'string' } }, required: ['x'] },
    port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    when: { type: 'string', format: 'date-time' },
    bytes: { type: 'string', format: 'byte' },
    opt: { type: 'string', nullable: true },
    any: {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    },
    one: { type: 'string', oneOf: [{ pattern: '^a' }, { pattern: 'b$' }] },
  },
};

test.each<{ name: string; spec: unknown; want: string[] }>([
  {
    name: 'minimum',
    spec: { size: 0 },
    want: ['spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1'],
  },
  {
    name: 'maximum',
    spec: { size: 11 },
    want: ['spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10'],
  },
  {
    name: 'enum',
    spec: { color: 'blue' },
    want: ['spec.color: Unsupported value: "blue": supported values: "red", "green"'],
  },
  {
    name: 'pattern',
    spec: { name: 'ABC' },
    want: ['spec.name: Invalid value: "ABC": spec.name in body should match \'^[a-z]+$\''],
  },
  {
    name: 'minLength',
    spec: { name: 'a' },
    want: ['spec.name: Invalid value: "a": spec.name in body should be at least 2 chars long'],
  },
  { name: 'maxLength', spec: { name: 'abcdef' }, want: ['spec.name: Too long: may not be more than 5 bytes'] },
  {
    name: 'minItems',
    spec: { list: [] },
    want: ['spec.list: Invalid value: 0: spec.list in body should have at least 1 items'],
  },
  { name: 'maxItems', spec: { list: ['a', 'b', 'c'] }, want: ['spec.list: Too many: 3: must have at most 2 items'] },
  {
    name: 'string for integer',
    spec: { size: 'one' },
    want: ['spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'],
  },
  {
    name: 'fraction for integer',
    spec: { size: 1.5 },
    want: [
      'spec.size: Invalid value: "number": spec.size in body must be of type integer: "number"',
      '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.size',
    ],
  },
  { name: 'required', spec: { sub: {} }, want: ['spec.sub.x: Required value'] },
  {
    name: 'list for object',
    spec: [],
    want: ['spec: Invalid value: "array": spec in body must be of type object: "array"'],
  },
  {
    name: 'neither int nor string',
    spec: { port: true },
    want: ['spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'],
  },
  { name: 'int or string', spec: { port: 80 }, want: [] },
  {
    name: 'bad time',
    spec: { when: 'yesterday' },
    want: ['spec.when: Invalid value: "yesterday": spec.when in body must be of type date-time: "yesterday"'],
  },
  {
    name: 'bad base64',
    spec: { bytes: '***' },
    want: ['spec.bytes: Invalid value: "***": spec.bytes in body must be of type byte: "***"'],
  },
  { name: 'null that may be', spec: { opt: null }, want: [] },
  {
    name: 'anyOf',
    spec: { any: {} },
    want: [
      '<nil>: Invalid value: "": "spec.any" must validate at least one schema (anyOf)',
      'spec.any.a: Required value',
    ],
  },
  {
    name: 'oneOf twice',
    spec: { one: 'ab' },
    want: [
      '<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
  },
  { name: 'duplicate in a set', spec: { set: ['a', 'a'] }, want: ['spec.set[1]: Duplicate value: "a"'] },
  {
    name: 'duplicate key',
    spec: { map: [{ id: 'x' }, { id: 'x' }] },
    want: ['spec.map[1]: Duplicate value: {"id":"x"}'],
  },
  { name: 'good', spec: { size: 5, color: 'red', name: 'abc', list: ['a'], flag: true, sub: { x: 'y' } }, want: [] },
])('$name', ({ spec, want }) => {
  expect(validateSchema(spec, schema, 'spec').map(({ field, message }) => `${field}: ${message}`)).toEqual(want);
});
