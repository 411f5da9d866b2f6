import type { KubeObject } from '../../../machinery/src/meta.ts';

/** One version of one object: frozen, with its JSON text cached after the first read. */
export class Stored {
  /** `namespace/name`, or `name` for a cluster-scoped object. */
  readonly key: string;
  readonly revision: number;
  readonly object: KubeObject;
  #json: string | undefined;

  constructor(key: string, revision: number, object: KubeObject, json?: string) {
    this.key = key;
    this.revision = revision;
    this.object = object;
    this.#json = json;
  }

  get json(): string {
    return (this.#json ??= JSON.stringify(this.object));
  }

  /** Frees memory: the text is made again at the next read. */
  forgetJson(): void {
    this.#json = undefined;
  }
}

/** Freezes a JSON value and everything in it. What is frozen already is taken to be frozen throughout. */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (Array.isArray(value)) for (const item of value) freeze(item);
  else for (const key in value) freeze(value[key]);
  return value;
}
