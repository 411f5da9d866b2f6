import { counter, histogram } from '../metrics/declare.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';

export interface WebhookMetrics {
  observe(path: string, outcome: 'allowed' | 'denied' | 'error', seconds: number): void;
}

/** The metrics of the webhook server, under controller-runtime's names. */
export function newWebhookMetrics(registry: MetricsRegistry): WebhookMetrics {
  const latency = histogram(registry, {
    name: 'controller_runtime_webhook_latency_seconds',
    help: 'Time that the decision about an admission request took.',
    labelNames: ['webhook'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  const requests = counter(registry, {
    name: 'controller_runtime_webhook_requests_total',
    help: 'Admission requests by webhook and outcome.',
    labelNames: ['webhook', 'outcome'],
  });
  return {
    observe: (webhook, outcome, seconds) => {
      latency.observe({ webhook }, seconds);
      requests.inc({ webhook, outcome });
    },
  };
}
