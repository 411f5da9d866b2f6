import { counter, gauge, histogram } from '../../metrics/declare.ts';
import { reconcileBuckets } from '../../metrics/registry.ts';
import type { MetricsRegistry } from '../../metrics/registry.ts';
import type { ApplicationMetrics } from './deps.ts';

/** The metrics of the application controller under KubeVela's names. */
export function applicationMetrics(registry: MetricsRegistry): ApplicationMetrics {
  const buckets = [...reconcileBuckets];
  return {
    reconcileSeconds: histogram(registry, {
      name: 'application_reconcile_time_seconds',
      help: 'Time that a reconcile of an Application takes, by the phase it began and ended in.',
      labelNames: ['begin_phase', 'end_phase'],
      buckets,
    }),
    applyComponentSeconds: histogram(registry, {
      name: 'apply_component_time_seconds',
      help: 'Time to render, apply and judge one component.',
      buckets,
    }),
    workflowFinishedSeconds: histogram(registry, {
      name: 'workflow_finished_time_seconds',
      help: 'Time from the start to the end of a workflow, by how it ended.',
      labelNames: ['phase'],
      buckets: [...buckets, 120, 300, 600, 1800],
    }),
    phases: gauge(registry, {
      name: 'application_phase_number',
      help: 'Number of Applications that this process works on, by phase.',
      labelNames: ['phase'],
    }),
    familyReads: counter(registry, {
      name: 'list_resourcetracker_num',
      help: 'How often the trackers of an Application were listed from the API server.',
    }),
    fenceRefusals: fenceRefusalCounter(registry),
  };
}

/** Begins at zero for what every shard writes: an increase of a series that begins with the first refusal is not seen. */
function fenceRefusalCounter(registry: MetricsRegistry): ApplicationMetrics['fenceRefusals'] {
  const refusals = counter(registry, {
    name: 'flotilla_fence_refusals_total',
    help: 'Writes that the API server refused because another process has the right to them, by layer: holder, epoch, move, family, delivered, fleet.',
    labelNames: ['layer', 'kind'],
  });
  for (const layer of ['holder', 'epoch', 'move', 'family'])
    for (const kind of ['Application', 'ApplicationRevision', 'ResourceTracker']) refusals.inc({ layer, kind }, 0);
  refusals.inc({ layer: 'delivered', kind: 'Deployment' }, 0);
  return refusals;
}
