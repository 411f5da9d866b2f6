import { describe, expect, test } from '@jest/globals';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { applyDefaults, prune } from './structural.ts';

const text: Schema = { type: 'string' };
const object = (properties: Record<string, Schema>, extra: Partial<Schema> = {}): Schema => ({
  type: 'object',
  properties,
  ...extra,
});

describe('defaults', () => {
  const schema = object({
    size: { type: 'integer', default: 3 },
    opts: object({ mode: { ...text, default: 'fast' } }, { default: {} }),
    bare: object({ mode: { ...text, default: 'slow' } }),
    list: { type: 'array', items: object({ p: { ...text, default: 'TCP' } }) },
    map: { type: 'object', additionalProperties: object({ p: { ...text, default: 'x' } }) },
    nullable: { ...text, nullable: true, default: 'x' },
    notnull: { ...text, default: 'y' },
    plain: text,
  });
  const all = { size: 3, opts: { mode: 'fast' }, nullable: 'x', notnull: 'y' };

  test.each([
    { name: 'of everything', given: {}, want: all },
    {
      name: 'below what is given',
      given: { bare: {}, list: [{}, { p: 'UDP' }], map: { m: {} } },
      want: { ...all, bare: { mode: 'slow' }, list: [{ p: 'TCP' }, { p: 'UDP' }], map: { m: { p: 'x' } } },
    },
    {
      name: 'for nulls that may not be',
      given: { nullable: null, notnull: null, plain: null },
      want: { ...all, nullable: null },
    },
    { name: 'not over values', given: { size: 0 }, want: { ...all, size: 0 } },
  ])('$name', ({ given, want }) => {
    const value = structuredClone(given);
    applyDefaults(value, schema);
    expect(value).toEqual(want);
  });

  test('are not shared between objects', () => {
    const [a, b] = [{} as Record<string, object>, {} as Record<string, object>];
    applyDefaults(a, schema);
    applyDefaults(b, schema);
    expect(a['opts']).not.toBe(b['opts']);
  });
});

test('pruning removes what the schema does not know', () => {
  const schema = object({
    known: text,
    free: object({ strict: object({ a: text }) }, { 'x-kubernetes-preserve-unknown-fields': true }),
    map: { type: 'object', additionalProperties: object({ k: text }) },
    list: { type: 'array', items: object({ k: text }) },
  });
  const value = {
    known: '1',
    bogus: 2,
    free: { any: { thing: 1 }, strict: { a: '1', b: '2' } },
    map: { m: { k: '1', z: '2' } },
    list: [{ y: 1 }],
  };
  expect(prune(value, schema)).toEqual(['bogus', 'free.strict.b', 'map.m.z', 'list[0].y']);
  expect(value).toEqual({
    known: '1',
    free: { any: { thing: 1 }, strict: { a: '1' } },
    map: { m: { k: '1' } },
    list: [{}],
  });
});
