import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../apis/names.ts';
import { AddonError } from './addon-error.ts';
import { parseJson } from './parse-json.ts';
import { absentAs } from './store.ts';

/** A repository of charts, over HTTP or, with an address of `oci://`, in a registry of images. */
interface HelmSource {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly insecureSkipTLS?: boolean;
}

/** A folder of a Git repository in which each folder is an addon. */
export interface GitSource {
  readonly url: string;
  readonly path?: string;
  readonly token?: string;
  /** Name of the Secret that holds the token. */
  readonly tokenSecretRef?: string;
}

const gitTypes = ['git', 'gitee', 'gitlab'] as const;
export const registryTypes = ['helm', 'oci', ...gitTypes] as const;
export type RegistryType = (typeof registryTypes)[number];

/** Where addons come from, as KubeVela's CLI keeps it; one source each. */
export interface Registry {
  readonly name: string;
  readonly helm?: HelmSource;
  readonly git?: GitSource;
  readonly gitee?: GitSource;
  readonly gitlab?: GitSource;
  readonly oss?: { readonly endpoint?: string };
}

export const gitSourceOf = ({ git, gitee, gitlab }: Registry): GitSource | undefined => git ?? gitee ?? gitlab;

const tokenSecretOf = (registry: Registry): string | undefined => gitSourceOf(registry)?.tokenSecretRef;

export function typeOf(registry: Registry): string {
  if (registry.helm) return registry.helm.url.startsWith('oci://') ? 'oci' : 'helm';
  return gitTypes.find((type) => registry[type] !== undefined) ?? (registry.oss ? 'oss' : 'unknown');
}

export const urlOf = (registry: Registry): string =>
  registry.helm?.url ?? gitSourceOf(registry)?.url ?? registry.oss?.endpoint ?? '';

const core = (kind: string, plural: string): Resource => ({ group: '', version: 'v1', kind, plural, namespaced: true });
const configMapResource = core('ConfigMap', 'configmaps');
const secretResource = core('Secret', 'secrets');
const target = { name: 'vela-addon-registry', namespace: systemNamespace };
const fieldManager = 'vela-addon';

/** The registries of an installation, in its ConfigMap; tokens are kept in Secrets. */
export class RegistryStore {
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;

  constructor(client: KubeClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** By name. */
  async list(): Promise<readonly Registry[]> {
    const found = await this.#read();
    return Object.entries(found)
      .map(([name, registry]) => ({ ...registry, name }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Throws AddonError NotFound. */
  async get(name: string): Promise<Registry> {
    const all = await this.list();
    const found = all.find((registry) => registry.name === name);
    if (found) return found;
    const known = all.map((registry) => registry.name).join(', ') || 'none';
    throw new AddonError('NotFound', [`registry "${name}" does not exist; known: ${known}`]);
  }

  /** Adds a registry, or replaces the one of its name. */
  async put(registry: Registry): Promise<void> {
    const all = await this.#read();
    const before = all[registry.name];
    const stored = await this.#withSecret(registry);
    await this.#write({ ...all, [registry.name]: stored });
    if (before && tokenSecretOf(stored) === undefined) await this.#removeSecretOf(before);
  }

  async remove(name: string): Promise<void> {
    const registry = await this.get(name);
    const { [name]: _, ...others } = await this.#read();
    await this.#write(others);
    await this.#removeSecretOf(registry);
  }

  /** The token of a registry in Git, if it has one. */
  async tokenOf(registry: Registry): Promise<string | undefined> {
    const { token, tokenSecretRef } = gitSourceOf(registry) ?? {};
    if (tokenSecretRef === undefined) return token;
    const secret = { name: tokenSecretRef, namespace: systemNamespace };
    const found = await this.#client.get(secretResource, secret, { signal: this.#signal });
    const data = (found['data'] ?? {}) as Readonly<Record<string, string>>;
    return Buffer.from(data['token'] ?? '', 'base64').toString('utf8');
  }

  async #removeSecretOf(registry: Registry): Promise<void> {
    const name = tokenSecretOf(registry);
    if (name === undefined) return;
    const secret = { name, namespace: systemNamespace };
    await this.#client.delete(secretResource, secret, { signal: this.#signal }).catch(absentAs(undefined));
  }

  async #withSecret(registry: Registry): Promise<Registry> {
    const type = gitTypes.find((one) => registry[one]?.token !== undefined);
    const source = type && registry[type];
    if (type === undefined || !source?.token) return registry;
    const name = `addon-registry-${registry.name}`;
    const secret: KubeObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: systemNamespace },
      type: 'Opaque',
      data: { token: Buffer.from(source.token).toString('base64') },
    };
    await this.#client.apply(secretResource, secret, { fieldManager, force: true, signal: this.#signal });
    const { token: _, ...rest } = source;
    return { ...registry, [type]: { ...rest, tokenSecretRef: name } };
  }

  async #read(): Promise<Readonly<Record<string, Registry>>> {
    const found = await this.#client
      .get(configMapResource, target, { signal: this.#signal })
      .catch(absentAs(undefined));
    const { registries = '{}' } = (found?.['data'] ?? {}) as Readonly<Record<string, string>>;
    const place = `ConfigMap ${target.namespace}/${target.name}: registries`;
    return parseJson(registries, place) as Readonly<Record<string, Registry>>;
  }

  async #write(registries: Readonly<Record<string, Registry>>): Promise<void> {
    const object: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: target,
      data: { registries: JSON.stringify(registries) },
    };
    await this.#client.apply(configMapResource, object, { fieldManager, force: true, signal: this.#signal });
  }
}
