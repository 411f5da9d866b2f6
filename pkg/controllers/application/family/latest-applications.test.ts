import { expect, test } from '@jest/globals';
import type { Application } from '../../../apis/application.ts';
import { LatestApplications } from './latest-applications.ts';

const state = (resourceVersion: string, uid = 'u'): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'app', namespace: 'ns', uid, resourceVersion },
  spec: { components: [] },
});

test('a written state counts until the cache has it, and is then not held beside it', () => {
  let cached = state('7');
  const latest = new LatestApplications({ get: () => cached });
  const written = state('9');
  latest.record(written);
  expect(latest.get('ns/app')).toBe(written);
  cached = state('9');
  expect(latest.get('ns/app')).toBe(cached);
  expect(latest.hasSeen(state('8'))).toBe(true);
  expect(latest.hasSeen(state('9'))).toBe(true);
  expect(latest.hasSeen(state('10'))).toBe(false);
  expect(latest.hasSeen(state('8', 'other'))).toBe(false);
});

test('a state that was read before the cache went on is not held', () => {
  const cached = state('9');
  const latest = new LatestApplications({ get: () => cached });
  latest.record(state('7'));
  expect(latest.get('ns/app')).toBe(cached);
  expect(latest.hasSeen(state('8'))).toBe(false);
});

test('an Application that was released to its deletion is gone, although the cache still has it', () => {
  let cached: Application | undefined = state('9');
  const latest = new LatestApplications({ get: () => cached });
  latest.recordGone(state('9'));
  expect(latest.get('ns/app')).toBeUndefined();
  cached = state('12', 'another');
  expect(latest.get('ns/app')).toBe(cached);
  cached = state('9');
  expect(latest.get('ns/app')).toBe(cached);
});
