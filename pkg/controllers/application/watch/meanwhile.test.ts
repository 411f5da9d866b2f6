import { expect, test } from '@jest/globals';
import { Meanwhile } from './meanwhile.ts';

function harness() {
  const added: string[] = [];
  const meanwhile = new Meanwhile();
  meanwhile.source.attach((key) => added.push(key));
  return { added, meanwhile };
}

test('what happens during work is judged when it is over, by what is known then', async () => {
  const { added, meanwhile } = harness();
  let isEcho = false;
  const asked: string[] = [];
  const result = await meanwhile.during('ns/a', () => {
    expect(meanwhile.concerns('ns/a', () => !isEcho)).toBe(false);
    expect(meanwhile.concerns('ns/a', () => asked.push('second') === 0)).toBe(false);
    expect([asked, added]).toEqual([[], []]);
    isEcho = true;
    return Promise.resolve('done');
  });
  expect([result, asked, added]).toEqual(['done', ['second'], []]);
  await meanwhile.during('ns/a', () => Promise.resolve(meanwhile.concerns('ns/a', () => true)));
  expect(added).toEqual(['ns/a']);
});

test('also when the work fails', async () => {
  const { added, meanwhile } = harness();
  const failing = meanwhile.during('ns/a', () => {
    meanwhile.concerns('ns/a', () => true);
    return Promise.reject(new Error('no'));
  });
  await expect(failing).rejects.toThrow('no');
  expect(added).toEqual(['ns/a']);
});

test('what nobody works on is judged at once', async () => {
  const { added, meanwhile } = harness();
  await meanwhile.during('ns/a', () => {
    expect([meanwhile.concerns('ns/b', () => true), meanwhile.concerns('ns/b', () => false)]).toEqual([true, false]);
    return Promise.resolve();
  });
  expect([meanwhile.concerns('ns/a', () => true), added]).toEqual([true, []]);
});
