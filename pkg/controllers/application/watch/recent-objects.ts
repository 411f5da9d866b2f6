import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { withoutManagedFields } from '../../../../machinery/src/managed-fields.ts';
import { compareVersions } from '../../../informer/resource-version.ts';

/**
 * The newest states of objects while their health is awaited, so that a change of a status is assessed without a
 * request. At most so many are held: those that were stored first are dropped, and are read when they are needed.
 */
export class RecentObjects {
  readonly #limit: number;
  readonly #objects = new Map<string, KubeObject>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  /** Stores a state that is not older than the one held. */
  store(key: string, object: KubeObject): void {
    const held = this.#objects.get(key);
    if (held && (compareVersions(object.metadata.resourceVersion, held.metadata.resourceVersion) ?? 1) < 0) return;
    this.#objects.delete(key);
    this.#objects.set(key, withoutManagedFields(object));
    if (this.#objects.size <= this.#limit) return;
    for (const oldest of this.#objects.keys()) {
      this.#objects.delete(oldest);
      break;
    }
  }

  /** Stores a state where an earlier one is held. */
  renew(key: string, object: KubeObject): void {
    if (this.#objects.has(key)) this.store(key, object);
  }

  drop(key: string): void {
    this.#objects.delete(key);
  }
}
