import { isAlreadyExists, isConflict, isNotFound } from '../../../apis/api-error.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../../../machinery/src/meta.ts';
import { apiVersionOf } from '../../../../machinery/src/meta.ts';
import { annotations, finalizers, labels } from '../../../apis/names.ts';
import { shardResource } from '../../../apis/shard.ts';
import type { Shard } from '../../../apis/shard.ts';
import type { Clock, Random } from '../../../../machinery/src/clock/clock.ts';
import { Informer } from '../../../informer/informer.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import { fleetFieldManager } from '../../family/families.ts';

const deploymentResource: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};

export interface ScaleInOptions {
  /** For the watches, on every replica. */
  readonly client: KubeClient;
  /** Where the controllers run. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Watches the Deployments of shards, so that a deleted one keeps its pods until its shard is empty.
 *
 * While its Deployment is being deleted, the Shard object of a shard is marked to be drained, so that no Application is
 * placed there. The mark is removed when a new Deployment appears, or when the Deployment and its pods are gone.
 */
export class ScaleIn {
  readonly #deployments: Informer;
  readonly #shards: Informer<Shard>;

  constructor({ client, namespace, clock, random, logger }: ScaleInOptions) {
    const parts = { client, clock, random, logger };
    this.#deployments = new Informer({
      ...parts,
      resource: deploymentResource,
      namespace,
      labelSelector: labels.shardId,
      metadataOnly: true,
    });
    this.#shards = new Informer<Shard>({ ...parts, resource: shardResource });
  }

  get synced(): boolean {
    return this.#deployments.synced && this.#shards.synced;
  }

  /** Calls back after a change of a Deployment or of the spec of a Shard. */
  onChange(listener: () => void): void {
    this.#deployments.subscribe({ added: listener, updated: listener, deleted: listener });
    this.#shards.subscribe({
      added: listener,
      updated: (old, shard) => {
        if (old.metadata.generation !== shard.metadata.generation) listener();
      },
    });
  }

  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#deployments.run(signal), this.#shards.run(signal)]);
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#deployments.whenSynced(signal), this.#shards.whenSynced(signal)]);
  }

  shard(id: string): Shard | undefined {
    return this.#shards.get(id);
  }

  shards(): readonly Shard[] {
    return this.#shards.list();
  }

  /** The Deployments in deletion that wait for their shard to become empty, by shard. */
  leaving(): ReadonlyMap<string, KubeObject> {
    const waiting = this.#deployments
      .list()
      .filter(({ metadata: m }) => m.deletionTimestamp !== undefined && m.finalizers?.includes(finalizers.drainShard));
    return new Map(waiting.map((deployment) => [shardOf(deployment), deployment]));
  }

  /** Marks the shards of Deployments in deletion, and removes the marks of others. */
  async mark(client: KubeClient, hasPods: (shard: string) => boolean, signal: AbortSignal): Promise<void> {
    const leaving = this.leaving();
    for (const [id, deployment] of leaving) await this.#markOne(client, id, deployment.metadata.uid ?? '', signal);
    for (const shard of this.#shards.list()) {
      const { name = '' } = shard.metadata;
      if (shard.metadata.annotations?.[annotations.drainFor] === undefined || leaving.has(name)) continue;
      const isBack = this.#deployments.list().some((deployment) => shardOf(deployment) === name);
      if (isBack || !hasPods(name)) await writeShard(client, shard, { drain: null, uid: null }, signal);
    }
  }

  /** Removes the finalizer from the Deployment of an empty shard. Returns false after a conflict. */
  async release(client: KubeClient, deployment: KubeObject, signal: AbortSignal): Promise<boolean> {
    const { name = '', namespace, uid, resourceVersion, finalizers: all = [] } = deployment.metadata;
    const left = all.filter((one) => one !== finalizers.drainShard);
    const body = { metadata: { uid, resourceVersion, finalizers: left.length > 0 ? left : null } };
    try {
      const options = { fieldManager: fleetFieldManager, signal };
      await client.patch(deploymentResource, { name, namespace }, { type: 'merge', body }, options);
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      if (isNotFound(error)) return true;
      throw error;
    }
  }

  async #markOne(client: KubeClient, id: string, uid: string, signal: AbortSignal): Promise<void> {
    const shard = this.#shards.get(id);
    if (!shard) {
      const metadata = { name: id, annotations: { [annotations.drainFor]: uid } };
      const object: Shard = { ...shardType, metadata, spec: { drain: true } };
      await client
        .create(shardResource, object, { fieldManager: fleetFieldManager, signal })
        .catch(ignoreAlreadyExists);
      return;
    }
    // a drain that a user requested stays
    if (shard.spec?.drain) return;
    await writeShard(client, shard, { drain: true, uid }, signal);
  }
}

const shardType = { apiVersion: apiVersionOf(shardResource), kind: shardResource.kind };
const shardOf = ({ metadata }: KubeObject): string => metadata.labels?.[labels.shardId] ?? '';

function ignoreAlreadyExists(error: unknown): void {
  if (!isAlreadyExists(error)) throw error;
}

async function writeShard(
  client: KubeClient,
  { metadata }: Shard,
  { drain, uid }: { readonly drain: true | null; readonly uid: string | null },
  signal: AbortSignal,
): Promise<void> {
  const { name = '', resourceVersion } = metadata;
  const body = { metadata: { resourceVersion, annotations: { [annotations.drainFor]: uid } }, spec: { drain } };
  try {
    const options = { fieldManager: fleetFieldManager, signal };
    await client.patch(shardResource, { name }, { type: 'merge', body }, options);
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
