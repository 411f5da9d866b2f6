import type { LeaseReport } from '../../pkg/fleet/lease-report.ts';
import { parseAddress } from '../../pkg/probes/address.ts';
import type { Config } from './config.ts';

/** The part of the Lease report that never changes. */
export function identityOf(config: Config): LeaseReport {
  const { sharding, version, configHash, metricsAddr, listenHost, env } = config;
  const host = listenHost === '' ? (env['POD_IP'] ?? '') : listenHost;
  const address = metricsAddr === undefined || host === '' ? undefined : parseAddress(metricsAddr, host);
  return {
    homeShard: sharding?.shard,
    version,
    configHash,
    capacity: sharding?.capacity,
    address: address && `http://${address.host}:${address.port}`,
  };
}
