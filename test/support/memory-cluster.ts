import { TransportError } from '../../pkg/apis/api-error.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { Resource } from '../../machinery/src/meta.ts';
import { MemoryApi } from './memory-api.ts';

/** A Kubernetes API of several kinds in memory, with clients that a test can cut off. */
export class MemoryCluster {
  readonly #apis = new Map<string, MemoryApi>();

  of({ group, plural }: Pick<Resource, 'group' | 'plural'>): MemoryApi {
    const id = `${group}/${plural}`;
    const api = this.#apis.get(id) ?? new MemoryApi();
    this.#apis.set(id, api);
    return api;
  }

  /** A client of one process; after `cutOff` every request of it fails. */
  client(): { readonly client: KubeClient; readonly cutOff: () => void } {
    let isCutOff = false;
    const api = (resource: Resource): MemoryApi => {
      if (isCutOff) throw new TransportError('Unreachable', 'the process was killed');
      return this.of(resource);
    };
    const attempt = <T>(request: () => Promise<T>): Promise<T> => Promise.resolve().then(request);
    const client: Partial<KubeClient> = {
      get: (resource, target) => attempt(() => api(resource).get(resource, target)),
      list: (resource, options) => attempt(() => api(resource).list(resource, options)),
      watch: (resource, options) => api(resource).watch(resource, options),
      create: (resource, object) => attempt(() => api(resource).create(resource, object)),
      update: (resource, object) => attempt(() => api(resource).update(resource, object)),
      patch: (resource, target, patch) => attempt(() => api(resource).patch(resource, target, patch)),
      delete: (resource, target) => attempt(() => api(resource).delete(resource, target)),
      raw: <T>() => Promise.resolve({ status: { userInfo: { username: 'process' } } } as T),
    };
    return {
      client: client as KubeClient,
      cutOff: () => {
        isCutOff = true;
      },
    };
  }

  end(): void {
    for (const api of this.#apis.values()) api.dropWatches();
  }
}
