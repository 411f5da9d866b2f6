import { expect, test } from '@jest/globals';
import { publishedSchema } from './published-schema.ts';

test('without parameters any object will do', () => {
  expect(publishedSchema(undefined)).toEqual({ type: 'object' });
});

test('properties have titles, and defaults make them required, at all levels', () => {
  expect(
    publishedSchema({
      type: 'object',
      required: ['image'],
      properties: {
        image: { type: 'string' },
        count: { type: 'integer', default: 1 },
        ports: {
          type: 'array',
          items: { type: 'object', properties: { protocol: { type: 'string', default: 'TCP' } } },
        },
        labels: { type: 'object', additionalProperties: { type: ['string', 'null'] } },
        cpu: { type: ['number', 'string'] },
      },
    }),
  ).toEqual({
    type: 'object',
    required: ['count', 'image'],
    properties: {
      image: { type: 'string', title: 'image' },
      count: { type: 'integer', default: 1, title: 'count' },
      ports: {
        type: 'array',
        title: 'ports',
        items: {
          type: 'object',
          required: ['protocol'],
          properties: { protocol: { type: 'string', default: 'TCP', title: 'protocol' } },
        },
      },
      labels: { type: 'object', title: 'labels', additionalProperties: { type: 'string', nullable: true } },
      cpu: { oneOf: [{ type: 'number' }, { type: 'string' }], title: 'cpu' },
    },
  });
});

test('what OpenAPI cannot say is left out', () => {
  expect(
    publishedSchema({
      type: 'object',
      if: { required: ['a'] },
      then: { propertyNames: { const: 'a' } },
      allOf: [{ if: {}, then: {} }, { minProperties: 1 }],
      properties: { kind: { const: 'x' } },
    }),
  ).toEqual({
    type: 'object',
    allOf: [{ minProperties: 1 }],
    properties: { kind: { enum: ['x'], title: 'kind' } },
  });
});
