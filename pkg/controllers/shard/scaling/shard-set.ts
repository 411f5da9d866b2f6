import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import { withCondition } from '../../../apis/conditions.ts';
import type { NewCondition } from '../../../apis/conditions.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { apiVersionOf } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import { shardSetName, shardSetResource } from '../../../apis/shard-set.ts';
import type { ShardSet, ShardSetStatus } from '../../../apis/shard-set.ts';
import type { Clock, Random } from '../../../../machinery/src/clock/clock.ts';
import type { WantedShards } from '../../../fleet/shard-fleet.ts';
import { Informer } from '../../../informer/informer.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { deepEqual } from '../../../../machinery/src/patch/equality.ts';
import { Controller } from '../../../reconcile/controller.ts';
import { done } from '../../../reconcile/result.ts';
import type { Result } from '../../../reconcile/result.ts';
import { changesOf, keysAfter } from '../../../reconcile/source.ts';
import { podsReady } from '../../../scheduling/membership.ts';
import { masterShard } from '../../../scheduling/pick.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { fleetFieldManager } from '../../family/families.ts';
import { fleetControllerDefaults } from '../controller-defaults.ts';
import { patchStatus } from '../patch-status.ts';
import type { FleetView } from '../membership/fleet-view.ts';
import type { FleetSize } from './fleet-size.ts';

export interface ShardSetOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly view: Pick<FleetView, 'shards' | 'onChange' | 'whenSynced'>;
  readonly size: FleetSize;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

/** The pods of shards. Without `!=`, which clients of `scale` refuse. */
export const podsOfShards = `app.kubernetes.io/name=vela-core,${labels.shardId},${labels.shardId} notin (${masterShard})`;

/** The pods of a shard become ready without a change of its phase. */
const periodMs = 30_000;

/**
 * Keeps the ShardSet and the addon at one number. The last change wins: that of the ShardSet's `scale`, or that of the
 * addon, enabled with another `nShards`.
 */
export class ShardSetController {
  readonly #options: ShardSetOptions;
  readonly #sets: Informer<ShardSet>;
  readonly #key: string;

  constructor(options: ShardSetOptions) {
    const { client, namespace, clock, random, logger } = options;
    this.#options = options;
    this.#sets = new Informer<ShardSet>({ client, clock, random, logger, resource: shardSetResource, namespace });
    this.#key = `${namespace}/${shardSetName}`;
  }

  /** Keeps the cache; runs on every replica. */
  async watch(signal: AbortSignal): Promise<void> {
    await this.#sets.run(signal);
  }

  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, clock, logger, metrics } = this.#options;
    const controller = new Controller({
      ...fleetControllerDefaults,
      name: 'shard-set',
      sources: [changesOf(this.#sets, { map: () => [this.#key] }), keysAfter(view, () => [this.#key])],
      reconcile: (_, context) => this.reconcile(client, context.signal),
      clock,
      logger,
      metrics,
    });
    await controller.run(signal);
  }

  async reconcile(client: KubeClient, signal: AbortSignal): Promise<Result> {
    const { size } = this.#options;
    const set = this.#sets.get(this.#key);
    const wanted = await size.wanted(signal);
    if (set?.metadata.deletionTimestamp !== undefined) return done;
    if (wanted !== undefined) {
      const target = set ?? (await this.#create(client, wanted, signal));
      await this.#agree(client, target, wanted, signal);
    } else if (set) await this.#remove(client, signal);
    return { requeueAfterMs: periodMs };
  }

  async #agree(client: KubeClient, set: ShardSet, wanted: WantedShards, signal: AbortSignal): Promise<void> {
    const { size } = this.#options;
    const asked = set.spec?.replicas;
    // the number when both last agreed
    const agreed = set.status?.replicas;
    if (asked === wanted.ids.size) return this.#writeStatus(client, set, { wanted }, signal);
    if (asked === undefined || asked === agreed) return this.#follow(client, set, wanted, signal);
    // the cached ShardSet may be older than the last change of the addon
    if (!(await this.#isLatest(client, set, signal))) return;
    const because = `shardset ${shardSetName} was scaled`;
    const problem = await size.change(client, wanted, { to: asked, because }, signal);
    const now = (await size.wanted(signal)) ?? wanted;
    return this.#writeStatus(client, set, { wanted: now, problem }, signal);
  }

  async #isLatest(client: KubeClient, { metadata }: ShardSet, signal: AbortSignal): Promise<boolean> {
    const target = { name: shardSetName, namespace: this.#options.namespace };
    const live = await client.get(shardSetResource, target, { signal });
    return live.metadata.resourceVersion === metadata.resourceVersion;
  }

  /** The addon was enabled with another number. */
  async #follow(client: KubeClient, set: ShardSet, wanted: WantedShards, signal: AbortSignal): Promise<void> {
    const target = { name: shardSetName, namespace: this.#options.namespace };
    const { resourceVersion = '' } = set.metadata;
    const body = { metadata: { resourceVersion }, spec: { replicas: wanted.ids.size } };
    const options = { fieldManager: fleetFieldManager, signal };
    try {
      const followed = await client.patch<ShardSet>(shardSetResource, target, { type: 'merge', body }, options);
      await this.#writeStatus(client, followed, { wanted }, signal);
    } catch (error) {
      // scaled at this moment: the next reconcile follows that
      if (!isConflict(error)) throw error;
    }
  }

  /** Creates the ShardSet; its owner is the addon. */
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

  async #writeStatus(
    client: KubeClient,
    set: ShardSet,
    { wanted: { ids }, problem }: { readonly wanted: WantedShards; readonly problem?: string | undefined },
    signal: AbortSignal,
  ): Promise<void> {
    const { view, clock, namespace } = this.#options;
    const ready = view.shards().filter((shard) => ids.has(shard.id) && isReady(shard)).length;
    const conditions = withCondition(set.status?.conditions ?? [], scaledCondition(ids.size, problem), clock.now());
    const status: ShardSetStatus = { replicas: ids.size, readyReplicas: ready, selector: podsOfShards, conditions };
    if (deepEqual(status, set.status)) return;
    const object = { metadata: { ...set.metadata, name: shardSetName, namespace } };
    await patchStatus(client, { resource: shardSetResource, object, status: { ...status } }, signal);
  }
}

function scaledCondition(shards: number, problem: string | undefined): NewCondition {
  return problem === undefined
    ? { type: 'Scaled', status: 'True', reason: 'ShardsRequested', message: `the addon runs ${shards} shards` }
    : { type: 'Scaled', status: 'False', reason: 'NotPossible', message: problem };
}

/** Whether a shard has a live holder, and a ready pod where it has pods. */
const isReady = ({ phase, facts }: ShardView): boolean =>
  phase === 'Ready' && (facts.pods.length === 0 || podsReady(facts) > 0);

function ownerOf({ apiVersion, kind, metadata: { name = '', uid = '' } }: KubeObject) {
  return { apiVersion, kind, name, uid };
}
