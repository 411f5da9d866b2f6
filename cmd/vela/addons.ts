import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findAddon } from '../../pkg/addon/addon.ts';
import type { Addon } from '../../pkg/addon/addon.ts';
import { AddonError } from '../../pkg/addon/addon-error.ts';
import { withFolder } from '../../pkg/addon/archive.ts';
import { enableAddon } from '../../pkg/addon/enable.ts';
import type { EnableOptions } from '../../pkg/addon/enable.ts';
import { openRegistry } from '../../pkg/addon/open-registry.ts';
import { RegistryStore } from '../../pkg/addon/registry.ts';
import type { Registry } from '../../pkg/addon/registry.ts';
import type { AddonSource } from '../../pkg/addon/source.ts';
import { addonStatus, availableIn } from '../../pkg/addon/status.ts';
import type { AvailableAddon } from '../../pkg/addon/status.ts';
import { satisfies } from '../../pkg/addon/version.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { messageOf } from './failure.ts';
import type { Io } from './io.ts';

const addonsDir = (): string => join(packageRoot(), 'addons');

/** Finds addons in folders, among those of this installation, and in the registries of the cluster. */
export class AddonFinder {
  readonly #io: Io;
  readonly #store: RegistryStore;
  /** Where archives and repositories are unpacked. */
  readonly #folder: string;
  #opened = 0;

  constructor(io: Io, client: KubeClient, folder: string) {
    this.#io = io;
    this.#folder = folder;
    this.#store = new RegistryStore(client, io.signal);
  }

  /**
   * The addon of a folder, of a name, or of REGISTRY/NAME, from the registry that has it first. Throws AddonError
   * NotFound.
   */
  async find(name: string, version: string | undefined, first?: string): Promise<Addon> {
    if (await isFolder(name)) return findAddon(addonsDir(), name.includes('/') ? name : `./${name}`);
    const [, registry, own = name] = /^([^/.][^/]*)\/([^/]+)$/.exec(name) ?? [];
    if (registry === undefined) return this.#anywhere(name, version, first);
    const source = await this.#open(await this.#store.get(registry));
    return source.fetch(own, version);
  }

  /** What the registries have; those that cannot be read are named in a warning. */
  async available(only?: string): Promise<readonly AvailableAddon[]> {
    const registries = await this.#store.list();
    const wanted = only === undefined ? registries : [await this.#store.get(only)];
    const lists = await Promise.all(
      wanted.map(async (registry) => {
        try {
          return await (await this.#open(registry)).list();
        } catch (error) {
          this.#io.stderr.write(`Warning: registry ${registry.name}: ${messageOf(error)}\n`);
          return [];
        }
      }),
    );
    const own = only === undefined ? await availableIn(addonsDir()) : [];
    return [...own, ...lists.flat()];
  }

  async #anywhere(name: string, version: string | undefined, first: string | undefined): Promise<Addon> {
    const problems: string[] = [];
    const attempts = [() => findAddon(addonsDir(), name), ...(await this.#fetchers(name, version, first))];
    for (const attempt of attempts) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof AddonError) || !['NotFound', 'Registry'].includes(error.reason)) throw error;
        problems.push(...error.problems);
      }
    }
    throw new AddonError('NotFound', problems);
  }

  async #fetchers(name: string, version: string | undefined, first: string | undefined) {
    const registries = await this.#store.list();
    const ordered = registries.toSorted((a, b) => Number(b.name === first) - Number(a.name === first));
    return ordered.map((registry) => async () => (await this.#open(registry)).fetch(name, version));
  }

  async #open(registry: Registry): Promise<AddonSource> {
    this.#opened += 1;
    const folder = join(this.#folder, String(this.#opened));
    await mkdir(folder, { recursive: true });
    const token = await this.#store.tokenOf(registry);
    return openRegistry(registry, { folder, env: this.#io.env, token, signal: this.#io.signal });
  }
}

/** Runs work with a finder; what it unpacked is removed afterwards. */
export const withFinder = <T>(io: Io, client: KubeClient, work: (finder: AddonFinder) => Promise<T>): Promise<T> =>
  withFolder((folder) => work(new AddonFinder(io, client, folder)));

/**
 * Enables the addons that an addon from a registry depends on and that are not enabled yet, from its own registry first.
 * An addon in a folder gets none: enabling it names what is missing.
 */
export async function enableDependencies(
  { metadata, registry }: Addon,
  client: KubeClient,
  finder: AddonFinder,
  options: EnableOptions & { readonly signal: AbortSignal },
): Promise<void> {
  if (registry === 'local') return;
  for (const { name, version = '' } of metadata.dependencies ?? []) {
    const { application } = await addonStatus(client, name, options.signal);
    if (application) continue;
    const offers = (await finder.available()).filter((one) => one.name === name);
    const chosen = offers.flatMap((one) => one.versions).find((one) => satisfies(one, version));
    if (chosen === undefined && offers.length > 0)
      throw new AddonError('Dependency', [
        `addon ${metadata.name} depends on ${name} ${version}; available: ${offers.flatMap((one) => one.versions).join(', ')}`,
      ]);
    const addon = await finder.find(name, chosen, registry);
    options.onProgress?.({ notice: `enabling ${name} ${addon.metadata.version}, on which ${metadata.name} depends` });
    await enableDependencies(addon, client, finder, options);
    await enableAddon(client, addon, {}, options);
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(join(path, 'metadata.yaml')).then(
    () => true,
    () => path.startsWith('.') || path.startsWith('/') || path.endsWith('/'),
  );
