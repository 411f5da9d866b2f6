import { isNotFound } from '../../apis/api-error.ts';
import type { Application } from '../../apis/application.ts';
import { applicationResource } from '../../apis/application.ts';
import { splitKey } from '../../apis/meta.ts';
import { scheduledShard } from '../../scheduling/assign.ts';
import { applicationFamilies } from '../family/application.ts';
import { asOwner } from '../family/families.ts';
import type { ApplicationDeps } from './deps.ts';

/**
 * Gives the trackers and revisions of an Application that has left this shard the label of its new shard. A controller of
 * KubeVela finds its Applications, trackers and revisions by that label alone, and would work without them otherwise.
 */
export async function followLabel(
  key: string,
  { client, options }: ApplicationDeps,
  signal: AbortSignal,
): Promise<void> {
  const { namespace = '', name } = splitKey(key);
  const live = await client
    .get<Application>(applicationResource, { name, namespace }, { signal })
    .catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  const shard = scheduledShard(live);
  if (!live || shard === undefined || shard === options.shard) return;
  const { members } = await applicationFamilies.read(client, { name, namespace }, signal);
  const left = members.filter(({ object }) => scheduledShard(object) === options.shard);
  await applicationFamilies.relabel(asOwner(client), left, shard, signal);
}
