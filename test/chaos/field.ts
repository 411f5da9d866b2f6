import type { ApiFaults } from './api-faults.ts';
import type { ChaosCluster } from './cluster.ts';
import type { Settings } from './settings.ts';

/** What a fault may use. */
export interface Field {
  readonly cluster: ChaosCluster;
  readonly settings: Settings;
  readonly api: ApiFaults;
  /** How many shards the addon was last asked for. */
  shards: number;
  /** Ends when all faults have to be over. */
  readonly signal: AbortSignal;
}
