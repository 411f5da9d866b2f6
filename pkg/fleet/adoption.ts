import { annotations } from '../apis/names.ts';
import type { LeaderElectorOptions } from '../lease/leader-elector.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import { aborted, runTogether } from '../reconcile/tasks.ts';
import type { Task } from '../reconcile/tasks.ts';
import { isInvitedTo, parseInvitations } from '../scheduling/invitation.ts';
import type { Invitation } from '../scheduling/invitation.ts';
import { returnRequestedBy } from '../scheduling/return-request.ts';

/** Works for a shard until the signal aborts or the shard is returned or lost. */
type Adopt = (invitation: Invitation, signal: AbortSignal) => Promise<void>;

/**
 * The shards that this process has adopted beside its own. The master invites it by an annotation on the Lease of its own
 * shard, which the process reads with every renewal.
 */
export class Adoption {
  readonly #home: string;
  readonly #adopt: Adopt;
  readonly #logger: Logger;
  readonly #ends = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  readonly #tried = new Map<string, string>();

  constructor(options: { readonly home: string; readonly adopt: Adopt; readonly logger: Logger }) {
    this.#home = options.home;
    this.#adopt = options.adopt;
    this.#logger = options.logger;
  }

  /** The adopted shards, sorted. */
  get shards(): readonly string[] {
    return [...this.#running.keys()].sort();
  }

  /** Follows the invitations on the own shard's Lease, each once. */
  follow(notes: Readonly<Record<string, string>>): void {
    for (const invitation of parseInvitations(notes[annotations.adopt])) {
      const { shard, epoch, renewTime = '' } = invitation;
      const state = `${epoch}@${renewTime}`;
      const isNew = shard !== this.#home && !this.#running.has(shard) && this.#tried.get(shard) !== state;
      if (!isNew || this.#ends.signal.aborted) continue;
      this.#tried.set(shard, state);
      this.#running.set(shard, this.#workFor(invitation));
    }
  }

  /** Waits until the signal aborts, then ends all adoptions in good order. */
  async run(signal: AbortSignal): Promise<void> {
    await aborted(signal);
    this.#ends.abort(signal.reason);
    await Promise.all(this.#running.values());
  }

  async #workFor(invitation: Invitation): Promise<void> {
    const { shard } = invitation;
    this.#logger.info({ adopted: shard, drain: invitation.drain }, 'adopting shard');
    try {
      await this.#adopt(invitation, this.#ends.signal);
      this.#logger.info({ adopted: shard }, 'adoption ended');
    } catch (error) {
      this.#logger.error({ err: error, adopted: shard }, 'adoption failed');
    } finally {
      this.#running.delete(shard);
    }
  }
}

/** The part of an election that an adoption decides. */
export type AdoptionHooks = Pick<LeaderElectorOptions, 'goneForMs' | 'mayStand' | 'onObserved'>;

export interface AdoptShardParts {
  readonly invitation: Invitation;
  /** Of this process on Leases. */
  readonly identity: string;
  readonly logger: Logger;
  /** Keep the caches of the shard; they end after its work. */
  readonly informers: readonly Task[];
  /** Works for the shard while this process holds its Lease. */
  readonly work: (hooks: AdoptionHooks, signal: AbortSignal) => Promise<void>;
}

/** Works for an adopted shard for one term, until the signal aborts or a process of that shard requests its return. */
export async function adoptShard(parts: AdoptShardParts, signal: AbortSignal): Promise<void> {
  const { invitation, identity, logger, informers, work } = parts;
  const { shard } = invitation;
  const ends = new AbortController();
  const hooks: AdoptionHooks = {
    goneForMs: () => 0,
    mayStand: (record) => record !== undefined && isInvitedTo(invitation, record),
    onObserved: ({ holder }, notes) => {
      const requester = holder === identity ? returnRequestedBy(notes) : undefined;
      if (requester === undefined || ends.signal.aborted) return;
      logger.info({ adopted: shard, to: requester }, 'returning adopted shard');
      ends.abort(new Error(`shard ${shard} is requested by ${requester}`));
    },
  };
  const over = new AbortController();
  const working = work(hooks, AbortSignal.any([signal, ends.signal])).finally(() => {
    over.abort();
  });
  const informed = runTogether(informers, over.signal).catch((error: unknown) => {
    ends.abort(error);
  });
  await Promise.all([working, informed]);
}
