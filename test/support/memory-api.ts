import { ApiError, TransportError } from '../../pkg/apis/api-error.ts';
import type {
  KubeClient,
  ListOptions,
  Named,
  Selection,
  WatchEvent,
  WatchOptions,
} from '../../pkg/apis/kube-client.ts';
import { keyOf } from '../../machinery/src/meta.ts';
import type { Json, KubeList, KubeObject, Resource, Status } from '../../machinery/src/meta.ts';
import { parseLabelSelector } from '../../devcluster/src/apiserver/selectors.ts';
import { applyMergePatch } from '../../machinery/src/patch/merge-patch.ts';

interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  readonly old: KubeObject | undefined;
}

/** The state of a MemoryApi at one moment, to go back to. */
export interface Snapshot {
  readonly version: number;
  readonly objects: ReadonlyMap<string, KubeObject>;
}

interface Watcher {
  wake(): void;
  broken: boolean;
}

/** A Kubernetes API of one kind in memory, with connections and a history that a test can break. */
export class MemoryApi implements KubeClient {
  /** Called before each request with what it is, such as `update Lease`; what it throws is the answer. */
  onRequest: (what: string) => void | Promise<void> = () => undefined;
  readonly log: string[] = [];
  #objects = new Map<string, KubeObject>();
  #history: Change[] = [];
  #version = 100;
  #forgotten = 0;
  #uid = 0;
  readonly #watchers = new Set<Watcher>();

  get version(): string {
    return String(this.#version);
  }

  get watches(): number {
    return this.#watchers.size;
  }

  get objects(): KubeObject[] {
    return [...this.#objects.values()];
  }

  /** Breaks all watches off. */
  dropWatches(): void {
    for (const watcher of this.#watchers) {
      watcher.broken = true;
      watcher.wake();
    }
  }

  /** Forgets the history: watches from before answer 410. */
  compact(): void {
    this.#forgotten = this.#version;
    this.#history = [];
  }

  snapshot(): Snapshot {
    return { version: this.#version, objects: new Map(this.#objects) };
  }

  /** Comes back as it was then, as a server restored from a backup does. */
  restart(from: Snapshot): void {
    this.dropWatches();
    this.#version = from.version;
    this.#objects = new Map(from.objects);
    this.#history = [];
    this.#forgotten = from.version;
  }

  async get<T extends KubeObject>(resource: Resource, target: Named): Promise<T> {
    await this.#begin(`get ${resource.kind}`);
    return this.#stored(resource, target) as T;
  }

  async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<KubeList<T>> {
    await this.#begin(`list ${resource.kind}`);
    const all = this.objects.filter((object) => isSelected(object, options)) as T[];
    const { limit = all.length } = options;
    const metadata = { resourceVersion: this.version, ...(all.length > limit && { continue: 'more' }) };
    return { apiVersion: 'v1', kind: `${resource.kind}List`, metadata, items: all.slice(0, limit) };
  }

  async *watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    await this.#begin(`watch ${resource.kind}`);
    let position = Number(options.resourceVersion);
    if (position < this.#forgotten) throw failure(410, 'Expired', 'too old resource version');
    const watcher: Watcher = { wake: () => undefined, broken: false };
    this.#watchers.add(watcher);
    const wake = (): void => {
      watcher.wake();
    };
    options.signal.addEventListener('abort', wake, { once: true });
    try {
      while (!options.signal.aborted) {
        if (watcher.broken) throw new TransportError('Unreachable', 'the watch broke off');
        const change = this.#history.find(({ version }) => version > position);
        if (change) {
          position = change.version;
          const event = seenThrough(change, options);
          if (event) yield event as WatchEvent<T>;
          continue;
        }
        await new Promise<void>((resolve) => {
          watcher.wake = resolve;
        });
      }
    } finally {
      options.signal.removeEventListener('abort', wake);
      this.#watchers.delete(watcher);
    }
  }

  async create<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    await this.#begin(`create ${resource.kind}`);
    if (this.#objects.has(keyOf(object))) throw failure(409, 'AlreadyExists', `${keyOf(object)} already exists`);
    this.#uid += 1;
    return this.#store('ADDED', { ...object, metadata: { ...object.metadata, uid: `uid-${this.#uid}` } }) as T;
  }

  async update<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    await this.#begin(`update ${resource.kind}`);
    const old = this.#stored(resource, { name: object.metadata.name ?? '', namespace: object.metadata.namespace });
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion)
      throw failure(409, 'Conflict', `${keyOf(object)} has been modified`);
    return this.#store('MODIFIED', { ...object, metadata: { ...object.metadata, uid: old.metadata.uid ?? '' } }) as T;
  }

  async patch<T extends KubeObject>(resource: Resource, target: Named, patch: { readonly body: Json }): Promise<T> {
    await this.#begin(`patch ${resource.kind}`);
    const old = this.#stored(resource, target);
    const { resourceVersion } = (patch.body as { metadata?: { resourceVersion?: string } }).metadata ?? {};
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion)
      throw failure(409, 'Conflict', `${keyOf(old)} has been modified`);
    return this.#store('MODIFIED', applyMergePatch(old as unknown as Json, patch.body) as unknown as KubeObject) as T;
  }

  async delete(resource: Resource, target: Named): Promise<KubeObject | Status> {
    await this.#begin(`delete ${resource.kind}`);
    const old = this.#stored(resource, target);
    this.#objects.delete(keyOf(old));
    return this.#record('DELETED', old, old);
  }

  apply = notThere('apply');
  deleteCollection = notThere('deleteCollection');
  raw = notThere('raw');
  resourceFor = notThere('resourceFor');

  impersonate(): KubeClient {
    return this;
  }

  async #begin(what: string): Promise<void> {
    this.log.push(what);
    await this.onRequest(what);
  }

  #stored(resource: Resource, target: Named): KubeObject {
    const key = keyOf({ metadata: { name: target.name, ...(target.namespace && { namespace: target.namespace }) } });
    const object = this.#objects.get(key);
    if (!object) throw failure(404, 'NotFound', `${resource.plural} "${key}" not found`);
    return object;
  }

  #store(type: 'ADDED' | 'MODIFIED', object: KubeObject): KubeObject {
    const old = this.#objects.get(keyOf(object));
    const stored = this.#record(type, object, old);
    this.#objects.set(keyOf(object), stored);
    return stored;
  }

  #record(type: Change['type'], object: KubeObject, old: KubeObject | undefined): KubeObject {
    this.#version += 1;
    const stamped = { ...object, metadata: { ...object.metadata, resourceVersion: this.version } };
    this.#history.push({ version: this.#version, type, object: stamped, old });
    for (const watcher of this.#watchers) watcher.wake();
    return stamped;
  }
}

function isSelected(object: KubeObject, { namespace, labelSelector }: Selection): boolean {
  if (namespace && object.metadata.namespace !== namespace) return false;
  return parseLabelSelector(labelSelector)?.(object.metadata.labels ?? {}) ?? true;
}

/** An object that enters or leaves a selection is an addition or deletion for its watches. */
function seenThrough(change: Change, selection: Selection): WatchEvent | undefined {
  const { object, old, type } = change;
  const [was, is] = [old !== undefined && isSelected(old, selection), isSelected(object, selection)];
  if (type === 'DELETED' || (was && !is)) return was ? { type: 'DELETED', object } : undefined;
  if (!is) return undefined;
  return { type: was ? 'MODIFIED' : 'ADDED', object };
}

function notThere(what: string): () => never {
  return () => {
    throw new Error(`memory api: ${what} is not there`);
  };
}

export function failure(code: number, reason: string, message: string): ApiError {
  return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message });
}
