import type { Clock } from '../clock/clock.ts';

interface Entry {
  readonly key: string;
  readonly at: number;
}

/** Keys that become due later; of several times for one key the earliest counts. */
export class DelayedKeys {
  readonly #clock: Clock;
  readonly #due: (key: string) => void;
  readonly #times = new Map<string, number>();
  /** A binary heap by time; an entry with another time than its key is stale. */
  #heap: Entry[] = [];
  #alarm: { readonly at: number; readonly controller: AbortController } | undefined;

  constructor(clock: Clock, due: (key: string) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  get size(): number {
    return this.#times.size;
  }

  add(key: string, delayMs: number): void {
    const at = this.#clock.monotonic() + delayMs;
    const known = this.#times.get(key);
    if (known !== undefined && known <= at) return;
    this.#times.set(key, at);
    this.#push({ key, at });
    this.#arm();
  }

  clear(): void {
    this.#times.clear();
    this.#heap = [];
    this.#alarm?.controller.abort();
    this.#alarm = undefined;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (!first || (this.#alarm && this.#alarm.at <= first.at)) return;
    this.#alarm?.controller.abort();
    const alarm = { at: first.at, controller: new AbortController() };
    this.#alarm = alarm;
    this.#clock.sleep(first.at - this.#clock.monotonic(), alarm.controller.signal).then(
      () => {
        if (this.#alarm === alarm) this.#ring();
      },
      () => undefined,
    );
  }

  #ring(): void {
    this.#alarm = undefined;
    const now = this.#clock.monotonic();
    for (let first = this.#heap[0]; first && first.at <= now; first = this.#heap[0]) {
      this.#popFirst();
      if (this.#times.get(first.key) !== first.at) continue;
      this.#times.delete(first.key);
      this.#due(first.key);
    }
    this.#arm();
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.#at(parent) <= entry.at) break;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #popFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let i = 0; ;) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      const child = this.#at(right) < this.#at(left) ? right : left;
      if (this.#at(child) >= last.at) return;
      this.#swap(i, child);
      i = child;
    }
  }

  #at(i: number): number {
    return this.#heap[i]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swap(i: number, j: number): void {
    const [a, b] = [this.#heap[i], this.#heap[j]];
    if (a && b) [this.#heap[i], this.#heap[j]] = [b, a];
  }
}
