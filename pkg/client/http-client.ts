import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { isGone } from '../apis/api-error.ts';
import type {
  ActingUser,
  ApplyOptions,
  DeleteOptions,
  KubeClient,
  ListOptions,
  Named,
  PatchType,
  RawOptions,
  RequestOptions,
  Selection,
  WatchEvent,
  WatchOptions,
  WriteGate,
  WriteOptions,
} from '../apis/kube-client.ts';
import { apiVersionOf } from '../../machinery/src/meta.ts';
import type { Json, KubeList, KubeObject, Resource, Status } from '../../machinery/src/meta.ts';
import type { Clock, Random } from '../../machinery/src/clock/clock.ts';
import { TokenBucket } from '../../machinery/src/clock/token-bucket.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import { defaultTimes } from '../safety/times.ts';
import type { Connection } from './connection.ts';
import { Discovery } from './discovery.ts';
import { gated } from './gate.ts';
import { clientMetrics } from './metrics.ts';
import { collectionPath, objectPath, requiredNamespace, selectionQuery, withQuery } from './path.ts';
import { Sender } from './sender.ts';
import type { Call } from './sender.ts';
import { Transport, translate } from './transport.ts';
import type { Method } from './transport.ts';
import { cutManagedFields, linesOf, parseJson } from './watch-stream.ts';

/** How long one attempt of a request may take. */
export interface Timeouts {
  readonly readMs: number;
  readonly listMs: number;
  readonly writeMs: number;
}

export interface KubeClientOptions {
  /** Requests per second that the client sends at most, opened watches included; zero for no limit. */
  readonly qps: number;
  readonly burst: number;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Default 10 s to read, 30 s to list, 15 s to write. */
  readonly timeouts?: Timeouts | undefined;
  /** Guards every write of this client. */
  readonly gate?: WriteGate | undefined;
  readonly metrics?: MetricsRegistry | undefined;
  readonly logger?: Logger | undefined;
  /** Called with the status of every answer of the API server, including those that the client retries itself. */
  readonly onAnswer?: ((status: number) => void) | undefined;
  /** Called with the text of each warning that the API server adds to an answer. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** A client that holds connections. */
export type ClosableKubeClient = KubeClient & {
  close(): Promise<void>;
  /** The lines of a text that the API server sends as it grows, such as a log; they end when it or the signal does. */
  lines(path: string, signal: AbortSignal): AsyncGenerator<string>;
};

const defaultTimeouts: Timeouts = { readMs: 10_000, listMs: 30_000, writeMs: defaultTimes.writeTimeoutMs };
const pageSize = 500;
const partialObject = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;

const patchContentTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** Returns the client of one API server; `close` ends its connections, and with them all that is under way. */
export function newKubeClient(connection: Connection, options: KubeClientOptions): ClosableKubeClient {
  const { clock, random, userAgent, metrics, gate } = options;
  const transport = new Transport(connection, clock);
  const sender = new Sender({
    transport,
    bucket: new TokenBucket(options),
    clock,
    random,
    userAgent,
    host: new URL(connection.server).host,
    metrics: metrics && clientMetrics(metrics),
    onAnswer: options.onAnswer,
    onWarning: options.onWarning,
  });
  const timeouts = options.timeouts ?? defaultTimeouts;
  const { impersonate } = connection;
  const client = new HttpKubeClient({
    sender,
    timeouts,
    discovery: new Discovery(async (path) => {
      const { text } = await sender.send({ method: 'GET', path, timeoutMs: timeouts.readMs });
      return parseJson(text, path) as { resources: [] };
    }, clock),
    headers: impersonate ? impersonationHeaders(impersonate) : {},
  });
  const close = (): Promise<void> => transport.close();
  async function* lines(path: string, signal: AbortSignal): AsyncGenerator<string> {
    const accept = 'text/plain, application/json';
    const answer = await sender.open({ method: 'GET', path, accept, signal, timeoutMs: timeouts.listMs, silenceMs: 0 });
    try {
      yield* createInterface({ input: Readable.from(answer.body), crlfDelay: Infinity });
    } catch (error) {
      throw signal.aborted ? signal.reason : translate(error, path);
    } finally {
      answer.close();
    }
  }
  return Object.assign(gate ? gated(client, gate) : client, { close, lines });
}

interface Core {
  readonly sender: Sender;
  readonly timeouts: Timeouts;
  readonly discovery: Discovery;
  readonly headers: Readonly<Record<string, string | string[]>>;
}

function impersonationHeaders(user: ActingUser): Record<string, string | string[]> {
  const groups = user.groups ?? [];
  const extra = Object.entries(user.extra ?? {}).map(([key, value]) => [
    `impersonate-extra-${encodeURIComponent(key)}`,
    value,
  ]);
  return {
    'impersonate-user': user.username,
    ...(groups.length > 0 && { 'impersonate-group': [...groups] }),
    ...(Object.fromEntries(extra) as Record<string, string>),
  };
}

class HttpKubeClient implements KubeClient {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  get<T extends KubeObject>(resource: Resource, target: Named, options: RequestOptions = {}): Promise<T> {
    const path = objectPath(resource, target, options.subresource);
    return this.#json<T>({ method: 'GET', path, timeoutMs: this.#core.timeouts.readMs, signal: options.signal });
  }

  async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<KubeList<T>> {
    if (options.limit !== undefined || options.continue !== undefined) return this.#page<T>(resource, options);
    try {
      return await this.#pages<T>(resource, options);
    } catch (error) {
      if (!isGone(error)) throw error;
      // the snapshot behind the continue token was compacted away: take everything in one answer
      return this.#page<T>(resource, options);
    }
  }

  async *watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    const { signal, resourceVersion, allowWatchBookmarks, timeoutSeconds, metadataOnly } = options;
    const query = { watch: true, ...selectionQuery(options), resourceVersion, allowWatchBookmarks, timeoutSeconds };
    const path = withQuery(collectionPath(resource, options.namespace), query);
    const accept = metadataOnly ? partialObject('PartialObjectMetadata') : undefined;
    const call: Call = { method: 'GET', path, accept, signal, timeoutMs: this.#core.timeouts.listMs };
    const answer = await this.#core.sender.open({ ...call, headers: this.#core.headers });
    try {
      for await (const line of linesOf(answer.body)) {
        const event = parseJson(
          metadataOnly ? cutManagedFields(line) : line,
          `watch of ${resource.plural}`,
        ) as WatchEvent<T>;
        yield event.type === 'ERROR' ? event : { ...event, object: completed(resource, event.object, metadataOnly) };
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : translate(error, `watch of ${resource.plural}`);
    } finally {
      answer.close();
    }
  }

  create<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name } = object.metadata;
    const path = options.subresource
      ? objectPath(resource, { namespace, name: name ?? '' }, options.subresource)
      : collectionPath(resource, requiredNamespace(resource, namespace, name ?? object.metadata.generateName ?? ''));
    return this.#write<T>('POST', path, object, options);
  }

  update<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#write<T>('PUT', pathOf(resource, object, options), object, options);
  }

  patch<T extends KubeObject>(
    resource: Resource,
    target: Named,
    patch: { readonly type: PatchType; readonly body: Json },
    options: WriteOptions = {},
  ): Promise<T> {
    const path = objectPath(resource, target, options.subresource);
    return this.#write<T>('PATCH', path, patch.body, { ...options, contentType: patchContentTypes[patch.type] });
  }

  apply<T extends KubeObject>(resource: Resource, object: T, options: ApplyOptions): Promise<T> {
    const path = withQuery(pathOf(resource, object, options), { force: options.force });
    return this.#write<T>('PATCH', path, object, { ...options, contentType: 'application/apply-patch+yaml' });
  }

  delete(resource: Resource, target: Named, options: DeleteOptions = {}): Promise<KubeObject | Status> {
    const path = objectPath(resource, target, options.subresource);
    return this.#write<KubeObject | Status>('DELETE', path, deleteBody(options), options);
  }

  async deleteCollection(resource: Resource, options: Selection & DeleteOptions = {}): Promise<void> {
    const path = withQuery(collectionPath(resource, options.namespace), selectionQuery(options));
    await this.#write('DELETE', path, deleteBody(options), options);
  }

  raw<T>(method: Method, path: string, body?: unknown, options: RawOptions = {}): Promise<T> {
    const { readMs, writeMs } = this.#core.timeouts;
    const timeoutMs = method === 'GET' ? readMs : writeMs;
    return this.#json<T>({ method, path, body, timeoutMs, ...options });
  }

  resourceFor(apiVersion: string, kind: string): Promise<Resource> {
    return this.#core.discovery.resourceFor(apiVersion, kind);
  }

  impersonate(user: ActingUser): KubeClient {
    return new HttpKubeClient({ ...this.#core, headers: impersonationHeaders(user) });
  }

  async #pages<T extends KubeObject>(resource: Resource, options: ListOptions): Promise<KubeList<T>> {
    const items: T[] = [];
    let page = await this.#page<T>(resource, { ...options, limit: pageSize });
    for (;;) {
      items.push(...(options.keep ? page.items.filter(options.keep) : page.items));
      const next = page.metadata.continue;
      if (!next) return { ...page, items };
      // a continue token carries its own snapshot; a resourceVersion beside it is refused
      page = await this.#page<T>(resource, { ...options, limit: pageSize, continue: next, resourceVersion: undefined });
    }
  }

  async #page<T extends KubeObject>(resource: Resource, options: ListOptions): Promise<KubeList<T>> {
    const { limit, continue: token, resourceVersion, metadataOnly, signal } = options;
    const query = { ...selectionQuery(options), limit, continue: token, resourceVersion };
    const path = withQuery(collectionPath(resource, options.namespace), query);
    const accept = metadataOnly ? partialObject('PartialObjectMetadataList') : undefined;
    const call: Call = { method: 'GET', path, accept, signal, timeoutMs: this.#core.timeouts.listMs };
    const page = await this.#json<KubeList<T>>(call);
    const items = (page.items as readonly T[] | null) ?? [];
    return { ...page, items: items.map((item) => completed(resource, item, metadataOnly)) };
  }

  #write<T>(method: Method, path: string, body: unknown, options: WriteOptions & RawOptions): Promise<T> {
    const { fieldManager, dryRun, signal, gate, contentType } = options;
    const query = { fieldManager, dryRun: dryRun ? 'All' : undefined };
    const timeoutMs = this.#core.timeouts.writeMs;
    return this.#json<T>({ method, path: withQuery(path, query), body, contentType, signal, gate, timeoutMs });
  }

  async #json<T>(call: Call): Promise<T> {
    const { text } = await this.#core.sender.send({ ...call, headers: this.#core.headers });
    return (text === '' ? {} : parseJson(text, `${call.method} ${call.path}`)) as T;
  }
}

function pathOf(resource: Resource, object: KubeObject, options: RequestOptions): string {
  const { namespace, name } = object.metadata;
  return objectPath(resource, { namespace, name: name ?? '' }, options.subresource);
}

function deleteBody({ propagationPolicy, preconditions, gracePeriodSeconds }: DeleteOptions): object {
  return { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, preconditions, gracePeriodSeconds };
}

/** Items of typed lists come without their kind, those of metadata requests with another one: gives them their own. */
function completed<T extends KubeObject>(resource: Resource, object: T, metadataOnly = false): T {
  const [apiVersion, kind] = [apiVersionOf(resource), resource.kind];
  if (metadataOnly) {
    const { managedFields: _, ...metadata } = object.metadata;
    return { apiVersion, kind, metadata } as T;
  }
  return object.apiVersion === apiVersion && object.kind === kind ? object : { ...object, apiVersion, kind };
}
