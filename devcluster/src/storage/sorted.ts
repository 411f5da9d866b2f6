/** Large enough to keep the list of chunks short, small enough to be shifted quickly. */
const fullChunk = 512;

interface Keyed {
  readonly key: string;
}

/** Items in the order of their keys. An insertion shifts a few hundred of them, however many there are. */
export class Sorted<T extends Keyed> {
  /** None is empty. */
  #chunks: T[][] = [];

  /** Replaces everything by the given items. */
  reset(items: readonly T[]): void {
    const sorted = [...items].sort(byKey);
    this.#chunks = [];
    for (let i = 0; i < sorted.length; i += fullChunk) this.#chunks.push(sorted.slice(i, i + fullChunk));
  }

  /** Adds an item, in the place of the one with the same key if there is one. */
  set(item: T): void {
    const index = this.#chunkFor(item.key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) {
      this.#chunks.push([item]);
      return;
    }
    const at = position(chunk, item.key);
    if (chunk[at]?.key === item.key) {
      chunk[at] = item;
      return;
    }
    chunk.splice(at, 0, item);
    if (chunk.length > fullChunk * 2) this.#chunks.splice(index + 1, 0, chunk.splice(fullChunk));
  }

  delete(key: string): void {
    const index = this.#chunkFor(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return;
    const at = position(chunk, key);
    if (chunk[at]?.key !== key) return;
    chunk.splice(at, 1);
    if (chunk.length === 0) this.#chunks.splice(index, 1);
  }

  /** A copy of all items with a key that begins with the prefix. */
  scan(prefix: string): T[] {
    if (prefix === '') return this.#chunks.flat();
    const found: T[] = [];
    for (let index = this.#chunkFor(prefix); ; index++) {
      const chunk = this.#chunks[index];
      if (chunk === undefined) return found;
      for (let at = position(chunk, prefix); at < chunk.length; at++) {
        const item = chunk[at];
        if (item?.key.startsWith(prefix) !== true) return found;
        found.push(item);
      }
    }
  }

  /** The first chunk with a last key not before the given one; the last chunk when there is none. */
  #chunkFor(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.at(-1)?.key ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return Math.max(low, 0);
  }
}

/** The index of the first item with a key not before the given one. */
function position(items: readonly Keyed[], key: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle]?.key ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function byKey(a: Keyed, b: Keyed): number {
  if (a.key === b.key) return 0;
  return a.key < b.key ? -1 : 1;
}
