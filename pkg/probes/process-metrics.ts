import { collectDefaultMetrics } from 'prom-client';
import { gauge } from '../metrics/declare.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { LoopLag } from './loop-lag.ts';

/** How often Node wakes to see how late it wakes; every 10 ms, as is usual, is half of what a process does at rest. */
const precisionMs = 50;

/** Adds what Prometheus knows of any process (CPU, memory, event loop, garbage collection) and the loop's lag. */
export function addProcessMetrics(registry: MetricsRegistry, lag: LoopLag): void {
  if (!registry.getSingleMetric('process_cpu_seconds_total'))
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: precisionMs });
  gauge(registry, {
    name: 'flotilla_event_loop_lag_seconds',
    help: 'Delay of the timers of the process in seconds; a process with a blocked event loop loses its Lease',
    collect() {
      this.set(lag.ms / 1000);
    },
  });
}
