import type { Application } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { JsonObject } from '../apis/meta.ts';
import { labels } from '../apis/names.ts';
import { addonNames, loadAddon } from './addon.ts';
import { join } from 'node:path';
import { readApplication, readArguments } from './store.ts';

export type AddonPhase = 'disabled' | 'enabling' | 'enabled' | 'suspend' | 'disabling';

export interface AddonStatus {
  readonly name: string;
  readonly phase: AddonPhase;
  /** Of the enabled addon. */
  readonly version: string | undefined;
  readonly registry: string | undefined;
  readonly args: JsonObject;
  readonly application: Application | undefined;
}

/** What an addon does in the cluster. */
export async function addonStatus(client: KubeClient, name: string, signal: AbortSignal): Promise<AddonStatus> {
  const application = await readApplication(client, name, signal);
  return {
    name,
    phase: phaseOf(application),
    version: application?.metadata.labels?.[labels.addonVersion],
    registry: application?.metadata.labels?.[labels.addonRegistry],
    args: application ? await readArguments(client, name, signal) : {},
    application,
  };
}

function phaseOf(app: Application | undefined): AddonPhase {
  if (!app) return 'disabled';
  if (app.metadata.deletionTimestamp !== undefined) return 'disabling';
  if (app.status?.workflow?.suspend) return 'suspend';
  return app.status?.status === 'running' ? 'enabled' : 'enabling';
}

export interface ListedAddon {
  readonly name: string;
  readonly description: string;
  /** Of the addon that lies here. */
  readonly version: string;
  readonly phase: AddonPhase;
  readonly enabledVersion: string | undefined;
}

/** The addons of a folder with what they do in the cluster, enabled ones first. */
export async function listAddons(
  client: KubeClient,
  addonsDir: string,
  signal: AbortSignal,
): Promise<readonly ListedAddon[]> {
  const names = await addonNames(addonsDir);
  const listed = await Promise.all(
    names.map(async (folder): Promise<ListedAddon[]> => {
      const { metadata } = await loadAddon(join(addonsDir, folder));
      if (metadata.invisible) return [];
      const app = await readApplication(client, metadata.name, signal);
      const { name, version, description = '' } = metadata;
      const enabledVersion = app?.metadata.labels?.[labels.addonVersion];
      return [{ name, version, description, phase: phaseOf(app), enabledVersion }];
    }),
  );
  const rank = ({ phase }: ListedAddon): number => (phase === 'disabled' ? 1 : 0);
  return listed.flat().sort((a, b) => rank(a) - rank(b));
}
