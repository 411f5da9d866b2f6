import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import { fenceRefusalOf, fenceText } from '../../../apis/fence.ts';
import type { Fence } from '../../../apis/fence.ts';
import { annotations } from '../../../apis/names.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { patchObject } from '../../../apis/patch-object.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import { permissionOf } from '../../../scheduling/handover.ts';
import { ownershipOf } from '../../../scheduling/ownership.ts';
import type { ApplicationDeps, ApplicationOptions } from '../deps.ts';
import { liveApplication } from '../family/family.ts';

type Term = Pick<ApplicationOptions, 'shard' | 'leaseEpoch'>;

/** The fence of the present writes for an object that is divided among shards; undefined where no other process could write. */
export function fenceFor(main: KubeObject, { shard, leaseEpoch }: Term): string | undefined {
  if (shard === undefined || leaseEpoch === undefined) return undefined;
  return fenceText({ family: ownershipOf(main).epoch, lease: leaseEpoch });
}

/**
 * A write was refused because the stored epoch is newer, although this process owns the family: the Lease was deleted and
 * started again, or objects were restored from a backup. Then the owner raises the epoch of the family above the stored one
 * by a compare-and-swap of the Application, and returns that; undefined where the refusal was right.
 */
export async function overtake(
  error: unknown,
  app: Application,
  { deps, signal }: { readonly deps: ApplicationDeps; readonly signal: AbortSignal },
): Promise<Application | undefined> {
  const stored = fenceRefusalOf(error)?.stored;
  const { shard, leaseEpoch } = deps.options;
  if (!stored || shard === undefined || leaseEpoch === undefined || signal.aborted) return undefined;
  const live = await liveApplication(deps.client, app, signal);
  const own = ownershipOf(live);
  if (permissionOf(own, shard) !== 'work' || !isOlder({ family: own.epoch, lease: leaseEpoch }, stored))
    return undefined;
  const fence = { family: stored.family + 1, lease: leaseEpoch };
  const notes = { [annotations.shardEpoch]: String(fence.family), [annotations.shardFence]: fenceText(fence) };
  const change = { metadata: { annotations: notes } };
  return patchObject(deps.client, applicationResource, live, { change, fieldManager, signal });
}

const isOlder = (a: Fence, b: Fence): boolean => a.family < b.family || (a.family === b.family && a.lease < b.lease);
