import { isConflict } from '../../apis/api-error.ts';
import type { Application } from '../../apis/application.ts';
import { applicationResource } from '../../apis/application.ts';
import type { KubeClient, Named } from '../../apis/kube-client.ts';
import type { Clock } from '../../../machinery/src/clock/clock.ts';
import { cancelMove, requestMove } from '../../scheduling/handover.ts';
import type { Outcome } from '../../scheduling/handover.ts';
import { ownershipOf } from '../../scheduling/ownership.ts';
import { applicationFamilies } from './application.ts';

/** The target of a move, and its reason. */
export interface MoveTarget {
  readonly to: string;
  readonly reason: string;
}

/** The result of a request; `done` when the Application is on that shard already. */
export type MoveResult =
  | { readonly ok: true; readonly done: boolean; readonly application: Application }
  | { readonly ok: false; readonly problem: string };

/**
 * Requests the move of an Application: its present shard acknowledges, then the master carries the move out. An unassigned
 * Application is assigned to the shard at once.
 */
export async function moveApplication(
  client: KubeClient,
  target: Named,
  { to, reason }: MoveTarget,
  { clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal | undefined },
): Promise<MoveResult> {
  return retryConflicts(async () => {
    const application = await client.get<Application>(applicationResource, target, { signal });
    const own = ownershipOf(application);
    if (own.shard === undefined) {
      const family = await applicationFamilies.read(client, target, signal);
      return { ok: true, done: true, application: await applicationFamilies.assign(client, family, to, signal) };
    }
    const id = `${own.epoch}-${application.metadata.resourceVersion ?? ''}`;
    const outcome = requestMove(own, { id, to, at: clock.now(), reason });
    if (!outcome.ok) return outcome;
    const { ownership } = outcome;
    if (ownership === own) return { ok: true, done: own.move === undefined, application };
    return {
      ok: true,
      done: false,
      application: await applicationFamilies.writeOwnership(client, application, ownership, signal),
    };
  });
}

/** Cancels a move, which is possible until its last write. */
export async function cancelApplicationMove(client: KubeClient, target: Named, signal?: AbortSignal): Promise<Outcome> {
  return retryConflicts(async () => {
    const application = await client.get<Application>(applicationResource, target, { signal });
    const outcome = cancelMove(ownershipOf(application));
    if (!outcome.ok) return outcome;
    const { move } = outcome.ownership;
    // before the acknowledgement of the old shard there is nothing to undo
    const ownership = move?.quiesced === 'no' ? { ...outcome.ownership, move: undefined } : outcome.ownership;
    await applicationFamilies.writeOwnership(client, application, ownership, signal);
    return { ok: true, ownership };
  });
}

async function retryConflicts<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isConflict(error) || tries === 10) throw error;
    }
  }
}
