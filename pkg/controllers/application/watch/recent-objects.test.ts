import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { RecentObjects } from './recent-objects.ts';

const object = (resourceVersion: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', resourceVersion, managedFields: [] },
});
const versionOf = (recent: RecentObjects, key: string): string | undefined => recent.get(key)?.metadata.resourceVersion;

test('an older state does not replace a newer one, and managed fields are not held', () => {
  const recent = new RecentObjects(10);
  recent.store('a', object('10'));
  recent.store('a', object('9'));
  expect(recent.get('a')?.metadata).toEqual({ name: 'web', resourceVersion: '10' });
});

test('an event stores a state only where one is held', () => {
  const recent = new RecentObjects(10);
  recent.renew('a', object('10'));
  expect(recent.get('a')).toBeUndefined();
  recent.store('a', object('10'));
  recent.renew('a', object('11'));
  expect(versionOf(recent, 'a')).toBe('11');
  recent.drop('a');
  expect(recent.get('a')).toBeUndefined();
});

test('at most so many are held', () => {
  const recent = new RecentObjects(2);
  for (const key of ['a', 'b', 'a', 'c']) recent.store(key, object('10'));
  expect(['a', 'b', 'c'].map((key) => versionOf(recent, key))).toEqual(['10', undefined, '10']);
});
