import { isNotFound } from '../../../apis/api-error.ts';
import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import { splitKey } from '../../../apis/meta.ts';
import type { KubeObject } from '../../../apis/meta.ts';
import { scheduledShard } from '../../../scheduling/assign.ts';
import { applicationFamilies } from '../../family/application.ts';
import { asOwner } from '../../family/families.ts';
import type { Member } from '../../family/families.ts';
import type { ApplicationDeps } from '../deps.ts';

/*
 * Moves under a master of KubeVela, which has no protocol for them: an Application belongs to the shard that its label names.
 * KubeVela's command line relabels the Application, its trackers and its revisions at the same time; by hand only the
 * Application is relabelled. In the second case a shard of Flotilla relabels the others, on arrival and on departure, because
 * a controller of KubeVela finds all of them by that label alone.
 */

/** For how long a family must be unchanged until its members are relabelled: the command line may be at it. */
const quietMs = 5_000;

/** Gives the members of a family the label of a shard; false where that has to wait. */
export async function relabelWhenQuiet(
  main: KubeObject,
  members: readonly Member[],
  { deps, shard, signal }: { readonly deps: ApplicationDeps; readonly shard: string; readonly signal: AbortSignal },
): Promise<boolean> {
  const newest = Math.max(...[main, ...members.map(({ object }) => object)].map(changedAt));
  if (deps.clock.now() - newest < quietMs) return false;
  await applicationFamilies.relabel(asOwner(deps.client), members, shard, signal);
  return true;
}

/**
 * Gives the trackers and revisions of an Application that has left this shard the label of its new shard. Returns the time
 * after which to try again; undefined where nothing is left to do.
 */
export async function followLabel(
  key: string,
  deps: ApplicationDeps,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { client, options } = deps;
  const { namespace = '', name } = splitKey(key);
  const live = await client
    .get<Application>(applicationResource, { name, namespace }, { signal })
    .catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  const shard = scheduledShard(live);
  if (!live || shard === undefined || shard === options.shard) return undefined;
  const { members } = await applicationFamilies.read(client, { name, namespace }, signal);
  const left = members.filter(({ object }) => scheduledShard(object) === options.shard);
  if (left.length === 0) return undefined;
  return (await relabelWhenQuiet(live, left, { deps, shard, signal })) ? undefined : quietMs;
}

/** When an object was written last, as its managers say. */
const changedAt = ({ metadata }: KubeObject): number =>
  Math.max(0, ...(metadata.managedFields ?? []).map(({ time = '' }) => Date.parse(time) || 0));
