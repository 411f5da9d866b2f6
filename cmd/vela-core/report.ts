import { annotations } from '../../pkg/apis/names.ts';
import type { Clock } from '../../pkg/clock/clock.ts';
import type { ShardLoad } from '../../pkg/scheduling/shards.ts';
import { parseAddress } from '../../pkg/probes/address.ts';
import type { Config } from './config.ts';

/** What a term of office knows of its own load. */
export interface LoadSource {
  readonly applications: number;
  readonly backlog: number;
  /** Work done since the beginning of the term, of all workers together. */
  readonly workedMs: number;
  readonly oldestMs: number;
}

/** Measures how busy workers were between two looks. */
export class LoadMeter {
  readonly #clock: Clock;
  readonly #workers: number;
  #last: { readonly at: number; readonly workedMs: number } | undefined;

  constructor(clock: Clock, workers: number) {
    this.#clock = clock;
    this.#workers = workers;
  }

  read({ applications, backlog, workedMs, oldestMs }: LoadSource): ShardLoad {
    const at = this.#clock.monotonic();
    const last = this.#last;
    this.#last = { at, workedMs };
    const spanMs = last && at > last.at && workedMs >= last.workedMs ? at - last.at : 0;
    const busy = last && spanMs > 0 ? (workedMs - last.workedMs) / (spanMs * this.#workers) : 0;
    const oldestSeconds = Math.round(oldestMs / 1000);
    return { applications, backlog, busy: Math.round(Math.min(1, busy) * 1000) / 1000, oldestSeconds };
  }
}

/** What the holder of a shard's Lease says on it about itself, beside its load. */
export function identityNotes(config: Config): Readonly<Record<string, string | undefined>> {
  const { sharding, version, configHash, metricsAddr, listenHost, env } = config;
  const host = listenHost === '' ? (env['POD_IP'] ?? '') : listenHost;
  const address = metricsAddr === undefined || host === '' ? undefined : parseAddress(metricsAddr, host);
  return {
    [annotations.homeShard]: sharding?.shard,
    [annotations.shardVersion]: version,
    [annotations.shardConfigHash]: configHash,
    [annotations.shardCapacity]: sharding?.capacity === undefined ? undefined : String(sharding.capacity),
    [annotations.shardAddress]: address && `http://${address.host}:${address.port}`,
  };
}

export function loadNote(load: ShardLoad): Readonly<Record<string, string>> {
  return { [annotations.shardLoad]: JSON.stringify(load) };
}
