import semver from 'semver';
import { isMap } from '../../machinery/src/patch/json.ts';
import { loadYaml } from '../render/yaml.ts';
import { loadAddon } from './addon.ts';
import type { Addon } from './addon.ts';
import { AddonError } from './addon-error.ts';
import { unpack } from './archive.ts';
import { download } from './http.ts';
import type { Registry } from './registry.ts';
import { notFound } from './source.ts';
import type { AddonSource, RegistryAccess } from './source.ts';
import type { AvailableAddon } from './status.ts';

/** A repository of charts: `index.yaml` and archives, over HTTP. */
export class HelmRepository implements AddonSource {
  readonly #registry: Registry;
  readonly #access: RegistryAccess;

  constructor(registry: Registry, access: RegistryAccess) {
    this.#registry = registry;
    this.#access = access;
  }

  async list(): Promise<readonly AvailableAddon[]> {
    const { name: registry } = this.#registry;
    const entries = Object.entries(await this.#entries());
    return entries.flatMap(([name, versions]) => {
      const [newest] = versions;
      if (!newest) return [];
      return [{ name, registry, description: newest.description ?? '', versions: versions.map((one) => one.version) }];
    });
  }

  async fetch(name: string, version: string | undefined): Promise<Addon> {
    const { helm = { url: '' }, name: registry } = this.#registry;
    const entries = await this.#entries();
    const versions = entries[name] ?? [];
    const chosen = version === undefined ? versions[0] : versions.find((one) => one.version === version);
    if (!chosen)
      throw notFound(
        registry,
        { name, version },
        versions.length > 0 ? versions.map((one) => one.version) : Object.keys(entries),
      );
    const base = helm.url.endsWith('/') ? helm.url : `${helm.url}/`;
    const url = new URL(chosen.urls?.[0] ?? `${name}-${chosen.version}.tgz`, base).href;
    await unpack(await download(url, helm, { signal: this.#access.signal }), this.#access.folder);
    return loadAddon(this.#access.folder, registry);
  }

  /** The versions of each chart, the newest first. */
  async #entries(): Promise<Readonly<Record<string, readonly ChartVersion[]>>> {
    const { helm = { url: '' } } = this.#registry;
    const url = `${helm.url.replace(/\/$/, '')}/index.yaml`;
    const index = await download(url, helm, { signal: this.#access.signal });
    const entries = Object.entries(readIndex(index, url)).map(([name, versions]) => [
      name,
      newestFirst((versions ?? []).filter(({ version }) => typeof version === 'string')),
    ]);
    return Object.fromEntries(entries) as Readonly<Record<string, readonly ChartVersion[]>>;
  }
}

function readIndex(index: Buffer, url: string): Readonly<Record<string, ChartVersion[] | null>> {
  const problem = (cause?: unknown): AddonError =>
    new AddonError('Registry', [`${url} is no index of a Helm repository`], cause);
  let read: unknown;
  try {
    read = loadYaml(index.toString('utf8'));
  } catch (error) {
    throw problem(error);
  }
  if (!isMap(read) || !isMap(read['entries'])) throw problem();
  return read['entries'] as Readonly<Record<string, ChartVersion[] | null>>;
}

const newestFirst = (versions: readonly ChartVersion[]): readonly ChartVersion[] =>
  versions.toSorted((a, b) =>
    semver.rcompare(semver.coerce(a.version, whole) ?? zero, semver.coerce(b.version, whole) ?? zero),
  );

const whole = { includePrerelease: true } as const;
const zero = '0.0.0';

interface ChartVersion {
  readonly version: string;
  readonly description?: string;
  readonly urls?: readonly string[];
}
