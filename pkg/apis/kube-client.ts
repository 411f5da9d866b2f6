import type { Json, KubeList, KubeObject, Resource, Status } from '../../machinery/src/meta.ts';

/** Which objects a list or watch wants. Selectors in Kubernetes' text form. */
export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListOptions extends Selection {
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  /** Asks for metadata alone (PartialObjectMetadata); managed fields are left out. */
  readonly metadataOnly?: boolean | undefined;
  /** Of a list that comes in pages, which objects to return: the others are dropped with their page. */
  readonly keep?: ((object: KubeObject) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WatchOptions extends Selection {
  readonly resourceVersion?: string | undefined;
  readonly allowWatchBookmarks?: boolean | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly metadataOnly?: boolean | undefined;
  readonly signal: AbortSignal;
}

export type WatchEvent<T extends KubeObject = KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: T }
  | { readonly type: 'ERROR'; readonly object: Status };

export interface Named {
  readonly name: string;
  readonly namespace?: string | undefined;
}

/**
 * The right to write on behalf of a shard, as a Lease grants it; judged on the monotonic clock at the moment of asking.
 */
export interface WriteGate {
  /** Whether the right lasts for at least that much longer. */
  mayWrite(forMs: number): boolean;
  /** How much longer the right lasts; zero when it is gone. */
  validForMs(): number;
}

/** The user as which a client acts. */
export interface ActingUser {
  readonly username: string;
  readonly groups?: readonly string[];
  /** Further attributes of the user, by key. */
  readonly extra?: Readonly<Record<string, string>>;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Such as `status` or `scale`. */
  readonly subresource?: string | undefined;
}

export interface WriteOptions extends RequestOptions {
  readonly fieldManager?: string | undefined;
  readonly dryRun?: boolean | undefined;
  /** Asked immediately before each attempt; the request gets no more time than the gate has left. */
  readonly gate?: WriteGate | undefined;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Takes fields over from other managers instead of failing with a conflict. */
  readonly force?: boolean | undefined;
}

export interface DeleteOptions extends WriteOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  readonly gracePeriodSeconds?: number | undefined;
}

export interface RawOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of the body; `application/json` when absent. */
  readonly contentType?: string | undefined;
  readonly gate?: WriteGate | undefined;
}

export type PatchType = 'json' | 'merge' | 'strategic';

/**
 * The API server as every room sees it: unstructured objects over one pool of connections and one token bucket.
 *
 * Failures are ApiError (the server said no) or TransportError (no answer). 429 and 503 with Retry-After are
 * retried inside; a write that timed out is not, because it may have happened.
 */
export interface KubeClient {
  get<T extends KubeObject>(resource: Resource, target: Named, options?: RequestOptions): Promise<T>;
  /** One page when `limit` is set, otherwise everything, fetched in pages. */
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<KubeList<T>>;
  watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;
  /** PUT; the object's resourceVersion is the precondition. */
  update<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource,
    target: Named,
    patch: { readonly type: PatchType; readonly body: Json },
    options?: WriteOptions,
  ): Promise<T>;
  /** Server-side apply. */
  apply<T extends KubeObject>(resource: Resource, object: T, options: ApplyOptions): Promise<T>;
  delete(resource: Resource, target: Named, options?: DeleteOptions): Promise<KubeObject | Status>;
  deleteCollection(resource: Resource, options?: Selection & DeleteOptions): Promise<void>;
  /** Any other request, such as `/version` or a review; the answer is parsed JSON. */
  raw<T>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    options?: RawOptions,
  ): Promise<T>;
  /** The resource behind an apiVersion and kind, from cached discovery; asks again once when it is unknown. Throws ApiError NotFound when there is none. */
  resourceFor(apiVersion: string, kind: string): Promise<Resource>;
  /** The same client acting as another user. */
  impersonate(user: ActingUser): KubeClient;
}
