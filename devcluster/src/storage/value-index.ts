import type { Index } from './collection-index.ts';
import { byKey } from './sorted.ts';
import type { Stored } from './stored.ts';

/** Objects by a value that each of them may have. */
export class ValueIndex implements Index {
  readonly #valueOf: (stored: Stored) => string | undefined;
  readonly #byValue = new Map<string, Map<string, Stored>>();

  constructor(valueOf: (stored: Stored) => string | undefined) {
    this.#valueOf = valueOf;
  }

  /** Ordered by key. */
  get(value: string): readonly Stored[] {
    return [...(this.#byValue.get(value)?.values() ?? [])].sort(byKey);
  }

  count(value: string): number {
    return this.#byValue.get(value)?.size ?? 0;
  }

  set(stored: Stored, previous: Stored | undefined): void {
    const value = this.#valueOf(stored);
    if (previous && this.#valueOf(previous) !== value) this.delete(previous);
    if (value === undefined) return;
    const own = this.#byValue.get(value) ?? new Map<string, Stored>();
    this.#byValue.set(value, own.set(stored.key, stored));
  }

  delete(stored: Stored): void {
    const value = this.#valueOf(stored);
    if (value === undefined) return;
    const own = this.#byValue.get(value);
    own?.delete(stored.key);
    if (own?.size === 0) this.#byValue.delete(value);
  }
}
