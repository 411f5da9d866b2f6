import { join } from 'node:path';
import type { Application } from '../apis/application.ts';
import { applicationResource } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { JsonObject } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../apis/names.ts';
import { addonNames, loadAddon } from './addon.ts';
import { absentAs, readApplication, readArguments } from './store.ts';

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

/** The state of an addon in the cluster. */
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
  readonly registry: string;
  readonly description: string;
  /** What the registry has, the newest first; none when the addon is enabled but in no registry. */
  readonly versions: readonly string[];
  readonly phase: AddonPhase;
  readonly enabledVersion: string | undefined;
}

/** An addon that a registry or a folder offers. */
export interface AvailableAddon {
  readonly name: string;
  readonly registry: string;
  readonly description: string;
  readonly versions: readonly string[];
}

/** The addons of a folder; those that are invisible are left out. */
export async function availableIn(addonsDir: string): Promise<readonly AvailableAddon[]> {
  const names = await addonNames(addonsDir);
  const loaded = await Promise.all(names.map((folder) => loadAddon(join(addonsDir, folder))));
  return loaded
    .filter(({ metadata }) => !metadata.invisible)
    .map(({ registry, metadata: { name, version, description = '' } }) => ({
      name,
      registry,
      description,
      versions: [version],
    }));
}

/** The addons that are enabled, wherever they are from, and then the others that are available. */
export async function listAddons(
  client: KubeClient,
  available: readonly AvailableAddon[],
  signal: AbortSignal,
): Promise<readonly ListedAddon[]> {
  const selection = { namespace: systemNamespace, labelSelector: labels.addonName, signal };
  const list = await client.list<Application>(applicationResource, selection).catch(absentAs({ items: [] }));
  const enabled = new Map(list.items.map((app) => [app.metadata.labels?.[labels.addonName] ?? '', app]));
  const known = available.map((addon) => listed(addon, enabled.get(addon.name)));
  const others = [...enabled].filter(([name]) => !available.some((addon) => addon.name === name));
  const unknown = others.map(([name, app]) =>
    listed({ name, registry: registryOf(app), description: '', versions: [] }, app),
  );
  const rank = ({ phase }: ListedAddon): number => (phase === 'disabled' ? 1 : 0);
  return [...known, ...unknown].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

const registryOf = ({ metadata }: Application): string => metadata.labels?.[labels.addonRegistry] ?? '';

function listed(addon: AvailableAddon, app: Application | undefined): ListedAddon {
  return { ...addon, phase: phaseOf(app), enabledVersion: app?.metadata.labels?.[labels.addonVersion] };
}
