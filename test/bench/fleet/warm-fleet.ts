import { BenchCluster } from './cluster.ts';
import type { Controller } from './cluster.ts';
import { letGiveWay, onFirstProcessor } from './pin.ts';
import { whenAllRun } from './follower.ts';
import { benchApplication, createAll, names } from './workload.ts';

/** A cluster with controllers that have delivered resources already. */
export interface Fleet {
  readonly cluster: BenchCluster;
  readonly workers: readonly Controller[];
  /** How many Applications there are. */
  count: number;
  /** What all of them use in a second in which they have nothing to do, in seconds. */
  rest: number;
}

export async function warmFleet(shards: number | undefined, warmPerShard: number, isPinned: boolean): Promise<Fleet> {
  // no resync of delivered resources during another measurement
  const args = ['--application-re-sync-period=24h'];
  const cluster = await BenchCluster.start({ shards, usualLeases: true, args, values: ['concurrentReconciles=1'] });
  const controllers = await cluster.controllers();
  const workers = controllers.filter(({ shard }) => shards === undefined || shard !== 'master');
  if (isPinned) await onFirstProcessor(workers.map(({ pid }) => pid));
  const count = warmPerShard * workers.length;
  await createAll(
    cluster.client,
    names('warm', count).map((name) => benchApplication(name)),
  );
  await whenAllRun(cluster.client, count, 300 + count / 2);
  // a master is on another machine, and not beside the API server
  if (isPinned) for (const { pid } of controllers.filter((one) => !workers.includes(one))) await letGiveWay(pid);
  return { cluster, workers, count, rest: 0 };
}
