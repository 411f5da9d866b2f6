import type { Argv, CommandModule } from 'yargs';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../../pkg/apis/meta.ts';
import { labels, systemNamespace } from '../../../pkg/apis/names.ts';
import { systemClock } from '../../../pkg/clock/system.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { readFleet } from '../fleet.ts';
import type { FleetPod } from '../fleet.ts';
import { printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { moveCommand } from './shard-move.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';

interface ShardFlags extends ClusterFlags {
  readonly output: OutputFormat;
}

const leaseResource: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

/** One shard as the cluster shows it. */
interface ShardRow {
  readonly shard: string;
  readonly pods: number;
  readonly ready: number;
  readonly holder: string;
  /** Seconds since the holder renewed, by this machine's clock. */
  readonly renewedSecondsAgo: number | undefined;
  readonly applications: number;
}

const options = (argv: Argv): Argv<ShardFlags> => outputOption(clusterOptions(argv));

/** `vela shard`: who is in the fleet, and what belongs to nobody. */
export function shardCommand(io: Io): CommandModule {
  const builder = (argv: Argv): Argv =>
    argv
      .command(listCommand(io))
      .command(unassignedCommand(io))
      .command(moveCommand(io))
      .demandCommand(1, 'which? See vela shard --help');
  return { command: 'shard', describe: 'Look at the fleet', builder, handler: () => undefined };
}

function listCommand(io: Io): CommandModule<object, ShardFlags> {
  return {
    command: 'list',
    aliases: ['ls'],
    describe: 'List the shards with their pods, Lease and number of Applications',
    builder: options,
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const rows = await readShards(client, flags.namespace ?? systemNamespace);
        if (printValue(io, flags.output, rows)) return;
        const cells = rows.map((r) => [
          r.shard,
          `${r.ready}/${r.pods}`,
          r.holder,
          ago(r.renewedSecondsAgo),
          String(r.applications),
        ]);
        printTable(io, [['SHARD', 'READY', 'HOLDER', 'RENEWED', 'APPLICATIONS'], ...cells]);
      }),
  };
}

function unassignedCommand(io: Io): CommandModule<object, ShardFlags> {
  return {
    command: 'unassigned',
    describe: 'List Applications that no shard works on: without a shard, or with one that has no pod',
    builder: options,
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const known = (await readFleet(client)).map((pod) => pod.shard);
        const selector =
          known.length > 0 ? `${labels.scheduledShardId} notin (${[...new Set(known)].join(',')})` : undefined;
        const apps = await client.list(applicationResource, {
          namespace: flags.namespace,
          labelSelector: selector,
          metadataOnly: true,
        });
        if (printValue(io, flags.output, apps)) return;
        const cells = apps.items.map(({ metadata: m }) => [
          m.namespace ?? '',
          m.name ?? '',
          m.labels?.[labels.scheduledShardId] ?? '(none)',
        ]);
        printTable(io, [['NAMESPACE', 'NAME', 'SHARD'], ...cells]);
      }),
  };
}

async function readShards(client: KubeClient, namespace: string): Promise<ShardRow[]> {
  const [pods, leases, apps] = await Promise.all([
    readFleet(client),
    client.list(leaseResource, { namespace }),
    client.list(applicationResource, { metadataOnly: true }),
  ]);
  const counts = new Map<string, number>();
  for (const { metadata } of apps.items) {
    const shard = metadata.labels?.[labels.scheduledShardId] ?? '(none)';
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  const shards = [...new Set([...pods.map((pod) => pod.shard), ...counts.keys()])].sort();
  return shards.map((shard) => shardRow(shard, pods, leases.items, counts.get(shard) ?? 0));
}

function shardRow(
  shard: string,
  pods: readonly FleetPod[],
  leases: readonly KubeObject[],
  applications: number,
): ShardRow {
  const own = pods.filter((pod) => pod.shard === shard);
  const lease = leases.find(
    ({ metadata }) => metadata.name === (shard === 'master' ? 'kubevela' : `kubevela-${shard}`),
  );
  const spec = (lease?.['spec'] ?? {}) as { holderIdentity?: string; renewTime?: string };
  const renewed = spec.renewTime ? Math.round((systemClock.now() - Date.parse(spec.renewTime)) / 1000) : undefined;
  const ready = own.filter((pod) => pod.ready).length;
  return {
    shard,
    pods: own.length,
    ready,
    holder: spec.holderIdentity ?? '',
    renewedSecondsAgo: renewed,
    applications,
  };
}

const ago = (seconds: number | undefined): string => (seconds === undefined ? '' : `${seconds}s ago`);
