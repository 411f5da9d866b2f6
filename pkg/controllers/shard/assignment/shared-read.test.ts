import { expect, test } from '@jest/globals';
import { SharedRead } from './shared-read.ts';

/** A read that the test ends. */
class Reads {
  readonly begun: { readonly succeed: (value: string) => void; readonly fail: (error: Error) => void }[] = [];
  readonly shared = new SharedRead(
    () =>
      new Promise<string>((resolve, reject) => {
        this.begun.push({ succeed: resolve, fail: reject });
      }),
  );
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('callers during a read share the next one', async () => {
  const { shared, begun } = new Reads();
  const first = shared.get();
  const others = [shared.get(), shared.get(), shared.get()];
  expect(begun.length).toBe(1);
  begun[0]?.succeed('old');
  expect(await first).toBe('old');
  await settle();
  expect(begun.length).toBe(2);
  const late = shared.get();
  begun[1]?.succeed('new');
  expect(await Promise.all(others)).toEqual(['new', 'new', 'new']);
  await settle();
  begun[2]?.succeed('newer');
  expect([await late, begun.length]).toEqual(['newer', 3]);
  await settle();
  expect(shared.isIdle).toBe(true);
});

test('a failed read fails for its callers, and not for those of the next', async () => {
  const { shared, begun } = new Reads();
  const first = shared.get();
  const second = shared.get();
  begun[0]?.fail(new Error('broken'));
  await expect(first).rejects.toThrow('broken');
  await settle();
  begun[1]?.succeed('whole');
  expect(await second).toBe('whole');
  await settle();
  expect(shared.isIdle).toBe(true);
});
