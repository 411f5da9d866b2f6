import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { podResource } from '../support/core-process.ts';
import { eventually } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

/** The process of a shard of Flotilla. */
export async function pidOfShard({ client }: TestCluster, shard: string): Promise<number> {
  const labelSelector = `${labels.shardId}=${shard}`;
  return eventually('the process of the shard', async () => {
    const { items } = await client.list(podResource, { namespace: systemNamespace, labelSelector });
    const { containerStatuses = [] } = (items[0]?.['status'] ?? {}) as {
      containerStatuses?: { containerID?: string }[];
    };
    const pid = Number(/^process:\/\/(\d+)/.exec(containerStatuses[0]?.containerID ?? '')?.[1]);
    if (!(pid > 0)) throw new Error('it does not run');
    return pid;
  });
}
