import { keyOf } from '../../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import type { Sink } from '../../../informer/reflector.ts';
import { compareVersions } from '../../../informer/resource-version.ts';

/** Receives the events of followed objects. */
export interface Listener {
  /** The watch delivered a state of a followed object. */
  received?(key: string, object: KubeObject): void;
  /** The state of a followed object is unknown, or it is gone. */
  lost?(key: string): void;
  changed(app: string, object: KubeObject): void;
  gone(app: string): void;
}

interface Entry {
  /** The Applications for which the object is followed; several may share it. */
  readonly apps: Set<string>;
  /** A state that was read with another ticket is not valid any more. */
  readonly ticket: number;
  /** The newest version that the watch delivered; undefined before the first. */
  version: string | undefined;
  /** The shard in the label of the object, by which a watch selects it; undefined until the object was read. */
  writer: string | undefined;
}

/**
 * The objects of one kind that this process has delivered, with the versions that a watch showed. It stores nothing about
 * other objects, so that its size does not grow with the deliveries of other shards.
 */
export class Followed implements Sink<KubeObject> {
  readonly #listener: Listener;
  readonly #newTicket: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #keysOf = new Map<string, Set<string>>();
  #synced = false;

  constructor(listener: Listener, newTicket: () => number) {
    this.#listener = listener;
    this.#newTicket = newTicket;
  }

  has(object: KubeObject): boolean {
    return this.#entries.has(keyOf(object));
  }

  get size(): number {
    return this.#entries.size;
  }

  expect(key: string, app: string): number {
    const entry = this.#entries.get(key) ?? {
      apps: new Set(),
      ticket: this.#newTicket(),
      version: undefined,
      writer: undefined,
    };
    entry.apps.add(app);
    this.#entries.set(key, entry);
    this.#keysOf.set(app, (this.#keysOf.get(app) ?? new Set<string>()).add(key));
    return entry.ticket;
  }

  /** Records the shard that applied a followed object. */
  wrote(key: string, writer: string): void {
    const entry = this.#entries.get(key);
    if (entry) entry.writer = writer;
  }

  /** The shards that applied followed objects. */
  writers(): ReadonlySet<string> {
    const writers = new Set<string>();
    for (const { writer } of this.#entries.values()) if (writer !== undefined) writers.add(writer);
    return writers;
  }

  isCurrent(key: string, seen: { readonly ticket: number; readonly resourceVersion: string }): boolean {
    const entry = this.#entries.get(key);
    if (!this.#synced || entry?.ticket !== seen.ticket) return false;
    return entry.version === undefined || (compareVersions(entry.version, seen.resourceVersion) ?? 1) <= 0;
  }

  /** The keys of the objects that are followed for an Application. */
  keysOf(app: string): Iterable<string> {
    return this.#keysOf.get(app) ?? [];
  }

  drop(app: string): void {
    for (const key of this.#keysOf.get(app) ?? []) {
      const apps = this.#entries.get(key)?.apps;
      apps?.delete(app);
      if (apps?.size === 0) this.#entries.delete(key);
    }
    this.#keysOf.delete(app);
  }

  /**
   * Objects in the list keep their entries; the others, and all of another history, are lost. That holds for the first
   * list, too: an object that was read before it may be deleted since.
   */
  replaced(objects: readonly KubeObject[], historyWentBack: boolean): void {
    const listed = new Map(historyWentBack ? [] : objects.map((object) => [keyOf(object), object]));
    this.#synced = true;
    for (const [key, entry] of [...this.#entries]) {
      const object = listed.get(key);
      if (object) this.#changed(entry, object);
      else this.#lost(key, entry);
    }
  }

  changed(object: KubeObject): void {
    const key = keyOf(object);
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#listener.received?.(key, object);
    this.#changed(entry, object);
  }

  removed(object: KubeObject): void {
    const entry = this.#entries.get(keyOf(object));
    if (entry) this.#lost(keyOf(object), entry);
  }

  agrees(object: KubeObject, position: string): boolean {
    const version = this.#entries.get(keyOf(object))?.version;
    const { resourceVersion } = object.metadata;
    const isNewer = (compareVersions(resourceVersion, position) ?? 1) > 0;
    return version === undefined || isNewer || version === resourceVersion;
  }

  #changed(entry: Entry, object: KubeObject): void {
    const { resourceVersion = '' } = object.metadata;
    if ((compareVersions(resourceVersion, entry.version) ?? 1) < 0) return;
    entry.version = resourceVersion;
    for (const app of entry.apps) this.#listener.changed(app, object);
  }

  /** The object is gone, or its state is unknown: the next read gets a new ticket. */
  #lost(key: string, { apps }: Entry): void {
    this.#entries.delete(key);
    this.#listener.lost?.(key);
    for (const app of apps) {
      this.#keysOf.get(app)?.delete(key);
      this.#listener.gone(app);
    }
  }
}
