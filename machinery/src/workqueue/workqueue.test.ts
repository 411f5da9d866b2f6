import { expect, test } from '@jest/globals';
import { seededRandom } from '../clock/clock.ts';
import { FakeClock } from '../clock/fake.ts';
import { FifoKeys } from './ready.ts';
import { WorkQueue } from './workqueue.ts';
import type { WorkQueueOptions } from './workqueue.ts';

function setup(options: Partial<WorkQueueOptions> = {}): { queue: WorkQueue; clock: FakeClock; taken: () => string[] } {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock, ...options });
  const taken: string[] = [];
  void (async () => {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) taken.push(key);
    taken.push('end');
  })();
  return { queue, clock, taken: () => taken.splice(0) };
}

test('a key waits once, however often it is added', async () => {
  const queue = new WorkQueue({ clock: new FakeClock() });
  for (const key of ['a', 'b', 'a', 'b']) queue.add(key);
  expect(queue.length).toBe(2);
  expect([await queue.take(), await queue.take()]).toEqual(['a', 'b']);
});

test('a key that is added while in work comes again afterwards, once', async () => {
  const { queue, clock, taken } = setup();
  queue.add('a');
  await clock.advance(0);
  expect(taken()).toEqual(['a']);
  queue.add('a');
  queue.add('a');
  await clock.advance(0);
  expect(taken()).toEqual([]);
  queue.done('a');
  await clock.advance(0);
  expect(taken()).toEqual(['a']);
  queue.done('a');
  await clock.advance(0);
  expect(taken()).toEqual([]);
});

test('of several delays the earliest counts, and the key comes once', async () => {
  const { queue, clock, taken } = setup();
  queue.addAfter('a', 5_000);
  queue.addAfter('a', 2_000);
  queue.addAfter('b', 1_000);
  queue.addAfter('a', 9_000);
  await clock.advance(1_000);
  expect(taken()).toEqual(['b']);
  await clock.advance(1_000);
  expect(taken()).toEqual(['a']);
  queue.done('a');
  await clock.advance(60_000);
  expect(taken()).toEqual([]);
});

test('many delays come in the order of their times', async () => {
  const { queue, clock, taken } = setup();
  const random = seededRandom(3);
  const delays = Array.from({ length: 200 }, (_, i) => ({ key: `k${i}`, ms: 1 + Math.floor(random() * 10_000) }));
  for (const { key, ms } of delays) queue.addAfter(key, ms);
  await clock.advance(10_001);
  const order = taken().map((key) => delays.find((delay) => delay.key === key)?.ms ?? 0);
  expect(order).toHaveLength(200);
  expect(order).toEqual([...order].sort((a, b) => a - b));
});

test('the backoff of a key doubles up to its maximum and begins anew when it is forgotten', async () => {
  const { queue, clock, taken } = setup({ backoff: { baseMs: 10, maxMs: 35 } });
  const waits: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    if (i === 4) queue.forget('a');
    queue.addRateLimited('a');
    const before = clock.monotonic();
    while (taken().length === 0) await clock.advance(1);
    waits.push(clock.monotonic() - before);
    queue.done('a');
  }
  expect(waits).toEqual([10, 20, 35, 35, 10]);
});

test('all failing keys together are held back by the rate', async () => {
  const { queue, clock, taken } = setup({ retryRate: { qps: 1, burst: 2 } });
  for (const key of ['a', 'b', 'c', 'd']) queue.addRateLimited(key);
  await clock.advance(10);
  expect(taken()).toEqual(['a', 'b']);
  await clock.advance(990);
  expect(taken()).toEqual(['c']);
  await clock.advance(1_000);
  expect(taken()).toEqual(['d']);
});

test('a shut down queue hands out nothing and waits for the work that is going on', async () => {
  const { queue, clock, taken } = setup({
    // one key at a time, for any worker
    ready: new (class extends FifoKeys {
      #busy = false;
      override pop(): string | undefined {
        if (this.#busy) return undefined;
        const key = super.pop();
        this.#busy = key !== undefined;
        return key;
      }
      override finished(): void {
        this.#busy = false;
      }
    })(),
  });
  for (const key of ['a', 'b']) queue.add(key);
  await clock.advance(0);
  expect(taken()).toEqual(['a']);
  let isDown = false;
  void queue.shutdown().then(() => (isDown = true));
  queue.add('c');
  await clock.advance(0);
  expect([taken(), isDown]).toEqual([['end'], false]);
  queue.done('a');
  await clock.advance(0);
  expect(isDown).toBe(true);
});

test('no key is ever in work twice, and none is lost', async () => {
  const random = seededRandom(7);
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock });
  const [working, wanted] = [new Set<string>(), new Set<string>()];
  const worker = async (): Promise<void> => {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      expect(working.has(key)).toBe(false);
      working.add(key);
      wanted.delete(key);
      await clock.sleep(random() * 50);
      working.delete(key);
      if (random() < 0.2) {
        wanted.add(key);
        queue.addRateLimited(key);
      } else queue.forget(key);
      queue.done(key);
    }
  };
  const workers = [worker(), worker(), worker()];
  for (let i = 0; i < 500; i += 1) {
    const key = `k${Math.floor(random() * 10)}`;
    wanted.add(key);
    queue.add(key);
    await clock.advance(random() * 20);
  }
  await clock.advance(100_000);
  expect(wanted.size).toBe(0);
  const ended = queue.shutdown();
  await clock.advance(1_000);
  await Promise.all([ended, ...workers]);
});
