import { ApiError, isNotFound } from '../apis/api-error.ts';
import { parseApiVersion } from '../../machinery/src/meta.ts';
import type { Resource } from '../../machinery/src/meta.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { groupVersionPath } from './path.ts';

interface ResourceList {
  readonly resources: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/** An unknown kind is asked for again, but not more often than this for one group and version. */
const askAgainAfterMs = 3_000;

interface Entry {
  readonly byKind: ReadonlyMap<string, Resource>;
  readonly askedAt: number;
}

/** Which resource serves a kind, remembered per group and version. */
export class Discovery {
  readonly #fetch: (path: string) => Promise<ResourceList>;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #asking = new Map<string, Promise<Entry>>();

  constructor(fetch: (path: string) => Promise<ResourceList>, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  /** Throws ApiError NotFound when the server does not know the kind. */
  async resourceFor(apiVersion: string, kind: string): Promise<Resource> {
    const known = this.#entries.get(apiVersion);
    const found = known?.byKind.get(kind);
    if (found) return found;
    const mayAsk = !known || this.#clock.monotonic() - known.askedAt >= askAgainAfterMs;
    const entry = mayAsk ? await this.#ask(apiVersion) : known;
    const resource = entry.byKind.get(kind);
    if (resource) return resource;
    throw new ApiError({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'NotFound',
      code: 404,
      message: `no resource of kind "${kind}" in version "${apiVersion}"; is its CustomResourceDefinition installed?`,
    });
  }

  #ask(apiVersion: string): Promise<Entry> {
    const running = this.#asking.get(apiVersion);
    if (running) return running;
    const asking = this.#read(apiVersion).finally(() => {
      this.#asking.delete(apiVersion);
    });
    this.#asking.set(apiVersion, asking);
    return asking;
  }

  async #read(apiVersion: string): Promise<Entry> {
    const byKind = new Map<string, Resource>();
    try {
      const { resources } = await this.#fetch(groupVersionPath(apiVersion));
      for (const { name, kind, namespaced } of resources) {
        const isSubresource = name.includes('/');
        if (!isSubresource) byKind.set(kind, { ...parseApiVersion(apiVersion), kind, plural: name, namespaced });
      }
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const entry = { byKind, askedAt: this.#clock.monotonic() };
    this.#entries.set(apiVersion, entry);
    return entry;
  }
}
