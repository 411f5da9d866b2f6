import { join } from 'node:path';
import { findAddon } from './addon.ts';
import { AddonError } from './addon-error.ts';
import { enableAddon } from './enable.ts';
import { shardsOf } from './shards.ts';
import { readApplication, readArguments } from './store.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import { packageRoot } from '../assets/root.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { ShardFleet } from '../fleet/shard-fleet.ts';

const addonName = 'vela-core-shard-manager';

/**
 * The shards of the addon `vela-core-shard-manager`. Another number is the same as enabling it again with another
 * `nShards`: all other arguments stay. The number is not configurable while the addon is not enabled, or where it has
 * `shardNames`.
 */
export class AddonFleet implements ShardFleet {
  readonly #client: KubeClient;
  readonly #version: string;
  readonly #clock: Clock;

  constructor(client: KubeClient, version: string, clock: Clock) {
    this.#client = client;
    this.#version = version;
    this.#clock = clock;
  }

  async wanted(signal: AbortSignal): ReturnType<ShardFleet['wanted']> {
    const object = await readApplication(this.#client, addonName, signal);
    if (!object || object.metadata.deletionTimestamp !== undefined) return undefined;
    const { shardNames } = await readArguments(this.#client, addonName, signal);
    return shardNames === undefined ? { ids: shardsOf(object), object } : undefined;
  }

  async resize(client: KubeClient, nShards: number, signal: AbortSignal): Promise<string | undefined> {
    const options = { clock: this.#clock, ownVersion: this.#version, wait: false, skipVersionCheck: true, signal };
    try {
      const addon = await findAddon(join(packageRoot(), 'addons'), addonName);
      const args = await readArguments(client, addonName, signal);
      await enableAddon(client, addon, { ...args, nShards }, options);
      return undefined;
    } catch (error) {
      if (error instanceof AddonError) return error.message;
      throw error;
    }
  }
}
