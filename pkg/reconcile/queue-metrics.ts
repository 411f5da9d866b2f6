import type { QueueMetrics } from '../../machinery/src/workqueue/queue-metrics.ts';
import { counter, gauge, histogram } from '../metrics/declare.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';

/** Asked at each scrape: for how many milliseconds each unfinished piece of work has been going on. */
type RunningMs = () => readonly number[];

const runningByRegistry = new WeakMap<MetricsRegistry, Map<string, RunningMs>>();
const buckets = Array.from({ length: 12 }, (_, i) => 10 ** (i - 8));

/** The metrics of the queue of one controller under controller-runtime's names. */
export function queueMetrics(registry: MetricsRegistry, name: string, runningMs: RunningMs): QueueMetrics {
  declareRunning(registry).set(name, runningMs);
  const labelNames = ['name', 'controller'] as const;
  const labels = { name, controller: name };
  const depth = gauge(registry, { name: 'workqueue_depth', help: 'Current depth of the workqueue', labelNames });
  const adds = counter(registry, { name: 'workqueue_adds_total', help: 'Adds handled by the workqueue', labelNames });
  const retries = counter(registry, {
    name: 'workqueue_retries_total',
    help: 'Retries handled by the workqueue',
    labelNames,
  });
  const waiting = histogram(registry, {
    name: 'workqueue_queue_duration_seconds',
    help: 'How long in seconds an item stays in the workqueue before being requested',
    labelNames,
    buckets,
  });
  const working = histogram(registry, {
    name: 'workqueue_work_duration_seconds',
    help: 'How long in seconds processing an item from the workqueue takes',
    labelNames,
    buckets,
  });
  depth.set(labels, 0);
  return {
    added: (size) => {
      adds.inc(labels);
      depth.set(labels, size);
    },
    retried: () => {
      retries.inc(labels);
    },
    started: (waitedMs, size) => {
      waiting.observe(labels, waitedMs / 1000);
      depth.set(labels, size);
    },
    finished: (workedMs) => {
      working.observe(labels, workedMs / 1000);
    },
    depth: (size) => {
      depth.set(labels, size);
    },
  };
}

/** Declares, once per registry, the gauges that are computed when they are read. */
function declareRunning(registry: MetricsRegistry): Map<string, RunningMs> {
  const known = runningByRegistry.get(registry);
  if (known) return known;
  const running = new Map<string, RunningMs>();
  runningByRegistry.set(registry, running);
  const labelNames = ['name', 'controller'] as const;
  const computed = (name: string, help: string, of: (ms: readonly number[]) => number): void => {
    gauge(registry, {
      name,
      help,
      labelNames,
      collect() {
        for (const [queue, ms] of running) this.set({ name: queue, controller: queue }, of(ms()) / 1000);
      },
    });
  };
  computed(
    'workqueue_unfinished_work_seconds',
    'How many seconds of work has been done that is in progress and not yet observed by work_duration',
    (ms) => ms.reduce((sum, one) => sum + one, 0),
  );
  computed(
    'workqueue_longest_running_processor_seconds',
    'How many seconds the longest running processor of the workqueue has been running',
    (ms) => Math.max(0, ...ms),
  );
  return running;
}
