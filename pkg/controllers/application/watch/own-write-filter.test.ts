import { expect, test } from '@jest/globals';
import { OwnWriteFilter } from './own-write-filter.ts';

function harness() {
  const added: string[] = [];
  const filter = new OwnWriteFilter();
  filter.source.attach((key) => added.push(key));
  return { added, filter };
}

test('an event during a reconcile is judged when that has ended, by the state at that time', async () => {
  const { added, filter } = harness();
  let isOwnWrite = false;
  const asked: string[] = [];
  const result = await filter.during('ns/a', () => {
    expect(filter.admits('ns/a', () => !isOwnWrite)).toBe(false);
    expect(filter.admits('ns/a', () => asked.push('second') === 0)).toBe(false);
    expect([asked, added]).toEqual([[], []]);
    isOwnWrite = true;
    return Promise.resolve('done');
  });
  expect([result, asked, added]).toEqual(['done', ['second'], []]);
  await filter.during('ns/a', () => Promise.resolve(filter.admits('ns/a', () => true)));
  expect(added).toEqual(['ns/a']);
});

test('an event during a reconcile that fails is judged, too', async () => {
  const { added, filter } = harness();
  const failing = filter.during('ns/a', () => {
    filter.admits('ns/a', () => true);
    return Promise.reject(new Error('no'));
  });
  await expect(failing).rejects.toThrow('no');
  expect(added).toEqual(['ns/a']);
});

test('an event of a key that is not in work is judged at once', async () => {
  const { added, filter } = harness();
  await filter.during('ns/a', () => {
    expect([filter.admits('ns/b', () => true), filter.admits('ns/b', () => false)]).toEqual([true, false]);
    return Promise.resolve();
  });
  expect([filter.admits('ns/a', () => true), added]).toEqual([true, []]);
});
