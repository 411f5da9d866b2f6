import { Counter, Gauge, Histogram } from 'prom-client';
import type { CounterConfiguration, GaugeConfiguration, HistogramConfiguration } from 'prom-client';
import type { MetricsRegistry } from './registry.ts';

/** The registry's counter of that name, made when it has none: parts of a process that declare the same metric share it. */
export function counter<L extends string>(registry: MetricsRegistry, config: CounterConfiguration<L>): Counter<L> {
  const known: unknown = registry.getSingleMetric(config.name);

  if (known) return known as Counter<L>;
  return new Counter<L>({ ...config, registers: [registry] });
}

/** As `counter`, for a gauge. */
export function gauge<L extends string>(registry: MetricsRegistry, config: GaugeConfiguration<L>): Gauge<L> {
  const known: unknown = registry.getSingleMetric(config.name);

  if (known) return known as Gauge<L>;
  return new Gauge<L>({ ...config, registers: [registry] });
}

/** As `counter`, for a histogram. */
export function histogram<L extends string>(
  registry: MetricsRegistry,
  config: HistogramConfiguration<L>,
): Histogram<L> {
  const known: unknown = registry.getSingleMetric(config.name);

  if (known) return known as Histogram<L>;
  return new Histogram<L>({ ...config, registers: [registry] });
}
