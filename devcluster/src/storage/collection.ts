import type { Index } from './collection-index.ts';
import { ControllerIndex } from './controller-index.ts';
import { History } from './history.ts';
import type { Change, HistoryOptions } from './history.ts';
import { byKey, Sorted } from './sorted.ts';
import type { Stored } from './stored.ts';
import { ValueIndex } from './value-index.ts';

/** What an object is to have among its labels. */
export interface LabelPair {
  readonly key: string;
  readonly value: string;
}

/** Of how many labels there may be an index. */
const mostLabels = 8;
/** An index gives unordered what a scan gives ordered, so it is of use for less than this part of a collection only. */
const worthIndexing = 8;

export type ChangeHandler = (change: Change) => void;

/** The objects of one kind, in the order of their keys, with their latest changes and watchers. */
export class Collection {
  /** Such as `apps/deployments`, or `/pods` for the core group. */
  readonly id: string;
  readonly history: History;
  readonly handlers = new Set<ChangeHandler>();
  readonly #byKey = new Map<string, Stored>();
  readonly #sorted = new Sorted<Stored>();
  readonly #indexes = new Map<new () => Index, Index>();
  /** By the label that they are about. */
  readonly #labelIndexes = new Map<string, ValueIndex>();
  #latest = 0;

  constructor(id: string, floor: number, options: HistoryOptions) {
    this.id = id;
    this.history = new History(floor, options);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The number of the latest change, so that what was made from all objects can be kept until there is another. */
  get latest(): number {
    return this.#latest;
  }

  get(key: string): Stored | undefined {
    return this.#byKey.get(key);
  }

  /** All objects with a key that begins with the prefix, ordered by key; the result is a snapshot. */
  scan(prefix: string): readonly Stored[] {
    return this.#sorted.scan(prefix);
  }

  /** The objects that the object with the given uid controls, or that have no controller where it is '', ordered by key. */
  controlledBy(uid: string): readonly Stored[] {
    return this.index(ControllerIndex).get(uid);
  }

  /**
   * What has all of these labels and maybe more, ordered by key; undefined where a full scan is as good.
   * An index of a label exists from the first time it is asked for.
   */
  labelled(wanted: readonly LabelPair[]): readonly Stored[] | undefined {
    const found = wanted.flatMap(({ key, value }) => {
      const index = this.#labelIndex(key);
      return index ? [{ index, value, count: index.count(value) }] : [];
    });
    const [best] = found.sort((a, b) => a.count - b.count);
    return best && best.count * worthIndexing <= this.size ? best.index.get(best.value) : undefined;
  }

  #labelIndex(label: string): ValueIndex | undefined {
    const known = this.#labelIndexes.get(label);
    if (known) return known;
    if (this.#labelIndexes.size >= mostLabels) return undefined;
    const made = new ValueIndex(({ object }) => object.metadata.labels?.[label]);
    for (const stored of this.#byKey.values()) made.set(stored, undefined);
    this.#labelIndexes.set(label, made);
    return made;
  }

  /** An index of everything, which exists from the first time it is asked for. */
  index<T extends Index>(type: new () => T): T {
    const known = this.#indexes.get(type);
    if (known instanceof type) return known;
    const made = new type();
    for (const stored of this.#byKey.values()) made.set(stored, undefined);
    this.#indexes.set(type, made);
    return made;
  }

  /** The same as it was after the given revision; undefined when that is forgotten. */
  scanAt(prefix: string, revision: number): readonly Stored[] | undefined {
    const changes = this.history.after(revision);
    if (changes === undefined) return undefined;
    const now = this.scan(prefix);
    const past = new Map<string, Stored | undefined>();
    for (const { stored, previous } of changes) {
      if (stored.key.startsWith(prefix) && !past.has(stored.key)) past.set(stored.key, previous);
    }
    if (past.size === 0) return now;
    const kept = now.filter((stored) => !past.has(stored.key));
    for (const stored of past.values()) if (stored !== undefined) kept.push(stored);
    return kept.sort(byKey);
  }

  /** Takes over objects that were read from disk. */
  restore(objects: readonly Stored[]): void {
    for (const stored of objects) this.#byKey.set(stored.key, stored);
    this.#sorted.reset([...this.#byKey.values()]);
  }

  apply(change: Change): void {
    const { key } = change.stored;
    const indexes = [...this.#indexes.values(), ...this.#labelIndexes.values()];
    // the past is hardly ever read again
    change.previous?.forgetJson();
    if (change.type === 'DELETED') {
      this.#byKey.delete(key);
      this.#sorted.delete(key);
      for (const index of indexes) index.delete(change.previous ?? change.stored);
    } else {
      this.#byKey.set(key, change.stored);
      this.#sorted.set(change.stored);
      for (const index of indexes) index.set(change.stored, change.previous);
    }
    this.#latest = change.revision;
    this.history.append(change);
  }
}
