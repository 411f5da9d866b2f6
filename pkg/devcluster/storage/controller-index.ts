import type { Index } from './collection-index.ts';
import { byKey } from './sorted.ts';
import type { Stored } from './stored.ts';

/** The uid of the object that controls this one; '' when none does. */
export function controllerUid({ object }: Stored): string {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid ?? '';
}

/** Objects by who controls them, so that a controller finds its own among any number of others. */
export class ControllerIndex implements Index {
  readonly #byUid = new Map<string, Map<string, Stored>>();

  /** Ordered by key. */
  get(uid: string): readonly Stored[] {
    return [...(this.#byUid.get(uid)?.values() ?? [])].sort(byKey);
  }

  set(stored: Stored, previous: Stored | undefined): void {
    const uid = controllerUid(stored);
    if (previous && controllerUid(previous) !== uid) this.delete(previous);
    const own = this.#byUid.get(uid) ?? new Map<string, Stored>();
    this.#byUid.set(uid, own.set(stored.key, stored));
  }

  delete(stored: Stored): void {
    const uid = controllerUid(stored);
    const own = this.#byUid.get(uid);
    own?.delete(stored.key);
    if (own?.size === 0) this.#byUid.delete(uid);
  }
}
