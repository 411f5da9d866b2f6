import { annotations } from '../../pkg/apis/names.ts';
import type { Logger } from '../../pkg/logging/logger.ts';
import { returnRequestedBy } from '../../pkg/scheduling/return-request.ts';
import { isInvitedTo, parseInvitations } from '../../pkg/scheduling/invitation.ts';
import type { Invitation } from '../../pkg/scheduling/invitation.ts';
import { newShardCaches } from './caches.ts';
import { ShardRuntime } from './shard-runtime.ts';
import type { ProcessParts } from './shard-runtime.ts';
import { runTogether } from './tasks.ts';
import type { Task } from './tasks.ts';

/** Works for a shard until the signal aborts or the shard is given back or lost. */
type Adopt = (invitation: Invitation, signal: AbortSignal) => Promise<void>;

/**
 * The shards that this process works for beside its own, because nobody else does. The master invites it by an
 * annotation on the Lease of its own shard, which it reads with every renewal.
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

  /** The shards that are being worked for. */
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

  /** Until the signal aborts; then everything that was adopted is given up in good order. */
  async run(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else
        signal.addEventListener(
          'abort',
          () => {
            resolve();
          },
          { once: true },
        );
    });
    this.#ends.abort(signal.reason);
    await Promise.all(this.#running.values());
  }

  async #workFor(invitation: Invitation): Promise<void> {
    const { shard } = invitation;
    this.#logger.info({ adopted: shard, drain: invitation.drain }, 'invited to adopt a shard');
    try {
      await this.#adopt(invitation, this.#ends.signal);
      this.#logger.info({ adopted: shard }, 'adoption of a shard ended');
    } catch (error) {
      this.#logger.error({ err: error, adopted: shard }, 'adoption of a shard failed');
    } finally {
      this.#running.delete(shard);
    }
  }
}

/** Works for an adopted shard: with caches of its own, for one term, until a process of that shard wants it back. */
export async function adoptShard(parts: ProcessParts, invitation: Invitation, signal: AbortSignal): Promise<void> {
  const { shard, drain = false } = invitation;
  const { client, logger, config } = parts;
  const caches = newShardCaches({ client, logger, informerResyncMs: config.informerResyncMs }, shard);
  const givenBack = new AbortController();
  const runtime = new ShardRuntime(parts, {
    shard,
    caches,
    drainOnly: drain,
    controller: `application-${shard}`,
    extras: [],
    election: {
      goneForMs: () => 0,
      mayStand: (record) => record !== undefined && isInvitedTo(invitation, record),
      onObserved: ({ holder }, notes) => {
        const wanted = holder === config.election?.identity ? returnRequestedBy(notes) : undefined;
        if (wanted === undefined) return;
        logger.info({ adopted: shard, to: wanted }, 'giving an adopted shard back');
        givenBack.abort(new Error(`shard ${shard} is wanted by ${wanted}`));
      },
    },
  });
  const informing = caches.all.map(
    (informer): Task =>
      (own) =>
        informer.run(own),
  );
  const over = new AbortController();
  const working = runtime.run(AbortSignal.any([signal, givenBack.signal])).finally(() => {
    over.abort();
  });
  const informed = runTogether(informing, over.signal).catch((error: unknown) => {
    givenBack.abort(error);
  });
  await Promise.all([working, informed]);
}
