import { expect, test } from '@jest/globals';
import { NextRead } from './shared-read.ts';

/** A read whose ends are up to the test. */
class Reads {
  readonly begun: { readonly succeed: (value: string) => void; readonly fail: (error: Error) => void }[] = [];
  readonly shared = new NextRead(
    () =>
      new Promise<string>((resolve, reject) => {
        this.begun.push({ succeed: resolve, fail: reject });
      }),
  );
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('who asks while a read is under way gets the next one, together with all who do', async () => {
  const { shared, begun } = new Reads();
  const first = shared.ask();
  const others = [shared.ask(), shared.ask(), shared.ask()];
  expect(begun.length).toBe(1);
  begun[0]?.succeed('old');
  expect(await first).toBe('old');
  await settle();
  expect(begun.length).toBe(2);
  const late = shared.ask();
  begun[1]?.succeed('new');
  expect(await Promise.all(others)).toEqual(['new', 'new', 'new']);
  await settle();
  begun[2]?.succeed('newer');
  expect([await late, begun.length]).toEqual(['newer', 3]);
  await settle();
  expect(shared.isIdle).toBe(true);
});

test('a read that fails fails for those who wait for it, and not for the next', async () => {
  const { shared, begun } = new Reads();
  const first = shared.ask();
  const second = shared.ask();
  begun[0]?.fail(new Error('broken'));
  await expect(first).rejects.toThrow('broken');
  await settle();
  begun[1]?.succeed('whole');
  expect(await second).toBe('whole');
  await settle();
  expect(shared.isIdle).toBe(true);
});
