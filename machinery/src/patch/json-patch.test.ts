import { describe, expect, test } from '@jest/globals';
import { applyJsonPatch } from './json-patch.ts';

const document = { data: { x: '1', y: '2' }, list: ['a', 'b'] };

describe('operations', () => {
  test.each([
    {
      name: 'replace',
      ops: [{ op: 'replace', path: '/data/x', value: '9' }],
      want: { ...document, data: { x: '9', y: '2' } },
    },
    {
      name: 'replace of a missing key',
      ops: [{ op: 'replace', path: '/data/n', value: '1' }],
      want: { ...document, data: { x: '1', y: '2', n: '1' } },
    },
    { name: 'remove', ops: [{ op: 'remove', path: '/data/y' }], want: { ...document, data: { x: '1' } } },
    {
      name: 'move',
      ops: [{ op: 'move', from: '/data/y', path: '/data/z' }],
      want: { ...document, data: { x: '1', z: '2' } },
    },
    { name: 'copy', ops: [{ op: 'copy', from: '/list', path: '/data' }], want: { ...document, data: ['a', 'b'] } },
    { name: 'append', ops: [{ op: 'add', path: '/list/-', value: 'c' }], want: { ...document, list: ['a', 'b', 'c'] } },
    { name: 'insert', ops: [{ op: 'add', path: '/list/0', value: 'z' }], want: { ...document, list: ['z', 'a', 'b'] } },
    { name: 'a negative index', ops: [{ op: 'remove', path: '/list/-1' }], want: { ...document, list: ['a'] } },
    {
      name: 'an escaped path',
      ops: [{ op: 'add', path: '/data/a~1b~0c', value: '' }],
      want: { ...document, data: { x: '1', y: '2', 'a/b~c': '' } },
    },
    { name: 'test that holds', ops: [{ op: 'test', path: '/data', value: { y: '2', x: '1' } }], want: document },
    { name: 'test for absence', ops: [{ op: 'test', path: '/data/n', value: null }], want: document },
    { name: 'replacing the whole', ops: [{ op: 'replace', path: '', value: {} }], want: {} },
  ])('$name', ({ ops, want }) => {
    const before = JSON.stringify(document);
    expect(applyJsonPatch(document, ops)).toEqual(want);
    expect(JSON.stringify(document)).toBe(before);
  });
});

describe('refusals', () => {
  test.each([
    { name: 'test that fails', ops: [{ op: 'test', path: '/data/x', value: 'no' }], reason: 'NotApplicable' },
    { name: 'remove of a missing key', ops: [{ op: 'remove', path: '/data/n' }], reason: 'NotApplicable' },
    { name: 'add below nothing', ops: [{ op: 'add', path: '/none/a', value: 1 }], reason: 'NotApplicable' },
    { name: 'index out of range', ops: [{ op: 'add', path: '/list/9', value: 1 }], reason: 'NotApplicable' },
    { name: 'index with leading zero', ops: [{ op: 'replace', path: '/list/01', value: 1 }], reason: 'NotApplicable' },
    {
      name: 'copy from below nothing',
      ops: [{ op: 'copy', from: '/none/x', path: '/data/x' }],
      reason: 'NotApplicable',
    },
    {
      name: 'copy from behind a list',
      ops: [{ op: 'copy', from: '/list/9', path: '/data/x' }],
      reason: 'NotApplicable',
    },
    { name: 'unknown operation', ops: [{ op: 'frob', path: '/data/x' }], reason: 'NotApplicable' },
    { name: 'no path', ops: [{ op: 'remove' }], reason: 'NotApplicable' },
    { name: 'an object', ops: { data: {} }, reason: 'MalformedPatch' },
    { name: 'a list of texts', ops: ['x'], reason: 'MalformedPatch' },
  ])('$name', ({ ops, reason }) => {
    expect(() => applyJsonPatch(document, ops)).toThrow(expect.objectContaining({ reason }));
  });
});

describe('what is missing is null', () => {
  const given = { data: { a: '1' }, list: [1] };

  test.each<{ name: string; ops: unknown; want: unknown }>([
    { name: 'no patch', ops: null, want: given },
    { name: 'no operations', ops: [], want: given },
    {
      name: 'add without a value',
      ops: [{ op: 'add', path: '/data/x' }],
      want: { ...given, data: { a: '1', x: null } },
    },
    {
      name: 'copy of a missing key',
      ops: [{ op: 'copy', from: '/data/none', path: '/data/x' }],
      want: { ...given, data: { a: '1', x: null } },
    },
    { name: 'test of a missing key', ops: [{ op: 'test', path: '/data/none' }], want: given },
  ])('$name', ({ ops, want }) => {
    expect(applyJsonPatch(given, ops)).toEqual(want);
  });
});
