import { keyOf } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';

export type Labels = Readonly<Record<string, string>>;

/** Whether an object with these labels has all that a plain selector asks for. */
export const hasAll = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

/** Objects by the labels under which they are filed, each namespace by itself. */
export class LabelIndex {
  readonly #keys = new Map<string, Set<string>>();
  readonly #labels = new Map<string, Labels>();

  /** Files an object anew; returns the labels under which it was filed before. */
  set(object: KubeObject, labels: Labels): Labels | undefined {
    const before = this.delete(object);
    const key = keyOf(object);
    this.#labels.set(key, labels);
    for (const pair of pairsOf(object.metadata.namespace, labels)) {
      const keys = this.#keys.get(pair) ?? new Set();
      this.#keys.set(pair, keys.add(key));
    }
    return before;
  }

  delete(object: KubeObject): Labels | undefined {
    const key = keyOf(object);
    const labels = this.#labels.get(key);
    this.#labels.delete(key);
    for (const pair of pairsOf(object.metadata.namespace, labels ?? {})) {
      const keys = this.#keys.get(pair);
      keys?.delete(key);
      if (keys?.size === 0) this.#keys.delete(pair);
    }
    return labels;
  }

  /** The keys of objects that are filed under all of these labels. */
  withAll(namespace: string | undefined, labels: Labels): readonly string[] {
    const sets = pairsOf(namespace, labels).map((pair) => this.#keys.get(pair) ?? new Set<string>());
    const [smallest = new Set<string>(), ...rest] = sets.sort((a, b) => a.size - b.size);
    return [...smallest].filter((key) => rest.every((keys) => keys.has(key)));
  }

  /** The keys of objects that are filed under any of these labels. */
  withAny(namespace: string | undefined, labels: Labels): readonly string[] {
    return [...new Set(pairsOf(namespace, labels).flatMap((pair) => [...(this.#keys.get(pair) ?? [])]))];
  }
}

function pairsOf(namespace: string | undefined, labels: Labels): string[] {
  return Object.entries(labels).map(([key, value]) => `${namespace ?? ''}/${key}=${value}`);
}
