import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import { apiVersionOf, keyOf } from '../../../machinery/src/meta.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { systemClock, systemRandom } from '../../../machinery/src/clock/system.ts';
import type {
  Caller,
  ChangeEvent,
  ClusterApi,
  DeleteBehaviour,
  ListScope,
  PatchTarget,
  Scope,
} from '../../../devcluster/src/contract/cluster-api.ts';
import { withoutManagedFields } from '../../../machinery/src/managed-fields.ts';
import { Informer } from '../../../pkg/informer/informer.ts';
import { compareVersions } from '../../../pkg/informer/resource-version.ts';
import type { Logger } from '../../../machinery/src/logging/logger.ts';
import { untilAnswered } from './retry.ts';

/** A kind that is followed, in all namespaces or in one. */
export interface Followed {
  readonly resource: Resource;
  readonly namespace?: string;
}

export interface HttpClusterApiOptions {
  readonly client: KubeClient;
  readonly follows: readonly Followed[];
  readonly logger: Logger;
  /** Ends watches and attempts to write. */
  readonly signal: AbortSignal;
}

/**
 * The API of any API server as the kubelet and the scheduler of the embedded cluster use theirs: reads come from
 * copies that watches keep, with one's own writes in them; writes are tried until they are answered.
 */
export class HttpClusterApi implements ClusterApi {
  readonly #options: HttpClusterApiOptions;
  readonly #informers: ReadonlyMap<string, Informer>;
  /** What writes answered, for as long as the watch has not shown it. */
  readonly #written = new Map<string, KubeObject>();

  constructor(options: HttpClusterApiOptions) {
    this.#options = options;
    const { client, follows, logger } = options;
    const common = { client, logger, clock: systemClock, random: systemRandom, transform: withoutManagedFields };
    this.#informers = new Map(
      follows.map(({ resource, namespace }) => [resource.plural, new Informer({ ...common, resource, namespace })]),
    );
  }

  /** Resolves when everything that exists is known. */
  async start(): Promise<void> {
    const { signal } = this.#options;
    for (const informer of this.#informers.values()) void informer.run(signal);
    await Promise.all([...this.#informers.values()].map((informer) => informer.whenSynced(signal)));
  }

  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    const seen = this.#informer(resource).get(key);
    const id = `${resource.plural}/${key}`;
    const written = this.#written.get(id);
    if (!written || !seen) return seen;
    const { uid, resourceVersion } = written.metadata;
    const isAhead = (compareVersions(resourceVersion, seen.metadata.resourceVersion) ?? 0) > 0;
    if (isAhead && uid === seen.metadata.uid) return written;
    this.#written.delete(id);
    return seen;
  }

  list(resource: Resource, { namespace }: ListScope = {}): readonly KubeObject[] {
    const all = this.#informer(resource).list();
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  resources(): readonly Resource[] {
    return this.#options.follows.map(({ resource }) => resource);
  }

  resourceFor(apiVersion: string, kind: string): Resource | undefined {
    return this.resources().find((resource) => apiVersionOf(resource) === apiVersion && resource.kind === kind);
  }

  subscribe(
    resource: Resource | undefined,
    _scope: Scope,
    handler: (event: ChangeEvent, resource: Resource) => void,
    signal: AbortSignal,
  ): void {
    for (const each of resource ? [resource] : this.resources()) {
      const emit = (type: ChangeEvent['type'], object: KubeObject): void => {
        handler({ type, object }, each);
      };
      const end = this.#informer(each).subscribe({
        added: (object) => {
          emit('ADDED', object);
        },
        updated: (_old, object) => {
          emit('MODIFIED', object);
        },
        deleted: (object) => {
          this.#written.delete(`${each.plural}/${keyOf(object)}`);
          emit('DELETED', object);
        },
      });
      signal.addEventListener('abort', end, { once: true });
    }
  }

  /** Resolves when the watch shows it, so that it can be read. */
  async create({ fieldManager }: Caller, resource: Resource, object: KubeObject): Promise<KubeObject> {
    const { client } = this.#options;
    const created = await this.#write(() => client.create(resource, object, { fieldManager }));
    while (!this.#informer(resource).get(keyOf(created))) await systemClock.sleep(20, this.#options.signal);
    return created;
  }

  /** Without a precondition: no other client writes the fields that the kubelet and the scheduler replace. */
  async update(
    { fieldManager }: Caller,
    resource: Resource,
    object: KubeObject,
    subresource?: string,
  ): Promise<KubeObject> {
    const { client } = this.#options;
    const options = { fieldManager, subresource };
    if (subresource === 'binding') return this.#write(() => client.create(resource, object, options));
    const { resourceVersion: _, ...metadata } = object.metadata;
    return this.#noted(resource, () => client.update(resource, { ...object, metadata }, options));
  }

  mergePatch(
    { fieldManager }: Caller,
    resource: Resource,
    { namespace, name, subresource }: PatchTarget,
    body: object,
  ): Promise<KubeObject> {
    const patch = { type: 'merge', body: JSON.parse(JSON.stringify(body)) as never } as const;
    const { client } = this.#options;
    const target = { namespace, name };
    return this.#noted(resource, () => client.patch(resource, target, patch, { fieldManager, subresource }));
  }

  async delete(
    { fieldManager }: Caller,
    resource: Resource,
    target: { readonly namespace?: string | undefined; readonly name: string },
    { uid, resourceVersion, ...behaviour }: DeleteBehaviour = {},
  ): Promise<void> {
    const preconditions = {
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    };
    const options = { ...behaviour, preconditions, fieldManager };
    await this.#write(() => this.#options.client.delete(resource, target, options));
  }

  #informer({ plural }: Resource): Informer {
    const informer = this.#informers.get(plural);
    if (!informer) throw new Error(`${plural} are not followed`);
    return informer;
  }

  async #noted(resource: Resource, send: () => Promise<KubeObject>): Promise<KubeObject> {
    const written = await this.#write(send);
    this.#written.set(`${resource.plural}/${keyOf(written)}`, written);
    return written;
  }

  #write<T>(send: () => Promise<T>): Promise<T> {
    return untilAnswered(send, this.#options.signal);
  }
}
