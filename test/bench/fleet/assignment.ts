import type { Application } from '../../../pkg/apis/application.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { labels } from '../../../pkg/apis/names.ts';
import { eventually } from '../../support/fleet.ts';
import { BenchCluster } from './cluster.ts';
import { whenAllRun } from './follower.ts';
import type { Row } from './table.ts';
import { forEach, names, namespace, quantile, smallApplication } from './workload.ts';

const shardOf = ({ metadata }: Application): string => metadata.labels?.[labels.scheduledShardId] ?? '';

async function release({ client }: BenchCluster, name: string): Promise<void> {
  const body = { metadata: { labels: { [labels.scheduledShardId]: null } } };
  await client.patch(applicationResource, { name, namespace }, { type: 'merge', body });
}

/** Milliseconds from an Application without a shard until it has one. */
async function timeToAssign(cluster: BenchCluster, name: string): Promise<number> {
  const start = performance.now();
  await release(cluster, name);
  for (;;) {
    if (shardOf(await cluster.client.get<Application>(applicationResource, { name, namespace })) !== '')
      return performance.now() - start;
    if (performance.now() - start > 30_000) throw new Error(`${name} has had no shard for 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

/** How soon Applications have a shard, and how long it takes to empty one. */
export async function assignmentRows(applications: number): Promise<readonly Row[]> {
  const cluster = await BenchCluster.start({ shards: 3 });
  const { client } = cluster;
  try {
    const apps = names('app', applications);
    let unassigned = 0;
    await forEach(apps, async (name) => {
      if (shardOf(await client.create(applicationResource, smallApplication(name))) === '') unassigned += 1;
    });
    await whenAllRun(client, applications);
    const one: number[] = [];
    for (const name of apps.slice(0, 50)) one.push(await timeToAssign(cluster, name));
    const start = performance.now();
    await forEach(apps, (name) => release(cluster, name), 32);
    const released = performance.now() - start;
    await eventually('all to have a shard', async () => {
      const { items } = await client.list<Application>(applicationResource, { namespace });
      const left = items.filter((app) => shardOf(app) === '').length;
      if (left > 0) throw new Error(`${left} have none`);
    });
    const swept = performance.now() - start;
    const drained = await drain(cluster, applications);
    return [
      {
        row: 'created with a shard (policy or webhook)',
        target: 'all',
        measured: `${applications - unassigned} of ${applications}`,
      },
      {
        row: 'unassigned -> assigned p99 (assigner)',
        target: '< 100 ms',
        measured: `${quantile(one, 0.99).toFixed(0)} ms`,
      },
      {
        row: `sweep of ${applications} that lost their labels`,
        target: '< 2 s',
        measured: `${(Math.max(0, swept - released) / 1000).toFixed(1)} s after the last was taken off`,
      },
      drained,
    ];
  } finally {
    await cluster.stop();
  }
}

/** Empties a shard that has all but none of the Applications. */
async function drain(cluster: BenchCluster, applications: number): Promise<Row> {
  const { client } = cluster;
  for (const shard of ['shard-1', 'shard-2']) await cluster.vela('shard', 'drain', shard, '--wait', '--timeout', '300');
  for (const shard of ['shard-1', 'shard-2']) await cluster.vela('shard', 'undrain', shard);
  const count = async (): Promise<number> =>
    (
      await client.list(applicationResource, {
        namespace,
        labelSelector: `${labels.scheduledShardId}=shard-0`,
        metadataOnly: true,
      })
    ).items.length;
  const before = await count();
  const start = performance.now();
  await cluster.vela('shard', 'drain', 'shard-0', '--wait', '--timeout', '600');
  const seconds = (performance.now() - start) / 1000;
  await whenAllRun(client, applications);
  return {
    row: `drain of ${before} Applications`,
    target: '-',
    measured: `${seconds.toFixed(1)} s, ${(before / seconds).toFixed(0)} moves/s`,
  };
}
