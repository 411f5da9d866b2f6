import { expect, test } from '@jest/globals';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { WorkQueue } from '../../machinery/src/workqueue/workqueue.ts';
import { newRegistry } from '../metrics/registry.ts';
import { queueMetrics } from './queue-metrics.ts';

test('metrics have the names of controller-runtime', async () => {
  const registry = newRegistry();
  const clock = new FakeClock();
  const queue: WorkQueue = new WorkQueue({
    clock,
    metrics: queueMetrics(registry, 'application', () => queue.runningMs()),
  });
  void queue.take();
  void queue.take();
  queue.add('a');
  queue.addRateLimited('b');
  await clock.advance(0);
  await clock.advance(2_000);
  const text = await registry.metrics();
  const labels = '{name="application",controller="application"}';
  for (const line of [
    `workqueue_depth${labels} 0`,
    `workqueue_adds_total${labels} 2`,
    `workqueue_retries_total${labels} 1`,
    `workqueue_queue_duration_seconds_count${labels} 2`,
    `workqueue_longest_running_processor_seconds${labels} 2`,
  ])
    expect(text).toContain(line);
  expect(text).toMatch(/workqueue_unfinished_work_seconds\{.*\} 3\.99/);
});
