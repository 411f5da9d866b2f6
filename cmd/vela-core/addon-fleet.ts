import { join } from 'node:path';
import { findAddon } from '../../pkg/addon/addon.ts';
import { AddonError } from '../../pkg/addon/addon-error.ts';
import { enableAddon } from '../../pkg/addon/enable.ts';
import { shardsOf } from '../../pkg/addon/shards.ts';
import { readApplication, readArguments } from '../../pkg/addon/store.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { systemClock } from '../../pkg/clock/system.ts';
import type { ShardFleet } from '../../pkg/controllers/shard/scaling/fleet-size.ts';

const addonName = 'vela-core-shard-manager';

/**
 * The shards that the addon runs. Another number of them is what people get who enable it again with another `nShards`:
 * all other arguments stay. It cannot be asked while the addon is not enabled, or where it was told the names of its shards.
 */
export class AddonFleet implements ShardFleet {
  readonly #client: KubeClient;
  readonly #version: string;

  constructor(client: KubeClient, version: string) {
    this.#client = client;
    this.#version = version;
  }

  async wanted(signal: AbortSignal): ReturnType<ShardFleet['wanted']> {
    const object = await readApplication(this.#client, addonName, signal);
    if (!object || object.metadata.deletionTimestamp !== undefined) return undefined;
    const { shardNames } = await readArguments(this.#client, addonName, signal);
    return shardNames === undefined ? { ids: shardsOf(object), object } : undefined;
  }

  async resize(client: KubeClient, nShards: number, signal: AbortSignal): Promise<string | undefined> {
    const options = { clock: systemClock, ownVersion: this.#version, wait: false, skipVersionCheck: true, signal };
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
