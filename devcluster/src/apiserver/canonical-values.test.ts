import { expect, test } from '@jest/globals';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { canonicalValues } from './canonical-values.ts';

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string', format: 'date-time' };
const quantity: Schema = { oneOf: [{ type: 'string' }, { type: 'number' }] };
const schema: Schema = {
  type: 'object',
  properties: {
    limits: { type: 'object', additionalProperties: quantity },
    port: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
    list: { type: 'array', items: { type: 'object', properties: { at: time } } },
    renewTime: time,
    data: { type: 'object', additionalProperties: { type: 'string', format: 'byte' } },
    note: text,
  },
};

test('quantities and times are written as the server writes them', () => {
  const object = {
    limits: { cpu: 0.5, memory: '1024Ki' },
    port: '80',
    list: [{ at: '2024-01-01T02:00:00.5+02:00' }],
    renewTime: '2024-01-01T02:00:00.120000+02:00',
    data: { a: 'MQ==' },
    note: '1000m',
  };
  expect(canonicalValues(object, schema)).toEqual([]);
  expect(object).toEqual({
    limits: { cpu: '500m', memory: '1Mi' },
    port: '80',
    list: [{ at: '2024-01-01T00:00:00Z' }],
    renewTime: '2024-01-01T00:00:00.120000Z',
    data: { a: 'MQ==' },
    note: '1000m',
  });
});

test.each<[object, RegExp]>([
  [{ limits: { cpu: 'lots' } }, /^quantities must match the regular expression/],
  [{ list: [{ at: 'yesterday' }] }, /^parsing time "yesterday"/],
  [{ renewTime: '2024-01-01T00:00:00Z' }, /cannot parse "Z" as ".000000"$/],
  [{ data: { a: '***' } }, /^illegal base64 data at input byte 0$/],
  [{ data: { a: 'MQ=' } }, /^illegal base64 data/],
])('%j cannot be read', (object, expected) => {
  const [problem] = canonicalValues(object, schema);
  expect(problem).toMatch(expected);
});
