import { counter, gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';

export function assignerMetrics(registry: MetricsRegistry) {
  return {
    unassigned: gauge(registry, {
      name: 'flotilla_applications_unassigned',
      help: 'Applications without a shard',
    }),
    strays: gauge(registry, {
      name: 'flotilla_applications_stray',
      help: 'Applications with the label of a shard that does not exist',
    }),
    oldest: gauge(registry, {
      name: 'flotilla_applications_unassigned_seconds',
      help: 'Time for which the oldest Application without a shard has had none',
    }),
    assigned: counter(registry, {
      name: 'flotilla_applications_assigned_total',
      help: 'Applications that were assigned to a shard after their creation',
      labelNames: ['shard'],
    }),
  };
}
