import type { Logger } from '../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../../pkg/metrics/registry.ts';
import type { Check } from '../../pkg/probes/checks.ts';
import type { LoopLag } from '../../pkg/probes/loop-lag.ts';
import { loopCheck } from '../../pkg/probes/loop-lag.ts';
import { ProbeServer } from '../../pkg/probes/server.ts';
import type { RunningInformer } from './caches.ts';
import type { Config } from './config.ts';
import type { Task } from '../../pkg/reconcile/tasks.ts';

export interface ProbeParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly registry: MetricsRegistry;
  readonly lag: LoopLag;
  /** Of readiness; may still change. */
  readonly checks: Readonly<Record<string, Check>>;
}

/** A loop that is blocked for so long will not come back by itself. */
const maxLagMs = 60_000;

/** The servers of probes and metrics; one where both have the same address. */
export function probeTasks({ config, logger, registry, lag, checks }: ProbeParts): readonly Task[] {
  const { healthAddr, metricsAddr, listenHost: host } = config;
  const common = { host, logger };
  const health = { healthz: { loop: loopCheck(lag, maxLagMs) }, readyz: checks };
  const servers = [
    ...(healthAddr === undefined
      ? []
      : [
          new ProbeServer({
            ...common,
            addr: healthAddr,
            ...health,
            ...(healthAddr === metricsAddr && { metrics: registry }),
          }),
        ]),
    ...(metricsAddr === undefined || metricsAddr === healthAddr
      ? []
      : [new ProbeServer({ ...common, addr: metricsAddr, metrics: registry })]),
  ];
  return servers.map(
    (server): Task =>
      (signal) =>
        server.run(signal),
  );
}

/** Passes once every cache holds what existed at its start. */
export function syncedCheck(informers: readonly Pick<RunningInformer, 'resource' | 'synced'>[]): Check {
  return () => {
    const open = informers.filter((informer) => !informer.synced).map((informer) => informer.resource.kind);
    if (open.length > 0) throw new Error(`not synced yet: ${open.join(', ')}`);
  };
}

export function failing(why: string): Check {
  return () => {
    throw new Error(why);
  };
}
