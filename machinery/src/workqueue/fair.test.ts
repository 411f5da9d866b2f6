import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../clock/clock.ts';
import { FairKeys } from './fair.ts';

function take(keys: FairKeys, n: number): readonly (string | undefined)[] {
  return Array.from({ length: n }, () => keys.pop());
}

describe('FairKeys', () => {
  test('serves tenants in turn, each in its own order', () => {
    const keys = new FairKeys();
    for (const key of ['a/1', 'a/2', 'a/3', 'b/1', 'c/1', 'b/2']) keys.push(key);
    expect(take(keys, 7)).toEqual(['a/1', 'b/1', 'c/1', 'a/2', 'b/2', 'a/3', undefined]);
  });

  test('holds a tenant to its cap until one of its keys is done, and lets the others pass', () => {
    const keys = new FairKeys({ perTenant: () => 2 });
    for (const key of ['a/1', 'a/2', 'a/3', 'b/1']) keys.push(key);
    expect(take(keys, 4)).toEqual(['a/1', 'b/1', 'a/2', undefined]);
    expect(keys.size).toBe(1);
    keys.push('a/4');
    expect(keys.pop()).toBeUndefined();
    keys.finished('a/1');
    expect(take(keys, 2)).toEqual(['a/3', undefined]);
    keys.finished('a/2');
    expect(take(keys, 2)).toEqual(['a/4', undefined]);
  });

  test('hands out no more than the total of the moment, and always one', () => {
    let total = 3;
    const keys = new FairKeys({ total: () => total });
    for (const key of ['a/1', 'a/2', 'b/1', 'c/1', 'd/1', 'e/1']) keys.push(key);
    expect(take(keys, 4)).toEqual(['a/1', 'b/1', 'c/1', undefined]);
    total = 1;
    keys.finished('a/1');
    keys.finished('b/1');
    expect(keys.pop()).toBeUndefined();
    keys.finished('c/1');
    total = 0;
    expect(take(keys, 2)).toEqual(['d/1', undefined]);
    total = 2;
    expect(take(keys, 2)).toEqual(['e/1', undefined]);
  });

  test('keeps a key once, and cluster-scoped keys are a tenant of their own', () => {
    const keys = new FairKeys();
    for (const key of ['a/1', 'a/1', 'x', 'y']) keys.push(key);
    expect(keys.size).toBe(3);
    expect(take(keys, 4)).toEqual(['a/1', 'x', 'y', undefined]);
  });

  test('in random histories no tenant starves, no cap is broken and no worker idles needlessly', () => {
    const random = seededRandom(3);
    const keys = new FairKeys({ perTenant: () => 3 });
    const waiting = new Map<string, number>();
    const working: string[] = [];
    const tenantOf = (key: string): string => key.slice(0, 1);
    for (let step = 0; step < 5_000; step += 1) {
      if (random() < 0.4) {
        const key = `${'aaaaaab'[Math.floor(random() * 7)] ?? 'a'}/${step}`;
        keys.push(key);
        waiting.set(key, step);
      } else if (random() < 0.5 || working.length >= 5) {
        const [done] = working.splice(Math.floor(random() * working.length), 1);
        if (done !== undefined) keys.finished(done);
      } else {
        const key = keys.pop();
        const busy = (tenant: string): number => working.filter((one) => tenantOf(one) === tenant).length;
        if (key === undefined) {
          const could = [...waiting.keys()].filter((one) => busy(tenantOf(one)) < 3);
          expect(could).toEqual([]);
          continue;
        }
        expect(busy(tenantOf(key))).toBeLessThan(3);
        waiting.delete(key);
        working.push(key);
      }
      expect(keys.size).toBe(waiting.size);
    }
    // the quiet tenant never waits long behind the loud one
    const oldest = Math.min(...[...waiting].filter(([key]) => key.startsWith('b')).map(([, step]) => step), 5_000);
    expect(5_000 - oldest).toBeLessThan(200);
  });
});
