import { join } from 'node:path';
import { dump } from 'js-yaml';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import type { JsonObject, KubeObject } from '../../../machinery/src/meta.ts';
import { packageRoot } from '../../../pkg/assets/root.ts';
import type { InstallOptions } from '../../../pkg/install/install.ts';
import { renderSystem } from '../../../pkg/install/render.ts';
import { checkShardEmpty, findMaster } from '../../../pkg/install/shard-only-check.ts';
import { checkShardId, shardObjects, shardOnlyValues } from '../../../pkg/install/shard-only.ts';
import { applyShard, removeShard } from '../../../pkg/install/shard-only-apply.ts';
import { printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { ownVersion } from './version.ts';

export interface ShardTarget {
  readonly client: KubeClient;
  readonly id: string;
  readonly namespace: string;
  readonly values: JsonObject;
}

export interface ShardSettings extends InstallOptions {
  readonly dryRun: boolean;
}

async function render({ id, namespace, values }: ShardTarget, masterArgs: readonly string[]): Promise<KubeObject[]> {
  const fleet = await renderSystem(
    { ...values, ...shardOnlyValues },
    { templatesDir: join(packageRoot(), 'templates'), version: ownVersion(), namespace },
  );
  return shardObjects(fleet, { id, masterArgs });
}

/** Installs one shard under the master of another installation, of which nothing is changed. */
export async function installShard(io: Io, target: ShardTarget, settings: ShardSettings): Promise<void> {
  const { client, id, namespace } = target;
  checkShardId(id);
  const master = await findMaster(client, { id, namespace, signal: io.signal });
  for (const warning of master.warnings) printLine(io, `  warning: ${warning}`);
  const objects = await render(target, master.args);
  if (settings.dryRun) {
    io.stdout.write(objects.map((object) => `---\n${dump(object, { noRefs: true, lineWidth: 120 })}`).join(''));
    return;
  }
  const { created, configured, unchanged } = await applyShard(client, objects, settings, io.signal);
  printLine(io, `Installed shard ${id}: ${created} created, ${configured} configured, ${unchanged} unchanged.`);
  printLine(io, `Move an Application to it with "kubectl label app NAME -n NAMESPACE --overwrite ${label}=${id}".`);
}

const label = 'controller.core.oam.dev/scheduled-shard-id';

/** Removes such a shard; refuses while it has Applications, unless forced. */
export async function uninstallShard(
  io: Io,
  target: ShardTarget,
  settings: InstallOptions & { readonly force: boolean },
): Promise<void> {
  const { client, id, namespace } = target;
  checkShardId(id);
  if (!settings.force) await checkShardEmpty(client, id, io.signal);
  await removeShard(client, await render(target, []), { ...settings, id, namespace }, io.signal);
  printLine(io, `Uninstalled shard ${id}.`);
}
