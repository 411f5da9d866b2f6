import type { Counter, Histogram } from 'prom-client';
import { counter, histogram } from '../metrics/declare.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';

const buckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

export interface ClientMetrics {
  readonly requests: Counter<'code' | 'method' | 'host'>;
  readonly duration: Histogram<'verb' | 'host'>;
  readonly waiting: Histogram<'verb' | 'host'>;
}

/** The metrics of a client under client-go's names; several clients of one process share them. */
export function clientMetrics(registry: MetricsRegistry): ClientMetrics {
  return {
    requests: counter(registry, {
      name: 'rest_client_requests_total',
      help: 'Number of HTTP requests, partitioned by status code, method, and host.',
      labelNames: ['code', 'method', 'host'],
    }),
    duration: histogram(registry, {
      name: 'rest_client_request_duration_seconds',
      help: 'Request latency in seconds, from sending to the end of the answer.',
      labelNames: ['verb', 'host'],
      buckets,
    }),
    waiting: histogram(registry, {
      name: 'rest_client_rate_limiter_duration_seconds',
      help: 'Time in seconds that requests waited for the token bucket.',
      labelNames: ['verb', 'host'],
      buckets,
    }),
  };
}
