import type { ServerResponse } from 'node:http';
import { apiVersionOf } from '../../../machinery/src/meta.ts';
import type { Clock } from '../../../machinery/src/clock/clock.ts';
import type { Change } from '../storage/history.ts';
import { Stored } from '../storage/stored.ts';
import type { Core } from './core.ts';
import { expired, versionTooLarge } from '../contract/errors.ts';
import { isSelected, metadataJson, prefixOf } from './list.ts';
import type { Selection } from './list.ts';
import type { ListQuery } from './query.ts';
import type { StatusError } from '../contract/status-error.ts';
import type { ServedResource, View } from './served-resource.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** How the objects of a stream are written. */
export interface EventFormat {
  /** Streams with the same key share the text of an event; undefined when the text depends on the stream. */
  readonly key: string | undefined;
  json(view: View, resource: ServedResource): string;
}

/** What a watcher of a selection sees of a change; undefined when it sees nothing. */
export function eventOf(selection: Selection, change: Change): { type: EventType; stored: Stored } | undefined {
  const isGone = change.type === 'DELETED';
  const isNow = !isGone && isSelected(selection, change.stored);
  const wasBefore = change.previous !== undefined && isSelected(selection, change.previous);
  if (isNow) return { type: wasBefore ? 'MODIFIED' : 'ADDED', stored: change.stored };
  if (!wasBefore) return undefined;
  return { type: 'DELETED', stored: isGone ? change.stored : departed(change, change.previous) };
}

const departures = new WeakMap<Change, Stored>();

/** The last state that was selected, numbered as the write that ended it. */
function departed(change: Change, previous: Stored): Stored {
  let stored = departures.get(change);
  if (stored === undefined) {
    const metadata = { ...previous.object.metadata, resourceVersion: String(change.revision) };
    stored = new Stored(previous.key, change.revision, { ...previous.object, metadata });
    departures.set(change, stored);
  }
  return stored;
}

const frames = new WeakMap<Stored, Map<string, Buffer>>();

function frame(type: string, stored: Stored, selection: Selection, format: EventFormat): Buffer {
  const make = (): Buffer =>
    Buffer.from(`{"type":"${type}","object":${format.json(selection.resource.view(stored), selection.resource)}}\n`);
  if (format.key === undefined) return make();
  let known = frames.get(stored);
  if (known === undefined) frames.set(stored, (known = new Map<string, Buffer>()));
  const key = `${type} ${selection.resource.version} ${format.key}`;
  let made = known.get(key);
  if (made === undefined) known.set(key, (made = make()));
  return made;
}

export const wholeObjects: EventFormat = { key: 'object', json: (view) => view.json };
export const metadataOnly: EventFormat = { key: 'metadata', json: metadataJson };

const bookmarkEveryMs = 60_000;
/** A client that lets this much pile up is cut off; it may resume from the last event it has read. */
const maxBufferedBytes = 32 * 1024 * 1024;

/** One watch over HTTP, from its head to its end. */
export class WatchStream {
  readonly #core: Core;
  #selection: Selection;
  readonly #query: ListQuery;
  readonly #format: EventFormat;
  readonly #response: ServerResponse;
  readonly #prefix: string;
  #seen = 0;
  readonly #unsent: Buffer[] = [];
  #maxBufferedBytes: number | undefined;

  constructor(
    core: Core,
    selection: Selection,
    query: ListQuery,
    to: { format: EventFormat; response: ServerResponse },
  ) {
    this.#core = core;
    this.#selection = selection;
    this.#query = query;
    this.#format = to.format;
    this.#response = to.response;
    this.#prefix = prefixOf(selection);
  }

  /** Resolves when the stream has ended: by its timeout, by the client, by the signal or because the past is forgotten. */
  async run(contentType: string, signal: AbortSignal): Promise<void> {
    const { collection } = this.#selection.resource;
    const { store } = this.#core;
    const held: Change[] = [];
    let isLive = false;
    const handler = (change: Change): void => {
      if (isLive) this.#deliver(change);
      else held.push(change);
    };
    const start = this.#start();
    collection.handlers.add(handler);
    try {
      await store.durable(start.revision);
      this.#response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-cache, private' });
      this.#response.flushHeaders();
      if (start.error !== undefined) {
        this.#write(Buffer.from(`{"type":"ERROR","object":${JSON.stringify(start.error.status)}}\n`));
        return;
      }
      this.#begin(start);
      isLive = true;
      for (const change of held) this.#deliver(change);
      await this.#untilEnd(signal);
    } finally {
      collection.handlers.delete(handler);
      this.#flush();
      if (!this.#response.writableEnded) this.#response.end();
    }
  }

  #start(): { revision: number; initial: readonly Stored[]; replay: readonly Change[]; error?: StatusError } {
    const { resourceVersion, sendInitialEvents } = this.#query;
    const { collection } = this.#selection.resource;
    const { revision } = this.#core.store;
    const asked = Number(resourceVersion ?? '0');
    if (asked > revision) throw versionTooLarge(resourceVersion ?? '', revision);
    if (sendInitialEvents === true || (asked === 0 && sendInitialEvents !== false)) {
      const initial = collection.scan(this.#prefix).filter((stored) => isSelected(this.#selection, stored));
      return { revision, initial, replay: [] };
    }
    if (asked === 0) return { revision, initial: [], replay: [] };
    const replay = collection.history.after(asked);
    if (replay !== undefined) return { revision, initial: [], replay };
    const { floor } = collection.history;
    const error = expired(`too old resource version: ${asked} (${floor + 1})`);
    return { revision, initial: [], replay: [], error };
  }

  #begin(start: { revision: number; initial: readonly Stored[]; replay: readonly Change[] }): void {
    for (const stored of start.initial) this.#write(frame('ADDED', stored, this.#selection, this.#format));
    for (const change of start.replay) this.#deliver(change);
    this.#seen = start.revision;
    if (this.#query.sendInitialEvents === true && this.#query.allowsBookmarks) this.#bookmark(true);
  }

  #deliver(change: Change): void {
    if (change.revision <= this.#seen) return;
    this.#seen = change.revision;
    if (!change.stored.key.startsWith(this.#prefix)) return;
    const event = eventOf(this.#selection, change);
    if (event !== undefined) this.#write(frame(event.type, event.stored, this.#selection, this.#format));
  }

  #bookmark(isInitialEnd: boolean): void {
    const { resource } = this.#selection;
    const annotations = isInitialEnd ? { 'k8s.io/initial-events-end': 'true' } : undefined;
    const metadata = { resourceVersion: String(this.#position()), annotations };
    const object =
      this.#format === metadataOnly
        ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
        : { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata };
    this.#write(Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`));
  }

  /** Everything up to here has been sent: nothing of this collection is waiting to become durable. */
  #position(): number {
    return Math.max(this.#seen, this.#core.store.durableRevision);
  }

  /** Sends all that happens in one turn of the event loop as one piece: each costs more to send than to make. */
  #write(data: Buffer): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    if (this.#unsent.length === 0) setImmediate(this.#flush);
    this.#unsent.push(data);
  }

  readonly #flush = (): void => {
    const unsent = this.#unsent.splice(0);
    const [first] = unsent;
    if (first === undefined || this.#response.destroyed || this.#response.writableEnded) return;
    const piece = unsent.length === 1 ? first : Buffer.concat(unsent);
    // The first piece holds what there is at the start, however large that may be.
    this.#maxBufferedBytes ??= maxBufferedBytes + piece.length;
    this.#response.write(piece);
    if (this.#response.writableLength > this.#maxBufferedBytes) this.#response.destroy();
  };

  /** Takes the kind as it is defined now; false when it is served no more. */
  #refresh(): boolean {
    const { group, version, plural } = this.#selection.resource;
    const resource = this.#core.resources.find(group, version, plural);
    if (resource === undefined) return false;
    this.#selection = { ...this.#selection, resource };
    return true;
  }

  async #untilEnd(signal: AbortSignal): Promise<void> {
    const seconds = this.#query.timeoutSeconds;
    const limitMs = seconds !== undefined && seconds > 0 ? seconds * 1000 : defaultLimitMs(this.#core);
    const ended = new AbortController();
    const end = (): void => {
      ended.abort();
    };
    this.#response.once('close', end);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    this.#core.resources.onChange(() => {
      if (!this.#refresh()) end();
    }, ended.signal);
    const { clock } = this.#core;
    const deadline = clock.monotonic() + limitMs;
    const isOver = (): boolean => ended.signal.aborted || clock.monotonic() >= deadline;
    while (!isOver()) {
      const left = deadline - clock.monotonic();
      // The last bookmark goes out shortly before the end, so that the client can resume from it.
      const wait = Math.min(bookmarkEveryMs, Math.max(0, left > 2000 ? left - 2000 : left));
      await sleepUntil(clock, wait, ended.signal);
      if (isOver()) break;
      if (this.#query.allowsBookmarks) this.#bookmark(false);
    }
    signal.removeEventListener('abort', end);
  }
}

const shortestDefaultMs = 30 * 60_000;

function defaultLimitMs({ random }: Core): number {
  return shortestDefaultMs * (1 + random());
}

async function sleepUntil(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
