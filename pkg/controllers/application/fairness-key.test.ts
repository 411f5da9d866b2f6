import { expect, test } from '@jest/globals';
import { annotations } from '../../apis/names.ts';
import { FairKeys } from '../../../machinery/src/workqueue/fair.ts';
import { isSerial, fairnessKeyOf } from './fairness-key.ts';

test('Applications of a serial group are reconciled one at a time, beside the others of their namespace', () => {
  const groups: Readonly<Record<string, string>> = { 'a/1': 'db', 'a/2': 'db', 'a/3': '', 'b/1': 'db' };
  const keys = new FairKeys({
    tenantOf: (key) =>
      fairnessKeyOf(key, { metadata: { annotations: { [annotations.serialGroup]: groups[key] ?? '' } } }),
    perTenant: (fairnessKey) => (isSerial(fairnessKey) ? 1 : 4),
  });
  for (const key of ['a/1', 'a/2', 'a/3', 'a/4', 'b/1']) keys.push(key);
  const out = Array.from({ length: 5 }, () => keys.pop());
  // a/2 waits for a/1; the group of the same name in another namespace is separate
  expect(out).toEqual(['a/1', 'a/3', 'b/1', 'a/4', undefined]);
  keys.finished('a/3');
  expect(keys.pop()).toBeUndefined();
  keys.finished('a/1');
  expect(keys.pop()).toBe('a/2');
});

test('without an annotation, or without the Application, the namespace is the key', () => {
  expect([fairnessKeyOf('a/x', undefined), fairnessKeyOf('a/x', { metadata: {} })]).toEqual(['a', 'a']);
});
