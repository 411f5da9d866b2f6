import { counter, gauge } from '../metrics/declare.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';

export interface LeaseMetrics {
  leading(isLeading: boolean): void;
  attempted(result: 'renewed' | 'acquired' | 'failed'): void;
}

const validByRegistry = new WeakMap<MetricsRegistry, Map<string, () => number>>();

/** The metrics of the election on one Lease; `validForMs` is asked at each scrape. */
export function leaseMetrics(
  registry: MetricsRegistry,
  { name, leaseDurationMs }: { readonly name: string; readonly leaseDurationMs: number },
  validForMs: () => number,
): LeaseMetrics {
  declareValidity(registry).set(name, validForMs);
  const duration = gauge(registry, {
    name: 'flotilla_lease_duration_seconds',
    help: 'How long the lease stays valid without renewal',
    labelNames: ['name'],
  });
  duration.set({ name }, leaseDurationMs / 1000);
  const status = gauge(registry, {
    name: 'leader_election_master_status',
    help: 'Whether this process holds the lease: 1 if it does, 0 if it does not',
    labelNames: ['name'],
  });
  const attempts = counter(registry, {
    name: 'flotilla_lease_attempts_total',
    help: 'Writes of leases by result: acquired, renewed or failed',
    labelNames: ['name', 'result'],
  });
  status.set({ name }, 0);
  for (const result of ['acquired', 'renewed', 'failed']) attempts.inc({ name, result }, 0);
  return {
    leading: (isLeading) => {
      status.set({ name }, isLeading ? 1 : 0);
    },
    attempted: (result) => {
      attempts.inc({ name, result });
    },
  };
}

function declareValidity(registry: MetricsRegistry): Map<string, () => number> {
  const known = validByRegistry.get(registry);
  if (known) return known;
  const valid = new Map<string, () => number>();
  validByRegistry.set(registry, valid);
  gauge(registry, {
    name: 'flotilla_lease_valid_seconds',
    help: 'For how much longer this process may write under the lease; 0 when it does not hold it',
    labelNames: ['name'],
    collect() {
      for (const [name, ms] of valid) this.set({ name }, ms() / 1000);
    },
  });
  return valid;
}
