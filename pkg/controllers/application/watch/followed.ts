import { keyOf } from '../../../apis/meta.ts';
import type { KubeObject } from '../../../apis/meta.ts';
import type { Sink } from '../../../informer/reflector.ts';
import { compareVersions } from '../../../informer/resource-version.ts';

/** Hears what happens to the objects that are followed. */
export interface Listener {
  changed(app: string, object: KubeObject): void;
  gone(app: string): void;
}

interface Entry {
  /** The Applications for which the object is followed; several may share it. */
  readonly apps: Set<string>;
  /** What was seen with another ticket counts no more. */
  readonly ticket: number;
  /** The newest state that a watch has shown; undefined while it has shown none. */
  version: string | undefined;
  /** The shard by whose label a watch finds the object; undefined until it was seen. */
  writer: string | undefined;
}

/**
 * The objects of one kind that this process has delivered, as a watch of all of them tells. It remembers their versions
 * and nothing of the objects of others, so that its size does not grow with what other shards deliver.
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

  /** Notes who wrote an object that is followed. */
  wrote(key: string, writer: string): void {
    const entry = this.#entries.get(key);
    if (entry) entry.writer = writer;
  }

  /** Whoever wrote what is followed. */
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

  drop(app: string): void {
    for (const key of this.#keysOf.get(app) ?? []) {
      const apps = this.#entries.get(key)?.apps;
      apps?.delete(app);
      if (apps?.size === 0) this.#entries.delete(key);
    }
    this.#keysOf.delete(app);
  }

  /**
   * Those that were listed are known again; of the others, and of another history, nothing that was seen counts. That
   * holds for the first list, too: what was looked at before it may have gone since.
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
    const entry = this.#entries.get(keyOf(object));
    if (entry) this.#changed(entry, object);
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

  /** It is gone, or nobody knows: who looks at it again gets a new ticket. */
  #lost(key: string, { apps }: Entry): void {
    this.#entries.delete(key);
    for (const app of apps) {
      this.#keysOf.get(app)?.delete(key);
      this.#listener.gone(app);
    }
  }
}
