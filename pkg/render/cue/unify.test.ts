import { describe, expect, test } from '@jest/globals';
import { unify } from './unify.ts';

const pod = (containers: readonly unknown[]): unknown => ({ spec: { containers } });

describe('unification of an object with the patch of a trait', () => {
  test('takes what only one has; the same value in both is no conflict', () => {
    expect(unify({ a: 1, b: { c: 'x' } }, { b: { c: 'x', d: [1] }, e: null })).toEqual({
      a: 1,
      b: { c: 'x', d: [1] },
      e: null,
    });
  });

  test('two values for one field are an error that names it', () => {
    expect(() => unify({ spec: { replicas: 1 } }, { spec: { replicas: 3 } })).toThrow(
      'spec.replicas: conflicting values 3 and 1',
    );
    expect(() => unify({ a: [{ b: 1 }] }, { a: [{ b: { c: 1 } }] })).toThrow(
      'a[0].b: conflicting values {"c":1} and 1',
    );
  });

  test('retainKeys lets the value of the patch count, replace its list', () => {
    const base = { spec: { replicas: 1, strategy: { type: 'Recreate' }, args: ['a', 'b'] } };
    const patch = {
      spec: {
        replicas: 3,
        '$patch:replicas': { patchStrategy: 'retainKeys' },
        strategy: { rollingUpdate: { maxSurge: 1 } },
        '$patch:strategy': { patchStrategy: 'retainKeys' },
        args: ['c'],
        '$patch:args': { patchStrategy: 'replace' },
      },
    };
    expect(unify(base, patch)).toEqual({
      spec: { replicas: 3, strategy: { rollingUpdate: { maxSurge: 1 } }, args: ['c'] },
    });
  });

  test('lists unify by position, or by key, also below', () => {
    expect(unify(pod([{ name: 'a' }, { name: 'b' }]), pod([{ image: 'x' }]))).toEqual(
      pod([{ name: 'a', image: 'x' }, { name: 'b' }]),
    );
    const patch = {
      spec: {
        '$patch:containers': { patchKey: 'name' },
        containers: [
          { name: 'b', env: [{ name: 'X', value: '1' }] },
          { name: 'c', env: [] },
        ],
      },
    };
    expect(unify(pod([{ name: 'a' }, { name: 'b', env: [{ name: 'Y', value: '2' }] }]), patch)).toEqual(
      pod([
        { name: 'a' },
        {
          name: 'b',
          env: [
            { name: 'Y', value: '2' },
            { name: 'X', value: '1' },
          ],
        },
        { name: 'c', env: [] },
      ]),
    );
  });

  test('a key may be a path, or several; elements of which none has it go by position', () => {
    const patch = (list: unknown[], patchKey: string): unknown => ({ list, '$patch:list': { patchKey } });
    expect(unify({ list: [{ m: { n: 1 } }, { m: { n: 2 } }] }, patch([{ m: { n: 2 }, x: true }], 'm.n'))).toEqual({
      list: [{ m: { n: 1 } }, { m: { n: 2 }, x: true }],
    });
    expect(unify({ list: [{ ip: '1' }, { name: 'b' }] }, patch([{ name: 'b', x: 1 }], 'ip,name'))).toEqual({
      list: [{ ip: '1' }, { name: 'b', x: 1 }],
    });
    expect(unify({ list: [{ name: 'a' }] }, patch([{ x: 1 }], 'name'))).toEqual({ list: [{ name: 'a', x: 1 }] });
  });

  test('of elements with the same key in a patch the last one counts, and the base keeps its own', () => {
    const mounts = [
      { n: 'v', p: '/a' },
      { n: 'w', p: '/c' },
      { n: 'v', p: '/b' },
    ];
    const patch = { mounts, '$patch:mounts': { patchKey: 'n' } };
    expect(unify({ mounts: [] }, patch)).toEqual({ mounts: mounts.slice(1) });
    expect(unify({ mounts: [{ n: 'v' }, { n: 'v', p: '/x' }] }, patch)).toEqual({
      mounts: [
        { n: 'v', p: '/b' },
        { n: 'v', p: '/x' },
        { n: 'w', p: '/c' },
      ],
    });
  });

  test('what every element gets', () => {
    const patch = { list: [], '$each:list': { labels: { x: '1' } } };
    expect(unify({ list: [{ name: 'a' }, { name: 'b', labels: { y: '2' } }] }, patch)).toEqual({
      list: [
        { name: 'a', labels: { x: '1' } },
        { name: 'b', labels: { y: '2', x: '1' } },
      ],
    });
  });

  test('a retained element of a keyed list is the one of the patch', () => {
    const mark = { patchKey: 'name', patchStrategy: 'retainKeys' };
    const patch = { list: [{ name: 'a', x: 1, '$patch:x': mark }], '$patch:list': mark };
    expect(unify({ list: [{ name: 'a', y: 2 }] }, patch)).toEqual({ list: [{ name: 'a', x: 1 }] });
  });
});
