import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../clock/clock.ts';
import type { Schema } from './schema.ts';
import { applyStrategicMerge } from './strategic-merge.ts';

const env: Schema = {
  type: 'array',
  'x-kubernetes-patch-strategy': 'merge',
  'x-kubernetes-patch-merge-key': 'name',
  items: { type: 'object', properties: { name: { type: 'string' }, value: { type: 'string' } } },
};
const schema: Schema = {
  type: 'object',
  properties: {
    env,
    args: { type: 'array', items: { type: 'string' } },
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-patch-strategy': 'merge' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    strategy: { type: 'object', properties: { type: { type: 'string' } }, 'x-kubernetes-patch-strategy': 'retainKeys' },
  },
};
const item = (name: string, value?: string) => (value === undefined ? { name } : { name, value });

describe('lists', () => {
  test.each([
    {
      name: 'an item is changed in place',
      old: { env: [item('A', '1'), item('B', '2')] },
      patch: { env: [item('B', '9')] },
      want: { env: [item('A', '1'), item('B', '9')] },
    },
    {
      name: 'new items come first',
      old: { env: [item('A', '1')] },
      patch: { env: [item('B', '2'), item('A', '9')] },
      want: { env: [item('B', '2'), item('A', '9')] },
    },
    {
      name: 'an item is deleted',
      old: { env: [item('A', '1'), item('B', '2')] },
      patch: { env: [{ name: 'A', $patch: 'delete' }] },
      want: { env: [item('B', '2')] },
    },
    {
      name: 'a list is replaced',
      old: { env: [item('A', '1')] },
      patch: { env: [item('X', '1'), { $patch: 'replace' }] },
      want: { env: [item('X', '1')] },
    },
    {
      name: 'an order is set',
      old: { env: [item('X', '1'), item('Y', '2')] },
      patch: { '$setElementOrder/env': [item('Z'), item('Y'), item('X')], env: [item('Z', '3')] },
      want: { env: [item('Z', '3'), item('Y', '2'), item('X', '1')] },
    },
    {
      name: 'an item goes while an order is set',
      old: { env: [item('Z', '3'), item('Y', '2'), item('X', '1')] },
      patch: { '$setElementOrder/env': [item('Z'), item('X')], env: [{ name: 'Y', $patch: 'delete' }] },
      want: { env: [item('Z', '3'), item('X', '1')] },
    },
    { name: 'an atomic list is replaced', old: { args: ['a'] }, patch: { args: ['b'] }, want: { args: ['b'] } },
    {
      name: 'scalars are merged',
      old: { finalizers: ['a', 'b'] },
      patch: { finalizers: ['c', 'a'] },
      want: { finalizers: ['c', 'a', 'b'] },
    },
    {
      name: 'scalars are deleted',
      old: { finalizers: ['a', 'b'] },
      patch: { '$deleteFromPrimitiveList/finalizers': ['a'] },
      want: { finalizers: ['b'] },
    },
    { name: 'null removes a list', old: { env: [item('A')] }, patch: { env: null }, want: {} },
    { name: 'a deletion meets no list', old: {}, patch: { env: [{ name: 'A', $patch: 'delete' }] }, want: { env: [] } },
  ])('$name', ({ old, patch, want }) => {
    expect(applyStrategicMerge<object>(old, patch, schema)).toEqual(want);
  });

  test('without a schema every list is replaced', () => {
    expect(applyStrategicMerge<object>({ env: [item('A')] }, { env: [item('B')] }, undefined)).toEqual({
      env: [item('B')],
    });
  });
});

describe('maps', () => {
  test.each([
    {
      name: 'are merged',
      old: { labels: { a: '1' } },
      patch: { labels: { b: '2' } },
      want: { labels: { a: '1', b: '2' } },
    },
    {
      name: 'are replaced',
      old: { labels: { a: '1' } },
      patch: { labels: { $patch: 'replace', b: '2' } },
      want: { labels: { b: '2' } },
    },
    { name: 'are emptied', old: { labels: { a: '1' } }, patch: { labels: { $patch: 'delete' } }, want: { labels: {} } },
    {
      name: 'retain keys',
      old: { strategy: { type: 'A', more: 1 } },
      patch: { strategy: { $retainKeys: ['type'], type: 'B' } },
      want: { strategy: { type: 'B' } },
    },
    {
      name: 'that are new carry no directives',
      old: {},
      patch: { strategy: { $retainKeys: ['type'], type: 'B', no: null } },
      want: { strategy: { type: 'B' } },
    },
  ])('$name', ({ old, patch, want }) => {
    expect(applyStrategicMerge<object>(old, patch, schema)).toEqual(want);
  });
});

test.each([
  { name: 'an unknown directive in a map', patch: { labels: { $patch: 'frob' } }, reason: 'UnknownDirective' },
  {
    name: 'an unknown directive in a list',
    patch: { env: [{ $patch: 'frob', name: 'A' }] },
    reason: 'UnknownDirective',
  },
  { name: 'an item without its key', patch: { env: [{ value: '1' }] }, reason: 'SchemaViolation' },
  {
    name: 'a retained list without a field of the patch',
    patch: { strategy: { $retainKeys: ['x'], type: 'B' } },
    reason: 'MalformedPatch',
  },
  {
    name: 'an order without an item of the patch',
    patch: { '$setElementOrder/env': [item('B')], env: [item('C', '1')] },
    reason: 'SchemaViolation',
  },
  { name: 'a list', patch: [], reason: 'MalformedPatch' },
])('$name is refused', ({ patch, reason }) => {
  const old = { env: [item('A', '1')], labels: { a: '1' }, strategy: { type: 'A' } };
  expect(() => applyStrategicMerge(old, patch, schema)).toThrow(expect.objectContaining({ reason }));
});

test('applying a patch twice changes nothing more', () => {
  const seed = 11;
  const random = seededRandom(seed);
  const list = () =>
    ['A', 'B', 'C', 'D'].filter(() => random() < 0.5).map((n) => item(n, String(Math.floor(random() * 3))));
  for (let i = 0; i < 300; i++) {
    const patch = { env: list(), labels: { a: String(i) } };
    const once = applyStrategicMerge<object>({ env: list() }, patch, schema);
    expect({ seed, i, got: applyStrategicMerge(once, patch, schema) }).toEqual({ seed, i, got: once });
  }
});

test.each(['{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}'])(
  '%s is a key like any other',
  (text) => {
    const merged = applyStrategicMerge({}, JSON.parse(text), undefined);
    expect(JSON.stringify(merged)).toBe(text);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  },
);

describe('directives that meet nothing', () => {
  test.each<{ name: string; patch: object; want: object }>([
    { name: 'in a map', patch: { labels: { $patch: 'replace', b: '2' } }, want: { a: 1 } },
    { name: 'that is unknown', patch: { labels: { $patch: 'odd' } }, want: { a: 1 } },
    {
      name: 'deeper',
      patch: { strategy: { type: 'A', opts: { $patch: 'delete' } } },
      want: { a: 1, strategy: { type: 'A' } },
    },
    { name: 'in a list', patch: { env: [{ $patch: 'delete', name: 'A' }] }, want: { a: 1, env: [] } },
    { name: 'for scalars', patch: { '$deleteFromPrimitiveList/finalizers': 'x' }, want: { a: 1 } },
  ])('$name leave nothing', ({ patch, want }) => {
    expect(applyStrategicMerge({ a: 1 }, patch, schema)).toEqual(want);
  });
});
