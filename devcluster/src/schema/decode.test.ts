import { expect, test } from '@jest/globals';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { checkFields, decodeBuiltin, fieldWarnings, strictDecodingError } from './decode.ts';
import { duplicateFields } from './duplicates.ts';

const schema: Schema = {
  type: 'object',
  properties: {
    metadata: { type: 'object', properties: { name: { type: 'string' } } },
    data: { type: 'object', additionalProperties: { type: 'string' } },
    replicas: { type: 'integer', format: 'int32' },
    raw: { type: 'object' },
    list: { type: 'array', items: { type: 'object', properties: { k: { type: 'string' } } } },
  },
};

test('unknown fields are found in the order of the body', () => {
  const body = { metadata: { name: 'a', odd: 1 }, bogus: 2, raw: { any: 1 }, data: { x: '1' }, list: [{ z: 1 }] };
  const { unknown } = checkFields(body, schema);
  expect(unknown).toEqual(['metadata.odd', 'bogus', 'list[0].z']);
  expect(strictDecodingError(unknown.slice(0, 2))).toBe(
    'strict decoding error: unknown field "metadata.odd", unknown field "bogus"',
  );
  expect(fieldWarnings(['bogus'], ['data.a'])).toEqual(['duplicate field "data.a"', 'unknown field "bogus"']);
});

test('wrong types are found', () => {
  expect(checkFields({ data: { x: 1 }, replicas: 'many', list: {} }, schema, 'Thing').mistyped).toEqual([
    'json: cannot unmarshal number into Go struct field Thing.data.x of type string',
    'json: cannot unmarshal string into Go struct field Thing.replicas of type int32',
    'json: cannot unmarshal object into Go struct field Thing.list of type slice',
  ]);
});

test('decoding drops nulls and unknown fields', () => {
  expect(decodeBuiltin({ bogus: 1, replicas: null, raw: { any: null }, list: [{ k: 'v', z: 1 }] }, schema)).toEqual({
    raw: { any: null },
    list: [{ k: 'v' }],
  });
});

test('duplicate keys are found in the text', () => {
  expect(duplicateFields('{"a":1,"b":{"x":1,"x":"a\\":,"},"c":[{"d":1},{"d":1,"d":[]}],"a":[]}')).toEqual([
    'b.x',
    'c[1].d',
    'a',
  ]);
  expect(duplicateFields('{"a":{"a":{}},"b":["a","a"]}')).toEqual([]);
});

test('a null in a list or a map is the empty value of its type', () => {
  expect(decodeBuiltin({ list: [null], data: { a: null }, metadata: { name: null } }, schema)).toEqual({
    list: [{}],
    data: { a: '' },
    metadata: {},
  });
});
