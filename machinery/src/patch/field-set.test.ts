import { describe, expect, test } from '@jest/globals';
import { seededRandom, type Random } from '../clock/clock.ts';
import {
  difference,
  emptySet,
  formatPath,
  fromFieldsV1,
  intersection,
  pathsByLevel,
  toFieldsV1,
  union,
  without,
  type FieldSet,
} from './field-set.ts';

const listed = (set: FieldSet) => new Set([...pathsByLevel(set)].map((path) => path.join(' ')));

function randomSet(random: Random, depth = 3): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const step of ['f:a', 'f:b', 'k:{"n":1}', 'v:"x"']) {
    if (depth === 0 || random() < 0.5) continue;
    const child = randomSet(random, depth - 1);
    children.set(step, child.children.size === 0 ? { ...child, member: true } : child);
  }
  return { member: depth < 3 && random() < 0.4, children };
}

test('sets behave as sets of paths do', () => {
  const seed = 3;
  const random = seededRandom(seed);
  for (let i = 0; i < 300; i++) {
    const [a, b] = [randomSet(random), randomSet(random)];
    const [as, bs] = [listed(a), listed(b)];
    const isBelow = (path: string) => [...bs].some((other) => path === other || path.startsWith(`${other} `));
    const got = {
      union: listed(union(a, b)),
      both: listed(intersection(a, b)),
      less: listed(difference(a, b)),
      deep: listed(without(a, b)),
    };
    expect({ seed, i, ...got }).toEqual({
      seed,
      i,
      union: new Set([...as, ...bs]),
      both: new Set([...as].filter((path) => bs.has(path))),
      less: new Set([...as].filter((path) => !bs.has(path))),
      deep: new Set([...as].filter((path) => !isBelow(path))),
    });
  }
});

test('fieldsV1 and back is the same set', () => {
  const random = seededRandom(5);
  for (let i = 0; i < 200; i++) {
    const set = randomSet(random);
    expect(listed(fromFieldsV1(toFieldsV1(set)))).toEqual(listed(set));
  }
});

describe('fieldsV1', () => {
  test('marks a path that is owned besides what lies below it', () => {
    const fields = { 'f:data': { '.': {}, 'f:x': {} }, 'f:spec': { 'f:replicas': {} } };
    expect(toFieldsV1(fromFieldsV1(fields))).toEqual(fields);
    expect([...pathsByLevel(fromFieldsV1(fields))]).toEqual([['f:data'], ['f:data', 'f:x'], ['f:spec', 'f:replicas']]);
  });

  test('spells the keys of an item in one order', () => {
    const fields = { 'f:ports': { 'k:{"protocol":"TCP","containerPort":80}': { '.': {} } } };
    expect(toFieldsV1(fromFieldsV1(fields))).toEqual({ 'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': {} } });
  });

  test('of nothing is nothing', () => {
    expect(fromFieldsV1(undefined)).toEqual(emptySet);
    expect(toFieldsV1(emptySet)).toEqual({});
  });
});

test.each([
  { path: ['f:spec', 'f:containers', 'k:{"name":"a"}', 'f:image'], want: '.spec.containers[name="a"].image' },
  { path: ['f:ports', 'k:{"containerPort":80,"protocol":"TCP"}'], want: '.ports[containerPort=80,protocol="TCP"]' },
  { path: ['f:set', 'v:"a"'], want: '.set[="a"]' },
  { path: ['f:list', 'i:0'], want: '.list[0]' },
])('a conflict names $want', ({ path, want }) => {
  expect(formatPath(path)).toBe(want);
});
