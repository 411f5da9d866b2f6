import semver from 'semver';
import { AddonError } from './addon-error.ts';
import { loadAddon } from './addon.ts';
import type { Addon } from './addon.ts';
import { unpack } from './archive.ts';
import { send } from './http.ts';
import type { HttpAnswer } from './http.ts';
import { parseJson } from './parse-json.ts';
import type { Registry } from './registry.ts';
import { notFound } from './source.ts';
import type { AddonSource, RegistryAccess } from './source.ts';
import type { AvailableAddon } from './status.ts';

const manifestTypes =
  'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';

interface Manifest {
  readonly layers?: readonly { readonly mediaType?: string; readonly digest?: string }[];
}

/** Charts in a registry of images: `oci://host/path` holds each addon at `path/NAME`, its versions as tags. */
export class OciRepository implements AddonSource {
  readonly #registry: Registry;
  readonly #access: RegistryAccess;
  #token: string | undefined;

  constructor(registry: Registry, access: RegistryAccess) {
    this.#registry = registry;
    this.#access = access;
  }

  /** Only a registry that shows its catalogue can be listed; of others the names have to be known. */
  async list(): Promise<readonly AvailableAddon[]> {
    const { status, body } = await this.#get('_catalog', 'application/json');
    if (status !== 200) return [];
    const { repositories = [] } = parseJson(body, this.#url('_catalog')) as { repositories?: readonly string[] };
    const { path } = this.#place();
    const prefix = path === '' ? '' : `${path}/`;
    const names = repositories.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    return Promise.all(
      names.map(async (name) => ({
        name,
        registry: this.#registry.name,
        description: '',
        versions: await this.#versions(name),
      })),
    );
  }

  async fetch(name: string, version: string | undefined): Promise<Addon> {
    const versions = await this.#versions(name);
    const chosen = version ?? versions[0];
    const { name: registry } = this.#registry;
    if (chosen === undefined || !versions.includes(chosen)) throw notFound(registry, { name, version }, versions);
    const manifest = await this.#must(`${this.#repository(name)}/manifests/${chosen}`, manifestTypes);
    const { layers = [] } = parseJson(manifest, `manifest of ${name}:${chosen} in registry ${registry}`) as Manifest;
    const layer = layers.find(({ mediaType = '' }) => /tar\+gzip|tar\.gzip/.test(mediaType));
    if (!layer?.digest) throw new AddonError('Registry', [`registry ${registry}: ${name}:${chosen} holds no chart`]);
    const archive = await this.#must(`${this.#repository(name)}/blobs/${layer.digest}`, '*/*');
    await unpack(archive, this.#access.folder);
    return loadAddon(this.#access.folder, registry);
  }

  async #versions(name: string): Promise<readonly string[]> {
    const { status, body } = await this.#get(`${this.#repository(name)}/tags/list`, 'application/json');
    if (status !== 200) return [];
    const { tags } = parseJson(body, this.#url(`${this.#repository(name)}/tags/list`)) as {
      tags?: readonly string[] | null;
    };
    return (tags ?? []).filter((tag) => semver.valid(tag) !== null).toSorted(semver.rcompare);
  }

  #place(): { readonly origin: string; readonly path: string } {
    const { url = '' } = this.#registry.helm ?? {};
    const [host = '', ...path] = url
      .replace(/^oci:\/\//, '')
      .replace(/\/$/, '')
      .split('/');
    const scheme = /^(localhost|127\.0\.0\.1)(:|$)/.test(host) ? 'http' : 'https';
    return { origin: `${scheme}://${host}`, path: path.join('/') };
  }

  #url(path: string): string {
    return `${this.#place().origin}/v2/${path}`;
  }

  #repository(name: string): string {
    const { path } = this.#place();
    return path === '' ? name : `${path}/${name}`;
  }

  async #must(path: string, accept: string): Promise<Buffer> {
    const { status, body } = await this.#get(path, accept);
    if (status === 200) return body;
    throw new AddonError('Registry', [`registry ${this.#registry.name}: /v2/${path} answered ${status}`]);
  }

  /** Asks for a token, as the registry says, when it is refused without. */
  async #get(path: string, accept: string): Promise<HttpAnswer> {
    const { helm = { url: '' } } = this.#registry;
    const { signal } = this.#access;
    const url = this.#url(path);
    const attempt = (): Promise<HttpAnswer> =>
      send(url, this.#token === undefined ? helm : { insecureSkipTLS: helm.insecureSkipTLS }, {
        headers: { accept, ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }) },
        signal,
      });
    const answer = await attempt();
    const challenge = answer.headers['www-authenticate'];
    if (answer.status !== 401 || typeof challenge !== 'string' || !challenge.startsWith('Bearer ')) return answer;
    const { realm, ...query } = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    );
    if (realm === undefined) return answer;
    const asked = await send(`${realm}?${new URLSearchParams(query).toString()}`, helm, { signal });
    const { token, access_token: other } = parseJson(asked.body, realm) as Readonly<Record<string, string>>;
    this.#token = token ?? other;
    return attempt();
  }
}
