import type { Counter, Gauge } from 'prom-client';
import { counter, gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';

export interface QuarantineMetrics {
  readonly held: Gauge;
  readonly crashes: Counter;
}

export function quarantineMetrics(registry: MetricsRegistry): QuarantineMetrics {
  return {
    held: gauge(registry, {
      name: 'flotilla_quarantined_applications',
      help: 'Applications that are not reconciled for a while because they crashed the controller repeatedly',
    }),
    crashes: counter(registry, {
      name: 'flotilla_application_crashes_total',
      help: 'Applications in work at a crash of the controller, counted by the next process',
    }),
  };
}
