import { ApiError } from '../../pkg/apis/api-error.ts';
import type {
  ApplyOptions,
  DeleteOptions,
  KubeClient,
  ListOptions,
  Named,
  PatchType,
  WatchEvent,
  WriteOptions,
} from '../../pkg/apis/kube-client.ts';
import { apiVersionOf, keyOf } from '../../machinery/src/meta.ts';
import type { Json, KubeList, KubeObject, Resource, Status } from '../../machinery/src/meta.ts';
import { serverSideApply } from '../../machinery/src/patch/apply.ts';
import { deepEqual } from '../../machinery/src/patch/equality.ts';
import { applyMergePatch } from '../../machinery/src/patch/merge-patch.ts';

/** One request that changes something, before it is carried out. */
export interface FakeWrite {
  readonly verb: 'create' | 'update' | 'patch' | 'apply' | 'delete';
  readonly resource: Resource;
  readonly name: string;
  readonly subresource: string | undefined;
  readonly user: string;
}

/** One request of any kind, before it is carried out. */
export interface FakeRequest {
  readonly verb: FakeWrite['verb'] | 'get' | 'list';
  readonly resource: Resource;
  /** Empty for a list. */
  readonly name: string;
  readonly subresource?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly body?: unknown;
}

export interface FakeClusterOptions {
  readonly resources: readonly Resource[];
  readonly now: () => number;
  /** What the cluster itself does to an object that was written, such as reporting a Deployment ready. */
  readonly react?: (object: KubeObject) => KubeObject;
}

const hasStatus = (resource: Resource): boolean => resource.group !== '' || resource.kind === 'Pod';

/** The objects of an API server in memory, with resource versions, generations, finalizers and server-side apply. */
export class FakeCluster {
  readonly #options: FakeClusterOptions;
  readonly #kinds = new Map<string, Map<string, KubeObject>>();
  readonly #resources: Resource[];
  #version = 100;
  #uids = 0;
  /** Every write that was carried out and changed something. */
  readonly changes: string[] = [];
  /** How many requests there were, reads and writes without effect included. */
  requests = 0;
  /** Called for every request. */
  onRequest: ((request: FakeRequest) => void) | undefined;
  /** What the cluster itself does to an object that was written. */
  react: ((object: KubeObject) => KubeObject) | undefined;
  /** Called before every read of one object; throws to fail it. */
  interceptRead:
    ((read: { readonly resource: Resource; readonly name: string; readonly user: string }) => void) | undefined;
  /** Called around every write; throws to fail it. */
  intercept: ((write: FakeWrite, moment: 'before' | 'after') => void) | undefined;

  constructor(options: FakeClusterOptions) {
    this.#options = options;
    this.#resources = [...options.resources];
    this.react = options.react;
  }

  client(user = 'controller'): KubeClient {
    return new FakeKubeClient(this, user);
  }

  get version(): number {
    return this.#version;
  }

  serve(resource: Resource): void {
    this.#resources.push(resource);
  }

  all(): readonly KubeObject[] {
    return [...this.#kinds.values()].flatMap((kind) => [...kind.values()]);
  }

  resourceFor(apiVersion: string, kind: string): Resource {
    const found = this.#resources.find((r) => r.kind === kind && apiVersionOf(r) === apiVersion);
    if (!found) throw apiError(404, 'NotFound', `no kind ${kind} in ${apiVersion}`);
    return found;
  }

  find(resource: Resource, target: Named): KubeObject | undefined {
    const namespace = resource.namespaced ? target.namespace : undefined;
    return this.#kind(resource).get(
      keyOf({ metadata: { name: target.name, ...(namespace !== undefined && { namespace }) } }),
    );
  }

  get(resource: Resource, target: Named): KubeObject {
    const found = this.find(resource, target);
    if (!found) throw apiError(404, 'NotFound', `${resource.plural} "${target.name}" not found`);
    return found;
  }

  list(resource: Resource, options: ListOptions): readonly KubeObject[] {
    const selected = (object: KubeObject) =>
      (options.namespace === undefined || object.metadata.namespace === options.namespace) &&
      matches(options.labelSelector, (key) => object.metadata.labels?.[key]) &&
      matches(options.fieldSelector, (key) => (key === 'metadata.name' ? object.metadata.name : undefined));
    return [...this.#kind(resource).values()].filter(selected);
  }

  /** Counts a request. */
  received(request: FakeRequest): void {
    this.requests++;
    this.onRequest?.(request);
  }

  /** Runs a write with its interceptors. */
  write<T>(write: FakeWrite, carryOut: () => T): T {
    this.intercept?.(write, 'before');
    const before = this.#version;
    const result = carryOut();
    if (this.#version !== before) {
      const { verb, resource, name, subresource } = write;
      this.changes.push(`${verb} ${resource.kind}${subresource ? `/${subresource}` : ''} ${name}`);
    }
    this.intercept?.(write, 'after');
    return result;
  }

  /** Carries out a write and takes it back. */
  rehearse<T>(resource: Resource, carryOut: () => T): T {
    const kind = this.#kind(resource);
    const before = { objects: [...kind], version: this.#version, uids: this.#uids };
    try {
      return carryOut();
    } finally {
      kind.clear();
      for (const [key, object] of before.objects) kind.set(key, object);
      this.#version = before.version;
      this.#uids = before.uids;
    }
  }

  create(resource: Resource, object: KubeObject): KubeObject {
    const target = { name: object.metadata.name ?? '', namespace: object.metadata.namespace };
    if (this.find(resource, target))
      throw apiError(409, 'AlreadyExists', `${resource.plural} "${target.name}" already exists`);
    const uid = `uid-${++this.#uids}`;
    const creationTimestamp = new Date(this.#options.now()).toISOString();
    const bare = hasStatus(resource) ? without(object, 'status') : object;
    return this.#store(resource, { ...bare, metadata: { ...object.metadata, uid, creationTimestamp, generation: 1 } });
  }

  /** Replaces what is stored, as the given endpoint may. */
  replace(resource: Resource, wanted: KubeObject, subresource: string | undefined): KubeObject {
    const live = this.get(resource, { name: wanted.metadata.name ?? '', namespace: wanted.metadata.namespace });
    const { resourceVersion, uid } = wanted.metadata;
    if (resourceVersion && resourceVersion !== live.metadata.resourceVersion) throw conflict(resource, wanted);
    if (uid && uid !== live.metadata.uid) throw conflict(resource, wanted);
    const merged =
      subresource === 'status' ? { ...live, status: wanted['status'] } : this.#withOwnStatus(resource, wanted, live);
    const next: KubeObject = { ...merged, metadata: { ...merged.metadata, ...keptMetadata(live, merged) } };
    if (deepEqual(next, live)) return live;
    if (next.metadata.deletionTimestamp !== undefined && !next.metadata.finalizers?.length)
      return this.#remove(resource, next);
    return this.#store(resource, next);
  }

  apply(resource: Resource, applied: KubeObject, options: ApplyOptions): KubeObject {
    const target = { name: applied.metadata.name ?? '', namespace: applied.metadata.namespace };
    const live = this.find(resource, target);
    const { resourceVersion, uid } = applied.metadata;
    if (live && resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion)
      throw conflict(resource, applied);
    if (uid !== undefined && uid !== live?.metadata.uid) throw conflict(resource, applied);
    const metadata = { ...applied.metadata };
    Reflect.deleteProperty(metadata, 'resourceVersion');
    Reflect.deleteProperty(metadata, 'uid');
    const result = serverSideApply({
      live,
      applied: { ...applied, metadata },
      schema: undefined,
      force: options.force ?? false,
      manager: options.fieldManager,
      apiVersion: applied.apiVersion,
      subresource: options.subresource ?? '',
      time: new Date(this.#options.now()).toISOString(),
    });
    if (!result.ok) throw apiError(409, 'Conflict', 'fields belong to other managers');
    return live
      ? this.replace(resource, { ...result.object, metadata: { ...result.object.metadata } }, undefined)
      : this.create(resource, result.object);
  }

  delete(resource: Resource, target: Named, options: DeleteOptions): KubeObject | Status {
    const live = this.get(resource, target);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid && uid !== live.metadata.uid) throw conflict(resource, live);
    if (resourceVersion && resourceVersion !== live.metadata.resourceVersion) throw conflict(resource, live);
    if (!live.metadata.finalizers?.length) {
      this.#remove(resource, live);
      return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 200 };
    }
    if (live.metadata.deletionTimestamp !== undefined) return live;
    const deletionTimestamp = new Date(this.#options.now()).toISOString();
    return this.#store(resource, { ...live, metadata: { ...live.metadata, deletionTimestamp } });
  }

  #withOwnStatus(resource: Resource, wanted: KubeObject, live: KubeObject): KubeObject {
    if (!hasStatus(resource)) return wanted;
    return live['status'] === undefined ? without(wanted, 'status') : { ...wanted, status: live['status'] };
  }

  #store(resource: Resource, object: KubeObject): KubeObject {
    const reacted = this.react?.(object) ?? object;
    const stored = { ...reacted, metadata: { ...reacted.metadata, resourceVersion: String(++this.#version) } };
    this.#kind(resource).set(keyOf(stored), deepFreeze(structuredClone(stored)));
    return this.get(resource, { name: stored.metadata.name ?? '', namespace: stored.metadata.namespace });
  }

  #remove(resource: Resource, object: KubeObject): KubeObject {
    this.#version++;
    this.#kind(resource).delete(keyOf(object));
    this.#removeOwned(object);
    return object;
  }

  /** Garbage collection by owner references, at once. */
  #removeOwned(owner: KubeObject): void {
    for (const object of this.all()) {
      if (!object.metadata.ownerReferences?.some((o) => o.uid === owner.metadata.uid)) continue;
      const { apiVersion, kind, metadata } = object;
      this.delete(this.resourceFor(apiVersion, kind), { name: metadata.name ?? '', namespace: metadata.namespace }, {});
    }
  }

  #kind(resource: Resource): Map<string, KubeObject> {
    const key = `${resource.plural}.${resource.group}`;
    const known = this.#kinds.get(key);
    if (known) return known;
    const made = new Map<string, KubeObject>();
    this.#kinds.set(key, made);
    return made;
  }
}

/** The client of a fake cluster. */
class FakeKubeClient implements KubeClient {
  readonly #cluster: FakeCluster;
  readonly #user: string;

  constructor(cluster: FakeCluster, user: string) {
    this.#cluster = cluster;
    this.#user = user;
  }

  get<T extends KubeObject>(resource: Resource, target: Named): Promise<T> {
    this.#cluster.received({ verb: 'get', resource, name: target.name });
    return attempt(() => {
      this.#cluster.interceptRead?.({ resource, name: target.name, user: this.#user });
      return this.#cluster.get(resource, target) as T;
    });
  }

  list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<KubeList<T>> {
    this.#cluster.received({ verb: 'list', resource, name: '' });
    const items = this.#cluster.list(resource, options) as readonly T[];
    const { apiVersion, kind } = { apiVersion: apiVersionOf(resource), kind: `${resource.kind}List` };
    return Promise.resolve({ apiVersion, kind, metadata: { resourceVersion: String(this.#cluster.version) }, items });
  }

  watch<T extends KubeObject>(): AsyncIterable<WatchEvent<T>> {
    throw new Error('the fake client does not watch');
  }

  create<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    const request = { verb: 'create', resource, name: object.metadata.name ?? '', body: object } as const;
    return this.#write(request, () => this.#cluster.create(resource, object) as T);
  }

  update<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    const { subresource, dryRun } = options;
    const request = { verb: 'update', resource, name: object.metadata.name ?? '', subresource, dryRun } as const;
    const carryOut = () => this.#cluster.replace(resource, object, subresource) as T;
    return this.#write({ ...request, body: object }, carryOut);
  }

  patch<T extends KubeObject>(
    resource: Resource,
    target: Named,
    patch: { readonly type: PatchType; readonly body: Json },
    options: WriteOptions = {},
  ): Promise<T> {
    if (patch.type !== 'merge') throw new Error(`the fake client knows no ${patch.type} patch`);
    const { subresource, dryRun } = options;
    const carryOut = () => {
      const live = this.#cluster.get(resource, target);
      const wanted = applyMergePatch(live as unknown as Json, patch.body) as unknown as KubeObject;
      return this.#cluster.replace(resource, wanted, subresource) as T;
    };
    const request = { verb: 'patch', resource, name: target.name, subresource, dryRun } as const;
    return this.#write({ ...request, body: patch.body }, carryOut);
  }

  apply<T extends KubeObject>(resource: Resource, object: T, options: ApplyOptions): Promise<T> {
    const { subresource, dryRun } = options;
    const carryOut = () => this.#cluster.apply(resource, object, options) as T;
    const request = { verb: 'apply', resource, name: object.metadata.name ?? '', subresource, dryRun } as const;
    return this.#write({ ...request, body: object }, carryOut);
  }

  delete(resource: Resource, target: Named, options: DeleteOptions = {}): Promise<KubeObject | Status> {
    const request = { verb: 'delete', resource, name: target.name } as const;
    return this.#write(request, () => this.#cluster.delete(resource, target, options));
  }

  deleteCollection(): Promise<void> {
    throw new Error('the fake client does not delete collections');
  }

  raw<T>(): Promise<T> {
    throw new Error('the fake client has no raw requests');
  }

  resourceFor(apiVersion: string, kind: string): Promise<Resource> {
    return attempt(() => this.#cluster.resourceFor(apiVersion, kind));
  }

  impersonate(user: { readonly username: string }): KubeClient {
    return this.#cluster.client(user.username);
  }

  #write<T>(request: FakeRequest & { readonly verb: FakeWrite['verb'] }, carryOut: () => T): Promise<T> {
    this.#cluster.received(request);
    const { verb, resource, name, subresource, dryRun } = request;
    if (dryRun) return attempt(() => this.#cluster.rehearse(resource, carryOut));
    return attempt(() => this.#cluster.write({ verb, resource, name, subresource, user: this.#user }, carryOut));
  }
}

async function attempt<T>(work: () => T): Promise<T> {
  await Promise.resolve();
  return work();
}

function matches(selector: string | undefined, valueOf: (key: string) => string | undefined): boolean {
  if (!selector) return true;
  return selector.split(',').every((part) => {
    const [key = '', value] = part.split('=');
    if (value === undefined) return valueOf(key) !== undefined;
    return valueOf(key) === value;
  });
}

/** What no writer decides. */
function keptMetadata({ metadata, ...live }: KubeObject, next: KubeObject): KubeObject['metadata'] {
  const own = ['uid', 'creationTimestamp', 'resourceVersion', 'deletionTimestamp'];
  const changed = !deepEqual(spec(next), spec({ ...live, metadata }));
  return {
    ...Object.fromEntries(Object.entries(metadata).filter(([key]) => own.includes(key))),
    generation: (metadata.generation ?? 1) + (changed ? 1 : 0),
  };
}

const spec = (object: KubeObject): unknown => without(without(object, 'status'), 'metadata');

function without(object: KubeObject, field: string): KubeObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== field)) as unknown as KubeObject;
}

export function apiError(code: number, reason: string, message: string): ApiError {
  return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });
}

const conflict = (resource: Resource, object: KubeObject): ApiError =>
  apiError(409, 'Conflict', `${resource.plural} "${object.metadata.name ?? ''}": the object has been modified`);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
