import { ApiError, isGone } from '../apis/api-error.ts';
import type { KubeClient, Selection, WatchEvent } from '../apis/kube-client.ts';
import type { KubeList, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { Backoff } from '../../machinery/src/clock/backoff.ts';
import type { Clock, Random } from '../../machinery/src/clock/clock.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import { compareVersions } from './resource-version.ts';

/** Receives the objects of the API server, as a whole or one change after the other. */
export interface Sink<T extends KubeObject> {
  /** All there is now. When the server's history went back, equal resourceVersions do not mean equal objects. */
  replaced(objects: readonly T[], historyWentBack: boolean): void;
  changed(object: T): void;
  removed(object: T): void;
  /** Whether an object of a page agrees with the objects received before, as of the given resourceVersion. */
  agrees(object: T, position: string): boolean;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly resource: Resource;
  /** Asked whenever something is listed or a watch begins. */
  readonly selection: () => Selection;
  readonly metadataOnly: boolean;
  /** Whether the watch delivers metadata alone, too; as the lists when absent. */
  readonly watchesMetadata?: boolean | undefined;
  /** The selection of a list; everything when absent. */
  readonly keep?: ((object: KubeObject) => boolean) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly sink: Sink<T>;
}

const backoff = { baseMs: 500, maxMs: 30_000 };
const pageSize = 500;
const minWatchSeconds = 300;
/** Changes of the selection come in bursts. */
const reselectMs = 100;

/** The server's history does not contain the received state: it was restarted from an older one. */
class HistoryWentBack extends Error {
  override readonly name = 'HistoryWentBack';
}

/**
 * Keeps a sink equal to the state of the API server: lists once, then watches from there.
 *
 * A watch that ends in its time is continued from where it was. One that broke off is continued too, but first a page
 * is read to see that the server is still the one it was; a server that forgot (410), or that came back with an older
 * or another history, is listed again. Not noticed: a server of more than a page of objects that was restored from a
 * backup and, before the watch is continued, written to as often as it had been before.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  /** How far the sink has followed; undefined when it must be replaced as a whole. */
  #position: string | undefined;
  /** The highest resourceVersion ever seen of the present history. */
  #seen: string | undefined;
  #suspicious = false;
  #watching = new AbortController();

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backoff = new Backoff(backoff, options.random);
  }

  /** Returns when the signal aborts; failures are logged and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      try {
        await this.#follow(signal);
        if (!this.#suspicious) continue;
      } catch (error) {
        if (stopped()) return;
        this.#judge(error);
      }
      await clock.sleep(this.#backoff.next(), signal).catch(() => undefined);
    }
  }

  /**
   * Ends the watch, to begin one with the present selection. Nothing is received from now until then, and the new watch
   * begins where the old one ended: for objects selected in addition, it reports all changes after this call.
   */
  reselect(): void {
    this.#watching.abort();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    if (this.#position === undefined) await this.#relist(signal);
    else if (this.#suspicious) await this.#compare(this.#position, signal);
    this.#suspicious = false;
    const own = new AbortController();
    this.#watching = own;
    try {
      await this.#watch(AbortSignal.any([signal, own.signal]));
    } catch (error) {
      if (!own.signal.aborted || signal.aborted) throw error;
    }
    if (own.signal.aborted) await this.#options.clock.sleep(reselectMs, signal);
  }

  #judge(error: unknown): void {
    const { logger, resource } = this.#options;
    const mustList = isGone(error) || isTooLarge(error) || error instanceof HistoryWentBack;
    if (mustList) this.#position = undefined;
    else this.#suspicious = true;
    const refused = error instanceof ApiError && !mustList;
    logger[refused ? 'warn' : 'debug']({ err: error, kind: resource.kind }, 'watch failed, retrying');
  }

  async #relist(signal: AbortSignal): Promise<void> {
    const { client, resource, selection, metadataOnly, keep } = this.#options;
    this.#accept(await client.list<T>(resource, { ...selection(), metadataOnly, keep, signal }));
  }

  /** Reads one page after a broken connection. If that is everything, it replaces; if not, it must agree with the sink. */
  async #compare(position: string, signal: AbortSignal): Promise<void> {
    const { client, resource, selection, metadataOnly, sink } = this.#options;
    const page = await client.list<T>(resource, { ...selection(), metadataOnly, limit: pageSize, signal });
    if (!page.metadata.continue) {
      this.#accept(page);
      return;
    }
    const older = (compareVersions(page.metadata.resourceVersion, position) ?? 0) < 0;
    if (older || !page.items.every((item) => sink.agrees(item, position))) await this.#relist(signal);
  }

  #accept(list: KubeList<T>): void {
    const { resourceVersion } = list.metadata;
    const wentBack = (compareVersions(resourceVersion, this.#seen) ?? 0) < 0;
    this.#options.sink.replaced(list.items, wentBack);
    this.#position = resourceVersion;
    this.#seen = resourceVersion;
    this.#backoff.reset();
  }

  /** Follows one watch to its end; marks it as suspicious when that came before its time. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { client, resource, selection, clock, random } = this.#options;
    const metadataOnly = this.#options.watchesMetadata ?? this.#options.metadataOnly;
    const timeoutSeconds = Math.round(minWatchSeconds * (1 + random()));
    const startedAt = clock.monotonic();
    const from = { resourceVersion: this.#position, allowWatchBookmarks: true, timeoutSeconds };
    for await (const event of client.watch<T>(resource, { ...selection(), metadataOnly, ...from, signal })) {
      if (signal.aborted) return;
      this.#take(event);
      this.#backoff.reset();
    }
    if (!signal.aborted) this.#suspicious = clock.monotonic() - startedAt < timeoutSeconds * 900;
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === 'ERROR') throw new ApiError(event.object);
    const { sink } = this.#options;
    const version = event.object.metadata.resourceVersion;
    if ((compareVersions(version, this.#position) ?? 0) < 0)
      throw new HistoryWentBack(`resourceVersion ${version ?? ''} came after ${this.#position ?? ''}`);
    if (event.type === 'DELETED') sink.removed(event.object);
    else if (event.type !== 'BOOKMARK') sink.changed(event.object);
    if (version === undefined) return;
    this.#position = version;
    this.#seen = version;
  }
}

function isTooLarge(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const causes = error.status.details?.causes ?? [];
  return causes.some(({ reason }) => reason === 'ResourceVersionTooLarge');
}
