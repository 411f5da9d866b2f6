import { join } from 'node:path';
import type { KubeClient } from '../apis/kube-client.ts';
import { labels } from '../apis/names.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { leases } from '../lease/record.ts';
import type { Lease } from '../lease/record.ts';
import { Journal } from './journal.ts';
import { decodeLeaseReport } from './lease-report.ts';

/** An older crash is void: another process has reconciled its keys since. */
const staleAfterMs = 600_000;
/** The number of keys that a Lease has room for. */
const maxReported = 50;

/**
 * Returns the keys that were in work when processes of the fleet crashed, as the next processes of their pods report them.
 * The next holder of an adopted shard may be another process, and only its own pod has the journal of a crash.
 */
export async function suspectsOfFleet(
  client: KubeClient,
  { namespace, now }: { readonly namespace: string; readonly now: number },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { items } = await client.list<Lease>(leases, { namespace, labelSelector: labels.shardId, signal });
  const isFresh = ({ spec }: Lease): boolean => now - Date.parse(spec?.renewTime ?? '') < staleAfterMs;
  return items.filter(isFresh).flatMap(({ metadata }) => decodeLeaseReport(metadata.annotations).suspects ?? []);
}

/** The journal of keys in work, and the keys that were in work when the last process of the pod crashed. */
export class CrashRecord {
  /** Undefined where no file can be written. */
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

  /** Takes over the journal of the last process of this pod. Throws where no file can be written. */
  static open(folder: string, podName: string, clock: Clock): CrashRecord {
    const { journal, left } = Journal.open(join(folder, `vela-core-${podName}.journal`));
    return new CrashRecord(clock, journal, left);
  }

  /** The record of a process that cannot write files. */
  static none(clock: Clock): CrashRecord {
    return new CrashRecord(clock, undefined, []);
  }

  /** The keys of the last crash that are not settled yet. */
  get left(): readonly string[] {
    if (this.#left.length > 0 && this.#clock.monotonic() - this.#since > staleAfterMs) this.settle(this.#left);
    return this.#left;
  }

  /** The keys for the Lease report; see {@link suspectsOfFleet}. */
  get suspects(): readonly string[] {
    return this.left.slice(0, maxReported);
  }

  /** Removes keys that were handled. */
  settle(keys: readonly string[]): void {
    for (const key of keys) this.journal?.settle(key);
    const settled = new Set(keys);
    this.#left = this.#left.filter((key) => !settled.has(key));
  }
}
