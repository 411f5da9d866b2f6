import { counter, gauge, histogram } from '../metrics/declare.ts';
import { reconcileBuckets } from '../metrics/registry.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';

/** Beside the bounds of controller-runtime, seconds: most reconciles that deliver something lie here. */
const between = [0.035, 0.06, 0.07, 0.08, 0.09, 0.12];

export type Outcome = 'success' | 'requeue_after' | 'error';

export interface ReconcileMetrics {
  active(workers: number): void;
  finished(outcome: Outcome, durationMs: number): void;
  failed(kind: 'error' | 'terminal' | 'panic' | 'timeout'): void;
}

export const silentMetrics: ReconcileMetrics = {
  active: () => undefined,
  finished: () => undefined,
  failed: () => undefined,
};

/** The metrics of one controller under controller-runtime's names. */
export function reconcileMetrics(registry: MetricsRegistry, controller: string, maxWorkers: number): ReconcileMetrics {
  const labelNames = ['controller'] as const;
  const count = (name: string, help: string): { inc: () => void } => {
    const metric = counter(registry, { name, help, labelNames });
    metric.inc({ controller }, 0);
    return {
      inc: () => {
        metric.inc({ controller });
      },
    };
  };
  const total = counter(registry, {
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations per controller',
    labelNames: ['controller', 'result'],
  });
  for (const result of ['success', 'requeue_after', 'error']) total.inc({ controller, result }, 0);
  const time = histogram(registry, {
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation per controller',
    labelNames,
    buckets: [...reconcileBuckets, ...between].sort((a, b) => a - b),
  });
  const activeWorkers = gauge(registry, {
    name: 'controller_runtime_active_workers',
    help: 'Number of currently used workers per controller',
    labelNames,
  });
  gauge(registry, {
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Maximum number of concurrent reconciles per controller',
    labelNames,
  }).set({ controller }, maxWorkers);
  const errors = count(
    'controller_runtime_reconcile_errors_total',
    'Total number of reconciliation errors per controller',
  );
  const kinds = {
    error: undefined,
    terminal: count(
      'controller_runtime_terminal_reconcile_errors_total',
      'Total number of terminal errors per controller',
    ),
    panic: count('controller_runtime_reconcile_panics_total', 'Total number of panics per controller'),
    timeout: count('controller_runtime_reconcile_timeouts_total', 'Total number of reconcile timeouts per controller'),
  };
  return {
    active: (workers) => {
      activeWorkers.set({ controller }, workers);
    },
    finished: (outcome, durationMs) => {
      total.inc({ controller, result: outcome });
      time.observe({ controller }, durationMs / 1000);
    },
    failed: (kind) => {
      errors.inc();
      kinds[kind]?.inc();
    },
  };
}

/** The number of keys that the controllers of the process may work on at once, read at each scrape. */
export function showConcurrencyLimit(registry: MetricsRegistry, read: () => number): void {
  const metric = gauge(registry, {
    name: 'flotilla_reconcile_concurrency_limit',
    help: 'Objects that a controller may work on at once; falls when the API server answers 429.',
    collect: () => {
      metric.set(read());
    },
  });
}
