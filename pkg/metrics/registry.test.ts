import { expect, test } from '@jest/globals';
import { counter, gauge, histogram } from './declare.ts';
import { newRegistry, reconcileBuckets } from './registry.ts';

test('parts of a process that declare the same metric share it', async () => {
  const registry = newRegistry();
  const config = { name: 'moves_total', help: 'Moves', labelNames: ['to'] as const };
  counter(registry, config).inc({ to: 'a' });
  counter(registry, config).inc({ to: 'a' }, 2);
  expect(await registry.metrics()).toContain('moves_total{to="a"} 3\n');
});

test('processes share nothing', async () => {
  const [one, other] = [newRegistry(), newRegistry()];
  gauge(one, { name: 'shards', help: 'Shards' }).set(3);
  gauge(other, { name: 'shards', help: 'Shards' }).set(5);
  expect([await one.metrics(), await other.metrics()].map((text) => /shards (\d)/.exec(text)?.[1])).toEqual(['3', '5']);
});

test('the buckets of reconcile times rise, and a histogram counts in them', async () => {
  expect([...reconcileBuckets].sort((a, b) => a - b)).toEqual(reconcileBuckets);
  const registry = newRegistry();
  histogram(registry, { name: 'seconds', help: 'Seconds', buckets: [...reconcileBuckets] }).observe(0.02);
  const text = await registry.metrics();
  expect(text).toContain('seconds_bucket{le="0.01"} 0\n');
  expect(text).toContain('seconds_bucket{le="0.025"} 1\n');
});
