import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import type { Application } from '../../../apis/application.ts';
import { resourceTrackerResource } from '../../../apis/resource-tracker.ts';
import { scheduledShard } from '../../../scheduling/assign.ts';
import { nextClaimStep, requestMove } from '../../../scheduling/handover.ts';
import { hasRemains, ownershipOf } from '../../../scheduling/ownership.ts';
import { applicationFamilies } from '../../family/application.ts';
import { asOwner } from '../../family/families.ts';
import type { Member } from '../../family/families.ts';
import type { ApplicationDeps } from '../deps.ts';
import type { Family } from '../family/family.ts';
import type { ForeignMoves } from './foreign-master.ts';

/**
 * Whether a shard may write for a family that it has just read from the API server: all members must be the shard's.
 *
 * Members without a shard, from before sharding was switched on, get the label of this shard. Members of another shard mean
 * that a user changed the label of the Application while its old shard may work on it: that becomes a move, which the old
 * shard acknowledges. Where only the record of a move is left, a new epoch begins. In each of these cases the family must be
 * read again, and the result is false.
 */
export async function claimFamily(
  app: Application,
  family: Family,
  {
    deps,
    shard,
    foreign,
    signal,
  }: {
    readonly deps: ApplicationDeps;
    readonly shard: string;
    /** Where the master is KubeVela's. */
    readonly foreign?: ForeignMoves | undefined;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const members = [...family.trackers.list(), ...family.revisions].map((member) => scheduledShard(member));
  const step = nextClaimStep(ownershipOf(app), shard, { members, hasRemains: hasRemains(app) });
  const writer = asOwner(deps.client);
  switch (step.do) {
    case 'act':
      return true;
    case 'write':
      await applicationFamilies.writeOwnership(writer, app, step.ownership, signal);
      return false;
    case 'relabel':
      await applicationFamilies.relabel(writer, membersOf(family), shard, signal);
      return false;
    case 'ask':
      // a controller of KubeVela releases an Application by its label alone, and acknowledges nothing
      if (foreign) await foreign.relabel({ app, members: membersOf(family), shard }, signal);
      else await undoRelabelling(app, step.other, { deps, shard, signal });
      return false;
    case 'wait':
      return false;
  }
}

function membersOf({ trackers, revisions }: Family): readonly Member[] {
  return [
    ...trackers.list().map((object) => ({ resource: resourceTrackerResource, object })),
    ...revisions.map((object) => ({ resource: applicationRevisionResource, object })),
  ];
}

async function undoRelabelling(
  app: Application,
  other: string,
  { deps, shard, signal }: { readonly deps: ApplicationDeps; readonly shard: string; readonly signal: AbortSignal },
): Promise<void> {
  const before = { shard: other, epoch: ownershipOf(app).epoch + 1, move: undefined };
  const request = { id: `label-${before.epoch}`, to: shard, at: deps.clock.now(), reason: 'relabelled by hand' };
  const outcome = requestMove(before, request);
  if (!outcome.ok) return;
  await applicationFamilies.writeOwnership(asOwner(deps.client), app, outcome.ownership, signal);
  const message = `its label was changed from ${other} to ${shard} by hand; ${other} lets it go first`;
  deps.events.event(app, 'Normal', 'ShardMoveRequested', message);
}
