import { setTimeout as sleep } from 'node:timers/promises';
import type { Application } from '../../../pkg/apis/application.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { componentDefinitionResource } from '../../../pkg/apis/component-definition.ts';
import type { ComponentDefinition } from '../../../pkg/apis/component-definition.ts';
import { labels, systemNamespace } from '../../../pkg/apis/names.ts';
import { BenchCluster, podOf } from './cluster.ts';
import { keptBy } from './heap.ts';
import type { Kept } from './heap.ts';
import type { Row } from './table.ts';
import { createAll, forEach, namespace, names, smallApplication } from './workload.ts';

const windowMs = 60_000;
/** So many come and go before the first measurement, so that every figure includes the heap after a burst of creations. */
const burst = 10_000;
/** After a start the compiler of CUE publishes schemas, and gives its memory back when it had nothing to do for a minute. */
const compilerMs = 70_000;
/** A shard of the fleet without a process: no process works on its Applications. */
const idle = 'shard-idle';
/** Every process of the fleet keeps all definitions. */
const definitions = 1000;

/** What the master costs at rest with so many Applications that others would work on. */
export async function sizeRows(sizes: readonly number[]): Promise<readonly Row[]> {
  const cluster = await BenchCluster.start({
    shards: 0,
    values: [`sharding.schedulableShards=${idle}`, 'resources.limits.memory=2Gi'],
  });
  try {
    const found: { size: number; kept: Kept; requests: number }[] = [];
    let made = 0;
    await sleep(compilerMs);
    await create(cluster, names('burst', burst));
    await cluster.client.deleteCollection(applicationResource, { namespace });
    for (const size of [...sizes].sort((a, b) => a - b)) {
      await create(cluster, names(`part-${size}`, size - made));
      made = size;
      await sleep(3000);
      const start = Date.now();
      await sleep(windowMs);
      const requests = await cluster.audit(start, (line) => podOf(line) !== undefined);
      found.push({ size, kept: await keptByMaster(cluster), requests: requests.length / (windowMs / 1000) });
    }
    const perDefinition = await memoryPerDefinition(cluster);
    const of = (pick: (one: (typeof found)[number]) => string): string =>
      found.map((one) => `${one.size}: ${pick(one)}`).join(', ');
    return [
      {
        row: 'master at rest, memory that it needs (and has)',
        target: 'within 5 %',
        measured: of(({ kept }) => `${kept.needed.toFixed(1)} MiB (${kept.resident.toFixed(0)})`),
      },
      {
        row: 'master at rest, requests per s',
        target: 'within 5 %',
        measured: of(({ requests }) => requests.toFixed(1)),
      },
      {
        row: `memory for each of ${definitions} definitions`,
        target: '-',
        measured: `${perDefinition.toFixed(1)} KiB`,
      },
    ];
  } finally {
    await cluster.stop();
  }
}

async function keptByMaster(cluster: BenchCluster): Promise<Kept> {
  const [master] = await cluster.controllers();
  if (!master) throw new Error('the master does not run');
  return keptBy(master.pid);
}

/** KiB of heap for each copy of a definition of the usual size, which is read, checked and published. */
async function memoryPerDefinition(cluster: BenchCluster): Promise<number> {
  const { client } = cluster;
  const before = await keptByMaster(cluster);
  const target = { name: 'webservice', namespace: systemNamespace };
  const { apiVersion, kind, spec } = await client.get<ComponentDefinition>(componentDefinitionResource, target);
  await forEach(names('copy', definitions), async (name) => {
    const metadata = { name, namespace: systemNamespace };
    await client.create(componentDefinitionResource, { apiVersion, kind, metadata, spec });
  });
  await sleep(compilerMs);
  const { needed } = await keptByMaster(cluster);
  return ((needed - before.needed) * 1024) / definitions;
}

const create = ({ client }: BenchCluster, applications: readonly string[]): Promise<void> =>
  createAll(
    client,
    applications.map((name) => onIdleShard(smallApplication(name))),
  );

function onIdleShard(application: Application): Application {
  const own = { [labels.scheduledShardId]: idle, [labels.pause]: 'true' };
  return { ...application, metadata: { ...application.metadata, labels: own } };
}
