import { expect, test } from '@jest/globals';
import { annotations } from '../../apis/names.ts';
import { FairKeys } from '../../workqueue/fair.ts';
import { isSerial, turnOf } from './turn.ts';

test('Applications of a serial group are worked on one at a time, beside the others of their namespace', () => {
  const groups: Readonly<Record<string, string>> = { 'a/1': 'db', 'a/2': 'db', 'a/3': '', 'b/1': 'db' };
  const keys = new FairKeys({
    tenantOf: (key) => turnOf(key, { metadata: { annotations: { [annotations.serialGroup]: groups[key] ?? '' } } }),
    perTenant: (turn) => (isSerial(turn) ? 1 : 4),
  });
  for (const key of ['a/1', 'a/2', 'a/3', 'a/4', 'b/1']) keys.push(key);
  const out = Array.from({ length: 5 }, () => keys.pop());
  // a/2 waits for a/1; the group of the same name in another namespace is another one
  expect(out).toEqual(['a/1', 'a/3', 'b/1', 'a/4', undefined]);
  keys.finished('a/3');
  expect(keys.pop()).toBeUndefined();
  keys.finished('a/1');
  expect(keys.pop()).toBe('a/2');
});

test('without an annotation, or without the Application, the namespace takes the turn', () => {
  expect([turnOf('a/x', undefined), turnOf('a/x', { metadata: {} })]).toEqual(['a', 'a']);
});
