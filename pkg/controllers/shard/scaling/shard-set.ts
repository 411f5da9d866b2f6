import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { Condition, JsonObject, KubeObject } from '../../../apis/meta.ts';
import { apiVersionOf } from '../../../apis/meta.ts';
import { labels } from '../../../apis/names.ts';
import { shardSetName, shardSetResource } from '../../../apis/shard-set.ts';
import type { ShardSet, ShardSetStatus } from '../../../apis/shard-set.ts';
import type { Clock, Random } from '../../../clock/clock.ts';
import { Informer } from '../../../informer/informer.ts';
import type { Logger } from '../../../logging/logger.ts';
import { deepEqual } from '../../../patch/equality.ts';
import { podsReady } from '../../../scheduling/membership.ts';
import { masterShard } from '../../../scheduling/pick.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { fleetFieldManager } from '../../family/families.ts';
import { Looks } from '../fleet-sight.ts';
import type { FleetSize, WantedShards } from './fleet-size.ts';
import type { FleetView } from '../membership/fleet-view.ts';

export interface ShardSetOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly view: Pick<FleetView, 'shards' | 'onChange' | 'whenSynced'>;
  readonly size: FleetSize;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The pods of shards. Without `!=`, which clients of `scale` refuse. */
export const podsOfShards = `app.kubernetes.io/name=vela-core,${labels.shardId},${labels.shardId} notin (${masterShard})`;

/**
 * Keeps the ShardSet and the addon at one number. Whoever changed it last is followed: people and autoscalers by the
 * ShardSet's `scale`, or whoever enables the addon with another `nShards`.
 */
export class ShardSetKeeper {
  readonly #options: ShardSetOptions;
  readonly #sets: Informer<ShardSet>;
  readonly #looks: Looks;

  constructor(options: ShardSetOptions) {
    const { client, namespace, view, clock, random, logger } = options;
    this.#options = options;
    this.#sets = new Informer<ShardSet>({ client, clock, random, logger, resource: shardSetResource, namespace });
    this.#looks = new Looks({ clock, logger, periodMs: 30_000, what: 'number of shards' });
    const { wake } = this.#looks;
    this.#sets.subscribe({ added: wake, updated: wake, deleted: wake });
    view.onChange(wake);
  }

  async watch(signal: AbortSignal): Promise<void> {
    await this.#sets.run(signal);
  }

  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    await this.#options.view.whenSynced(signal).catch(() => undefined);
    await this.#looks.run(() => this.#look(client, signal), signal);
  }

  async #look(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { namespace, size } = this.#options;
    if (!this.#sets.synced) return;
    const set = this.#sets.get(`${namespace}/${shardSetName}`);
    const wanted = await size.wanted(signal);
    if (set?.metadata.deletionTimestamp !== undefined) return;
    if (wanted === undefined) {
      if (set) await this.#remove(client, signal);
      return;
    }
    const target = set ?? (await this.#create(client, wanted, signal));
    await this.#agree(client, target, wanted, signal);
  }

  async #agree(client: KubeClient, set: ShardSet, wanted: WantedShards, signal: AbortSignal): Promise<void> {
    const { size } = this.#options;
    const asked = set.spec?.replicas;
    // what it said when all agreed
    const told = set.status?.replicas;
    if (asked === wanted.ids.size) return this.#report(client, set, { wanted }, signal);
    if (asked === undefined || asked === told) return this.#follow(client, set, wanted, signal);
    // what is cached may be older than what was asked of the addon
    if (!(await this.#isLatest(client, set, signal))) return;
    const because = `shardset ${shardSetName} was scaled`;
    const trouble = await size.change(client, wanted, { to: asked, because }, signal);
    const now = (await size.wanted(signal)) ?? wanted;
    return this.#report(client, set, { wanted: now, trouble }, signal);
  }

  async #isLatest(client: KubeClient, { metadata }: ShardSet, signal: AbortSignal): Promise<boolean> {
    const target = { name: shardSetName, namespace: this.#options.namespace };
    const live = await client.get(shardSetResource, target, { signal });
    return live.metadata.resourceVersion === metadata.resourceVersion;
  }

  /** Somebody enabled the addon with another number. */
  async #follow(client: KubeClient, set: ShardSet, wanted: WantedShards, signal: AbortSignal): Promise<void> {
    const target = { name: shardSetName, namespace: this.#options.namespace };
    const { resourceVersion = '' } = set.metadata;
    const body = { metadata: { resourceVersion }, spec: { replicas: wanted.ids.size } };
    const options = { fieldManager: fleetFieldManager, signal };
    try {
      const followed = await client.patch<ShardSet>(shardSetResource, target, { type: 'merge', body }, options);
      await this.#report(client, followed, { wanted }, signal);
    } catch (error) {
      // scaled at this moment: that is looked at next
      if (!isConflict(error)) throw error;
    }
  }

  /** It goes with the addon. */
  async #create(client: KubeClient, { ids, object }: WantedShards, signal: AbortSignal): Promise<ShardSet> {
    const { namespace } = this.#options;
    const body: ShardSet = {
      apiVersion: apiVersionOf(shardSetResource),
      kind: shardSetResource.kind,
      metadata: { name: shardSetName, namespace, ownerReferences: [ownerOf(object)] },
      spec: { replicas: ids.size },
    };
    return client.create<ShardSet>(shardSetResource, body, { fieldManager: fleetFieldManager, signal });
  }

  async #remove(client: KubeClient, signal: AbortSignal): Promise<void> {
    const target = { name: shardSetName, namespace: this.#options.namespace };
    try {
      await client.delete(shardSetResource, target, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #report(
    client: KubeClient,
    set: ShardSet,
    { wanted: { ids }, trouble }: { readonly wanted: WantedShards; readonly trouble?: string | undefined },
    signal: AbortSignal,
  ): Promise<void> {
    const { view, clock, namespace } = this.#options;
    const ready = view.shards().filter((shard) => ids.has(shard.id) && isReady(shard)).length;
    const [status, reason, message] =
      trouble === undefined
        ? (['True', 'ShardsAskedFor', `the addon runs ${ids.size} shards`] as const)
        : (['False', 'NotPossible', trouble] as const);
    const before = set.status?.conditions?.find(({ type }) => type === 'Scaled');
    const isSame = before?.status === status && before.reason === reason;
    const lastTransitionTime = isSame ? before.lastTransitionTime : new Date(clock.now()).toISOString();
    const condition: Condition = { type: 'Scaled', status, reason, message, lastTransitionTime };
    const next: ShardSetStatus = {
      replicas: ids.size,
      readyReplicas: ready,
      selector: podsOfShards,
      conditions: [condition],
    };
    if (deepEqual(next, set.status)) return;
    const options = { subresource: 'status', fieldManager: fleetFieldManager, signal };
    const body = { status: next as unknown as JsonObject };
    await client.patch(shardSetResource, { name: shardSetName, namespace }, { type: 'merge', body }, options);
  }
}

/** Whether somebody works for it, and its own pod, where it has one, is ready, too. */
const isReady = ({ phase, facts }: ShardView): boolean =>
  phase === 'Ready' && (facts.pods.length === 0 || podsReady(facts) > 0);

function ownerOf({ apiVersion, kind, metadata: { name = '', uid = '' } }: KubeObject) {
  return { apiVersion, kind, name, uid };
}
