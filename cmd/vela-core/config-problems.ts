import { labels } from '../../pkg/apis/names.ts';
import { parseAddress } from '../../pkg/probes/address.ts';
import { failoverModes } from '../../pkg/scheduling/failover.ts';
import { policies } from '../../pkg/scheduling/policy.ts';
import { rebalanceModes } from '../../pkg/scheduling/rebalance.ts';
import { timeProblems } from '../../pkg/safety/times.ts';
import type { GivenTimes } from '../../pkg/safety/times.ts';
import type { Config, Mode, ShardingConfig } from './config.ts';

function isAddress(text: string | undefined): boolean {
  try {
    if (text !== undefined) parseAddress(text, '');
    return true;
  } catch {
    return false;
  }
}

/** Returns the problems of the values of a parsed command line. */
export function configProblems(config: Config): string[] {
  const { webhook, sharding, application, client } = config;
  const shard = sharding?.shard ?? '';
  const rules: readonly (readonly [boolean, string])[] = [
    [isAddress(config.healthAddr), '--health-addr: must be host:port or :port'],
    [isAddress(config.metricsAddr), '--metrics-addr: must be host:port or :port'],
    [!webhook || (webhook.port >= 0 && webhook.port < 65_536), '--webhook-port: must be a port'],
    [!webhook?.url || webhook.url.startsWith('https://'), '--webhook-url: must begin with https://'],
    [
      !sharding || isShardId(shard),
      `--shard-id: "${shard}" must be at most 50 lower-case letters, digits and inner dashes: it becomes the value of ${labels.shardId} and the end of a Lease's name`,
    ],
    [
      !sharding || rebalanceModes.includes(sharding.rebalance),
      `--shard-rebalance: must be one of ${rebalanceModes.join(', ')}`,
    ],
    [
      !sharding || failoverModes.includes(sharding.failover),
      `--shard-failover: must be one of ${failoverModes.join(', ')}`,
    ],
    [
      !sharding || policies.includes(sharding.policy),
      `--shard-scheduling-policy: must be one of ${policies.join(', ')}`,
    ],
    [
      ['namespace', 'cluster', 'global'].includes(application.refObjectsScope),
      '--ref-objects-available-scope: must be namespace, cluster or global',
    ],
    [
      /^((whitelist|blacklist):.+)?$/.test(application.allowResourceTypes),
      '--allow-resource-types: must be whitelist: or blacklist: with a list of Kind.version.group behind it',
    ],
    [application.tenantConcurrency >= 0, '--tenant-concurrency: must not be negative'],
    [application.concurrentReconciles >= 1, '--concurrent-reconciles: must be at least 1'],
    [client.qps <= 0 || client.burst >= 1, '--kube-api-burst: must be at least 1'],
  ];
  return [...unmet(rules), ...autoscaleProblems(sharding)];
}

const unmet = (rules: readonly (readonly [boolean, string])[]): string[] =>
  rules.flatMap(([holds, text]) => (holds ? [] : [text]));

function autoscaleProblems(sharding: ShardingConfig | undefined): string[] {
  if (!sharding?.autoscale) return [];
  const { min, max } = sharding.autoscale;
  const flag = '--shard-autoscale-max';
  return unmet([
    [min >= 1 && max >= min, `${flag}: must be 0, or not less than --shard-autoscale-min, which is at least 1`],
    [
      sharding.rebalance !== 'off',
      `${flag}: needs --shard-rebalance=on-join or continuous, or new shards would take none of the work that is there`,
    ],
    [
      sharding.schedulableShards.length === 0,
      `${flag}: needs shards that are discovered; leave --schedulable-shards empty`,
    ],
  ]);
}

/** Returns the problems of the times on which exclusive writing depends, with the flags that set them. */
export function timeFlagProblems(mode: Mode, times: GivenTimes): string[] {
  const leaseFlags = mode === 'standalone' ? '--leader-election-*' : '--shard-lease-*';
  const names = { lease: leaseFlags, write: '--controller-client-mutating-request-timeout' };
  return timeProblems(times).map(({ about, problem }) => `${names[about]}: ${problem}`);
}

const isShardId = (id: string): boolean => /^[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?$/.test(id);
