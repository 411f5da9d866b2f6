import { isNotFound } from '../../apis/api-error.ts';
import type { KubeClient, Named } from '../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { scheduledShard } from '../../scheduling/assign.ts';
import type { Ownership } from '../../scheduling/handover.ts';
import { ownershipOf, ownershipPatch } from '../../scheduling/ownership.ts';
import type { ShardedKind } from '../../scheduling/sharded-kind.ts';

/** Field manager of all writes that divide work among shards. */
export const fleetFieldManager = 'vela-shard';

/** The same by the shard that owns the family, which its own Lease entitles to it. */
const ownerFieldManager = 'vela-shard-owner';

/** What may write to families; see `asOwner`. */
type Writer = Pick<KubeClient, 'patch'>;

/** The client by which a shard writes the ownership of its families: fences check it by the shard's Lease, others by the master's. */
export const asOwner = (client: KubeClient): Writer => ({
  patch: (resource, target, patch, options) =>
    client.patch(resource, target, patch, { ...options, fieldManager: ownerFieldManager }),
});

/** An object that belongs to a main object and carries its shard. */
export interface Member {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** A main object with all that belongs to it: read live, never from a filtered cache. */
export interface Family<T extends KubeObject = KubeObject> {
  readonly main: T;
  readonly members: readonly Member[];
}

/** How the families of one kind are read, and written to when work is divided. */
export class Families<T extends KubeObject = KubeObject> {
  readonly kind: ShardedKind;

  constructor(kind: ShardedKind) {
    this.kind = kind;
  }

  /** The shard of a main object or of a member. */
  shardOf(object: Pick<KubeObject, 'metadata'> | undefined): string | undefined {
    return scheduledShard(object, this.kind.keys.shard);
  }

  /** The owner of a main object. */
  ownershipOf(object: Pick<KubeObject, 'metadata'>): Ownership {
    return ownershipOf(object, this.kind.keys);
  }

  /** Reads a main object with all its members from the API server. */
  async read(client: KubeClient, target: Named, signal?: AbortSignal): Promise<Family<T>> {
    const main = await client.get<T>(this.kind.resource, target, { signal });
    const lists = await Promise.all(
      this.kind.members.map(async ({ resource, selectionOf }): Promise<readonly Member[]> => {
        const { items } = await client.list(resource, { ...selectionOf(target), metadataOnly: true, signal });
        return items.map((object) => ({ resource, object }));
      }),
    );
    return { main, members: lists.flat() };
  }

  /**
   * Assigns an unassigned main object with its family to a shard: members first, the main object last. Objects with the
   * label already are not written. Fails with a conflict when one of the family has changed since it was read; after a
   * crash at any point it is repeated.
   */
  async assign(client: Writer, { main, members }: Family<T>, shard: string, signal?: AbortSignal): Promise<T> {
    await this.relabel(client, members, shard, signal);
    const own = this.ownershipOf(main);
    if (own.shard === shard) return main;
    const epoch = own.shard === undefined ? own.epoch : own.epoch + 1;
    return this.writeOwnership(client, main, { shard, epoch, move: undefined }, signal);
  }

  /** Gives members the label of a shard. */
  async relabel(client: Writer, members: readonly Member[], shard: string, signal?: AbortSignal): Promise<void> {
    for (const { resource, object } of members) {
      if (object.metadata.labels?.[this.kind.keys.shard] === shard) continue;
      const { name = '', namespace, resourceVersion = '' } = object.metadata;
      const body = { metadata: { resourceVersion, labels: { [this.kind.keys.shard]: shard } } };
      const options = { fieldManager: fleetFieldManager, signal };
      try {
        await client.patch(resource, { name, namespace }, { type: 'merge', body }, options);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }

  /** Writes the ownership of a main object, against the state that was read. */
  async writeOwnership(client: Writer, main: KubeObject, ownership: Ownership, signal?: AbortSignal): Promise<T> {
    const { name = '', namespace, resourceVersion = '' } = main.metadata;
    const body = { metadata: { resourceVersion, ...ownershipPatch(ownership, this.kind.keys) } };
    const options = { fieldManager: fleetFieldManager, signal };
    return client.patch<T>(this.kind.resource, { name, namespace }, { type: 'merge', body }, options);
  }
}
