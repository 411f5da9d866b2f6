import { isConflict } from '../../apis/api-error.ts';
import type { Application } from '../../apis/application.ts';
import { applicationResource } from '../../apis/application.ts';
import type { KubeClient, Named } from '../../apis/kube-client.ts';
import type { Clock } from '../../clock/clock.ts';
import { cancelMove, requestMove } from '../../scheduling/handover.ts';
import type { Outcome } from '../../scheduling/handover.ts';
import { ownershipOf } from '../../scheduling/ownership.ts';
import { applicationFamilies } from './application.ts';

/** Where an Application is wanted, and why. */
export interface MoveWish {
  readonly to: string;
  readonly reason: string;
}

/** What came of a wish; `done` when the Application is there already. */
export type Asked =
  | { readonly ok: true; readonly done: boolean; readonly application: Application }
  | { readonly ok: false; readonly problem: string };

/**
 * Asks for an Application to be moved; who works on it now lets it go first, and whoever leads the fleet then carries
 * the move out. One that nobody works on is given to the shard at once.
 */
export async function askForMove(
  client: KubeClient,
  target: Named,
  { to, reason }: MoveWish,
  { clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal | undefined },
): Promise<Asked> {
  return again(async () => {
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

/** Takes a move back, which is possible until its last write. */
export async function takeMoveBack(client: KubeClient, target: Named, signal?: AbortSignal): Promise<Outcome> {
  return again(async () => {
    const application = await client.get<Application>(applicationResource, target, { signal });
    const outcome = cancelMove(ownershipOf(application));
    if (!outcome.ok) return outcome;
    const { move } = outcome.ownership;
    // before the old shard has let go there is nothing to undo
    const ownership = move?.quiesced === 'no' ? { ...outcome.ownership, move: undefined } : outcome.ownership;
    await applicationFamilies.writeOwnership(client, application, ownership, signal);
    return { ok: true, ownership };
  });
}

async function again<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isConflict(error) || tries === 10) throw error;
    }
  }
}
