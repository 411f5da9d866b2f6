import { expect, test } from '@jest/globals';
import { strategicMerge } from './merge.ts';

const one = { name: 'a', value: '1' };

test.each<{ name: string; base: unknown; patch: unknown; want: unknown }>([
  {
    name: 'objects merge, null removes',
    base: { a: 1, b: { c: 1, d: 2 } },
    patch: { b: { c: null }, e: 3 },
    want: { a: 1, b: { d: 2 }, e: 3 },
  },
  { name: 'nulls of what is new are dropped', base: {}, patch: { a: { b: null, c: 1 } }, want: { a: { c: 1 } } },
  {
    name: 'lists merge by key, new elements last',
    base: { env: [one] },
    patch: { env: [{ name: 'b' }, { name: 'a', value: '2' }] },
    want: { env: [{ name: 'a', value: '2' }, { name: 'b' }] },
  },
  { name: 'other lists are replaced', base: { args: ['a', 'b'] }, patch: { args: ['c'] }, want: { args: ['c'] } },
  { name: 'a list of no elements merges nothing', base: { env: [one] }, patch: { env: null }, want: { env: [one] } },
  {
    name: 'an element is removed',
    base: { env: [one, { name: 'b' }] },
    patch: { env: [{ name: 'a', $patch: 'delete' }] },
    want: { env: [{ name: 'b' }] },
  },
  {
    name: 'removing what is not there does nothing',
    base: { env: [one] },
    patch: { env: [{ name: 'x', $patch: 'delete' }] },
    want: { env: [one] },
  },
  {
    name: 'a list is replaced',
    base: { env: [one] },
    patch: { env: [{ $patch: 'replace' }, { name: 'b' }] },
    want: { env: [{ name: 'b' }] },
  },
  {
    name: 'an object is replaced',
    base: { a: { b: 1, c: 2 } },
    patch: { a: { $patch: 'replace', c: 3 } },
    want: { a: { c: 3 } },
  },
  {
    name: 'ports without protocol are TCP',
    base: { ports: [{ containerPort: 80, name: 'x' }] },
    patch: {
      ports: [
        { containerPort: 80, protocol: 'TCP' },
        { containerPort: 80, protocol: 'UDP' },
      ],
    },
    want: {
      ports: [
        { containerPort: 80, name: 'x', protocol: 'TCP' },
        { containerPort: 80, protocol: 'UDP' },
      ],
    },
  },
  {
    name: 'a volume can be mounted twice',
    base: { volumeMounts: [{ name: 'v', mountPath: '/a' }] },
    patch: { volumeMounts: [{ name: 'v', mountPath: '/b' }] },
    want: {
      volumeMounts: [
        { name: 'v', mountPath: '/a' },
        { name: 'v', mountPath: '/b' },
      ],
    },
  },
  {
    name: 'the prototype stays',
    base: {},
    patch: JSON.parse('{"__proto__": {"x": 1}}') as unknown,
    want: JSON.parse('{"__proto__": {"x": 1}}') as unknown,
  },
])('$name', ({ base, patch, want }) => {
  const frozen = JSON.stringify(base);
  expect(strategicMerge(base, patch)).toEqual(want);
  expect(JSON.stringify(base)).toBe(frozen);
});
