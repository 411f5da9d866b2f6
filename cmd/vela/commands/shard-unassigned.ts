import type { Argv, CommandModule } from 'yargs';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { Application } from '../../../pkg/apis/application.ts';
import { labels, systemNamespace } from '../../../pkg/apis/names.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';
import { isFresh, readShards } from '../shards.ts';

interface Flags extends ClusterFlags {
  readonly output: OutputFormat;
}

/** `vela shard unassigned`: Applications that no shard works on. */
export function unassignedCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'unassigned',
    describe: 'List Applications that no shard works on: without a shard, or with one that has neither pod nor holder',
    builder: (argv: Argv) => outputOption(clusterOptions(argv)),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const rows = await readShards(client, systemNamespace, io.clock);
        const known = rows.filter(({ pods, lease }) => pods.length > 0 || isFresh(lease)).map(({ shard }) => shard);
        const labelSelector = known.length > 0 ? `${labels.scheduledShardId} notin (${known.join(',')})` : undefined;
        const { namespace } = flags;
        const apps = await client.list<Application>(applicationResource, { namespace, labelSelector });
        if (printValue(io, flags.output, apps)) return;
        const cells = apps.items.map(({ metadata: m, status }) => {
          const shard = m.labels?.[labels.scheduledShardId];
          const reported = status?.conditions?.find((c) => c.type === 'Scheduled' && c.status === 'False')?.message;
          const why = shard === undefined ? (reported ?? 'no shard') : `shard ${shard} has no live process`;
          return [m.namespace ?? '', m.name ?? '', shard ?? '(none)', why];
        });
        printTable(io, [['NAMESPACE', 'NAME', 'SHARD', 'WHY'], ...cells]);
      }),
  };
}
