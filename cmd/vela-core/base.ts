import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import type { FleetConflicts } from '../../pkg/fleet/conflicts.ts';
import type { MetricsRegistry } from '../../pkg/metrics/registry.ts';
import type { Check } from '../../pkg/probes/checks.ts';
import type { ClusterVersion } from '../../pkg/render/context.ts';
import type { Engines } from '../../pkg/render/engine.ts';
import type { DefinitionCaches } from './caches.ts';
import type { Config } from './config.ts';
import type { Task } from '../../pkg/reconcile/tasks.ts';

/** Parts of every mode. */
export interface Base {
  readonly config: Config;
  readonly client: KubeClient;
  readonly definitions: DefinitionCaches;
  readonly engines: Engines;
  readonly logger: Logger;
  readonly registry: MetricsRegistry;
  readonly clusterVersion: ClusterVersion;
  readonly conflicts: FleetConflicts;
}

/** Parts that a mode adds to the application controller. */
export interface Extras {
  /** Run on every replica from the start. */
  readonly always: readonly Task[];
  /** Run by the holder of the Lease; every write goes through the given client. */
  readonly whileLeading: readonly ((client: KubeClient, signal: AbortSignal) => Promise<void>)[];
  /** To pass before the process counts as ready. */
  readonly checks: Readonly<Record<string, Check>>;
}
