import { History } from './history.ts';
import type { Change } from './history.ts';
import type { Stored } from './stored.ts';

export type ChangeHandler = (change: Change) => void;

/** The objects of one kind, in the order of their keys, with their latest changes and those who follow them. */
export class Collection {
  /** Such as `apps/deployments`, or `/pods` for the core group. */
  readonly id: string;
  readonly history: History;
  readonly handlers = new Set<ChangeHandler>();
  readonly #byKey = new Map<string, Stored>();
  #sorted: Stored[] = [];

  constructor(id: string, floor: number, historyLimit: number) {
    this.id = id;
    this.history = new History(floor, historyLimit);
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): Stored | undefined {
    return this.#byKey.get(key);
  }

  /** Everything whose key begins with the prefix, ordered by key; the result is a snapshot. */
  scan(prefix: string): readonly Stored[] {
    if (prefix === '') return this.#sorted.slice();
    const from = this.#position(prefix);
    let to = from;
    while (this.#sorted[to]?.key.startsWith(prefix)) to += 1;
    return this.#sorted.slice(from, to);
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
    this.#sorted = [...this.#byKey.values()].sort(byKey);
  }

  apply(change: Change): void {
    const { key } = change.stored;
    const at = this.#position(key);
    if (change.type === 'DELETED') {
      this.#byKey.delete(key);
      this.#sorted.splice(at, 1);
    } else {
      this.#byKey.set(key, change.stored);
      this.#sorted.splice(at, change.previous === undefined ? 0 : 1, change.stored);
    }
    this.history.append(change);
  }

  /** The index of the first object whose key is not before the given one. */
  #position(key: string): number {
    const last = this.#sorted.at(-1);
    if (last === undefined || last.key < key) return this.#sorted.length;
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle]?.key ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function byKey(a: Stored, b: Stored): number {
  if (a.key === b.key) return 0;
  return a.key < b.key ? -1 : 1;
}
