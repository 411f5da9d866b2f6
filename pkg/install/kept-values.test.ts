import { describe, expect, test } from '@jest/globals';
import { changedFields } from './diff.ts';
import { knownValues, layValues, withoutImageOf } from './kept-values.ts';

describe('layValues', () => {
  test('merges maps, replaces lists and texts, and takes values back by null', () => {
    const kept = { sharding: { enabled: true }, extraArgs: ['--v=4'], image: { tag: 'a', repository: 'r' } };
    const given = { sharding: { schedulableShards: 'a' }, extraArgs: [], image: { tag: null } };
    expect(layValues(kept, given)).toEqual({
      sharding: { enabled: true, schedulableShards: 'a' },
      extraArgs: [],
      image: { repository: 'r' },
    });
  });
});

describe('knownValues', () => {
  test('leaves out values of other charts and names them, but not below values that are free', () => {
    const defaults = { image: { tag: '' }, resources: { limits: {} } };
    const kept = {
      image: { tag: 'a', digest: 'b' },
      multicluster: { enabled: true },
      resources: { limits: { gpu: 1 } },
    };
    expect(knownValues(kept, defaults)).toEqual({
      known: { image: { tag: 'a' }, resources: { limits: { gpu: 1 } } },
      unknown: ['image.digest', 'multicluster'],
    });
  });
});

test('changedFields names the paths that differ', () => {
  const before = { spec: { replicas: 1, args: ['a', 'b'] }, same: { x: 1 } };
  const after = { spec: { replicas: 2, args: ['a', 'c'] }, same: { x: 1 }, added: true };
  expect(changedFields(before, after)).toEqual([
    { path: 'spec.replicas', before: 1, after: 2 },
    { path: 'spec.args[1]', before: 'b', after: 'c' },
    { path: 'added', before: undefined, after: true },
  ]);
});

describe('withoutImageOf', () => {
  const defaults = { image: { repository: 'flotilla/vela-core', tag: '' } };
  const values = {
    imageRegistry: 'mirror.example/',
    image: { repository: 'oamdev/vela-core', tag: 'v1.10.5', pullPolicy: 'Always' },
    applicationRevisionLimit: 3,
  };

  test('drops the program of another chart, and says which values these are', () => {
    const chart = { image: { repository: 'oamdev/vela-core' } };
    expect(withoutImageOf(chart, values, defaults)).toEqual({
      known: { image: { pullPolicy: 'Always' }, applicationRevisionLimit: 3 },
      unknown: ['image.repository', 'image.tag', 'imageRegistry'],
    });
    expect(withoutImageOf(chart, { applicationRevisionLimit: 3 }, defaults).unknown).toEqual([]);
  });

  test.each([{ chart: undefined }, { chart: {} }, { chart: defaults }])('keeps all values of %j', ({ chart }) => {
    expect(withoutImageOf(chart, values, defaults)).toEqual({ known: values, unknown: [] });
  });
});
