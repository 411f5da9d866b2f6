import { expect, test } from '@jest/globals';
import { Backoff, exponentialDelay } from './backoff.ts';
import { FakeClock } from './fake.ts';
import { TokenBucket } from './token-bucket.ts';

test('tokens are taken at once up to the burst, then at the rate', async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ qps: 2, burst: 2, clock });
  expect([bucket.reserve(), bucket.reserve(), bucket.reserve(), bucket.reserve()]).toEqual([0, 0, 500, 1000]);
  await clock.advance(60_000);
  expect([bucket.tryTake(), bucket.tryTake(), bucket.tryTake()]).toEqual([true, true, false]);
});

test('an aborted wait returns the token', async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ qps: 1, burst: 1, clock });
  await bucket.take();
  const controller = new AbortController();
  const waiting = bucket.take(controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await clock.advance(1_000);
  expect(bucket.tryTake()).toBe(true);
});

test('without a rate there is no limit', () => {
  const bucket = new TokenBucket({ qps: 0, burst: 1, clock: new FakeClock() });
  expect([bucket.reserve(), bucket.tryTake(), bucket.tryTake()]).toEqual([0, true, true]);
});

test('a backoff doubles up to its maximum, below which jitter draws, until it is reset', () => {
  expect([0, 1, 2, 3, 1000].map((n) => exponentialDelay({ baseMs: 10, maxMs: 50 }, n))).toEqual([10, 20, 40, 50, 50]);
  const backoff = new Backoff({ baseMs: 10, maxMs: 50 }, () => 0.5);
  expect([backoff.next(), backoff.next()]).toEqual([5, 10]);
  backoff.reset();
  expect(backoff.next()).toBe(5);
});
