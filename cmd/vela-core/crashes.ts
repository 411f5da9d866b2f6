import { join } from 'node:path';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { annotations, labels } from '../../pkg/apis/names.ts';
import type { Clock } from '../../pkg/clock/clock.ts';
import { leases } from '../../pkg/lease/record.ts';
import type { Lease } from '../../pkg/lease/record.ts';
import { Journal } from '../../pkg/workqueue/journal.ts';

/** After that long a crash says nothing of what was in work then: it was worked on elsewhere, well or not. */
const staleAfterMs = 600_000;
/** What a Lease has room for; more were hardly in work at once. */
const toldAtMost = 50;

/**
 * What processes of the fleet were at when they died and nobody has dealt with, as those say that came after them. A
 * process that adopted a shard and died of it may not be the next to have it, and only its pod has its journal.
 */
export async function suspectsOfFleet(
  client: KubeClient,
  { namespace, now }: { readonly namespace: string; readonly now: number },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { items } = await client.list<Lease>(leases, { namespace, labelSelector: labels.shardId, signal });
  const isFresh = ({ spec }: Lease): boolean => now - Date.parse(spec?.renewTime ?? '') < staleAfterMs;
  return items
    .filter(isFresh)
    .flatMap(({ metadata }) => metadata.annotations?.[annotations.suspects]?.split(',') ?? []);
}

/** What this process writes down in case it dies, and what the last one of its pod was at when it did. */
export class CrashRecord {
  /** Undefined where none can be kept. */
  readonly journal: Journal | undefined;
  readonly #clock: Clock;
  readonly #since: number;
  #left: readonly string[];

  private constructor(clock: Clock, journal: Journal | undefined, left: readonly string[]) {
    this.#clock = clock;
    this.#since = clock.monotonic();
    this.journal = journal;
    this.#left = left;
  }

  /** Takes over what the last process of this pod wrote down. Throws where nothing can be written. */
  static open(folder: string, podName: string, clock: Clock): CrashRecord {
    const { journal, left } = Journal.open(join(folder, `vela-core-${podName}.journal`));
    return new CrashRecord(clock, journal, left);
  }

  /** Of a process that cannot write anything down. */
  static none(clock: Clock): CrashRecord {
    return new CrashRecord(clock, undefined, []);
  }

  /** What the last process was at and nobody has dealt with. */
  get left(): readonly string[] {
    if (this.#left.length > 0 && this.#clock.monotonic() - this.#since > staleAfterMs) this.settle(this.#left);
    return this.#left;
  }

  /** The same for a Lease, where others read it; see {@link suspectsOfFleet}. */
  get note(): string | undefined {
    return this.left.length === 0 ? undefined : this.left.slice(0, toldAtMost).join(',');
  }

  /** Somebody has dealt with these. */
  settle(keys: readonly string[]): void {
    for (const key of keys) this.journal?.settle(key);
    const settled = new Set(keys);
    this.#left = this.#left.filter((key) => !settled.has(key));
  }
}
