import { expect, test } from '@jest/globals';
import { Meanwhile } from './meanwhile.ts';

function harness(isNews = true) {
  const added: string[] = [];
  const meanwhile = new Meanwhile(() => isNews);
  const detach = meanwhile.source.attach((key) => added.push(key));
  return { added, meanwhile, detach };
}

test('what happens during work is judged when it is over', async () => {
  const { added, meanwhile } = harness();
  const result = await meanwhile.during('ns/a', () => {
    expect([meanwhile.takes('ns/a'), meanwhile.takes('ns/b')]).toEqual([true, false]);
    expect(added).toEqual([]);
    return Promise.resolve('done');
  });
  expect([result, added, meanwhile.takes('ns/a')]).toEqual(['done', ['ns/a'], false]);
});

test('also when the work fails', async () => {
  const { added, meanwhile } = harness();
  const failing = meanwhile.during('ns/a', () => {
    meanwhile.takes('ns/a');
    return Promise.reject(new Error('no'));
  });
  await expect(failing).rejects.toThrow('no');
  expect(added).toEqual(['ns/a']);
});

test('an echo is no news, and no news are no work', async () => {
  const [echo, quiet] = [harness(false), harness()];
  await echo.meanwhile.during('ns/a', () => Promise.resolve(echo.meanwhile.takes('ns/a')));
  await quiet.meanwhile.during('ns/a', () => Promise.resolve());
  expect([echo.added, quiet.added]).toEqual([[], []]);
});
