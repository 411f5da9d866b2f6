import { ApiError, isAlreadyExists, isConflict, isNotFound } from '../apis/api-error.ts';
import { holderBinding, holderBindingName, holderSubjects, roleBindings, subjectsOf, termOf } from '../apis/holder.ts';
import type { ProcessName } from '../apis/holder.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';

/** The part of a client that the record of a holder uses. */
export type HolderClient = Pick<KubeClient, 'get' | 'create' | 'update'>;

export interface HolderRecordOptions {
  readonly client: HolderClient;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly lease: string;
  readonly shard: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The outcome of a write of the record. `overtaken`: a later term is recorded, so that this process holds the shard no more;
 * `forbidden`: this process has no right to write RoleBindings, or there is no Role for them, which only matters where fences
 * are installed.
 */
export type Recorded = 'recorded' | 'overtaken' | 'forbidden';

/**
 * The RoleBinding by which the fences in the API server know the holder of a shard. Written by the holder of the Lease
 * before its first write, against the state that was read, and never back to an earlier term.
 */
export class HolderRecord {
  readonly #options: HolderRecordOptions;

  constructor(options: HolderRecordOptions) {
    this.#options = options;
  }

  /** The term that is recorded; -1 where none is. It outlives the Lease, which may be deleted by hand. */
  async term(signal: AbortSignal): Promise<number> {
    return termOf(await this.#read(signal)) ?? -1;
  }

  /** Records a process as the holder in a term; one write where something else is stored, and none where it is. */
  async write(process: ProcessName, epoch: number, signal: AbortSignal): Promise<Recorded> {
    const { client, namespace, lease, shard, labels } = this.#options;
    const subjects = holderSubjects(shard, process, epoch);
    for (;;) {
      signal.throwIfAborted();
      const stored = await this.#read(signal);
      if ((termOf(stored) ?? -1) > epoch) return 'overtaken';
      if (isSame(subjectsOf(stored), subjects)) return 'recorded';
      const wanted = holderBinding({ name: lease, namespace }, labels, subjects);
      try {
        if (stored) await client.update(roleBindings, { ...wanted, metadata: stored.metadata }, { signal });
        else await client.create(roleBindings, wanted, { signal });
        return 'recorded';
      } catch (error) {
        if (error instanceof ApiError && (error.code === 403 || isRoleMissing(error))) return 'forbidden';
        if (!isConflict(error) && !isAlreadyExists(error) && !isNotFoundHere(error)) throw error;
      }
    }
  }

  async #read(signal: AbortSignal): Promise<KubeObject | undefined> {
    const { client, namespace, lease } = this.#options;
    try {
      return await client.get(roleBindings, { namespace, name: holderBindingName(lease) }, { signal });
    } catch (error) {
      if (isNotFound(error) || (error instanceof ApiError && error.code === 403)) return undefined;
      throw error;
    }
  }
}

/** An update of a binding that was deleted in between. */
const isNotFoundHere = (error: unknown): boolean => isNotFound(error) && !isRoleMissing(error);

/** Where no fences are installed, there is no Role to bind either. */
const isRoleMissing = (error: unknown): boolean =>
  isNotFound(error) && (error as ApiError).status.details?.kind !== roleBindings.plural;

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);
