import type { ReadyKeys } from './ready.ts';

export interface FairOptions {
  /** The tenant of a key; the namespace of `namespace/name` when absent. */
  readonly tenantOf?: ((key: string) => string) | undefined;
  /** How many keys of a tenant may be in work at once; any number when absent. */
  readonly perTenant?: ((tenant: string) => number) | undefined;
  /** How many keys may be in work at once, of all tenants together; any number when absent. May change at any time. */
  readonly total?: (() => number) | undefined;
}

const namespaceOf = (key: string): string => key.slice(0, Math.max(0, key.indexOf('/')));

/**
 * Serves tenants in turn, so that one with many keys does not keep the others waiting, and lets each have only so many
 * keys in work. A tenant alone gets all that its cap allows; every operation takes constant time.
 */
export class FairKeys implements ReadyKeys {
  readonly #tenantOf: (key: string) => string;
  readonly #perTenant: (tenant: string) => number;
  readonly #total: () => number;
  /** Waiting keys by tenant; a tenant without any is not in it. Its order is the order of turns. */
  readonly #waiting = new Map<string, Set<string>>();
  /** Tenants that wait but have as many keys in work as they may. */
  readonly #capped = new Map<string, Set<string>>();
  readonly #working = new Map<string, number>();
  /** Keys that were handed out, with their tenants. */
  readonly #handed = new Map<string, string>();
  #size = 0;

  constructor({ tenantOf = namespaceOf, perTenant = () => Infinity, total = () => Infinity }: FairOptions = {}) {
    this.#tenantOf = tenantOf;
    this.#perTenant = perTenant;
    this.#total = total;
  }

  get size(): number {
    return this.#size;
  }

  push(key: string): void {
    const tenant = this.#tenantOf(key);
    const queue = this.#capped.get(tenant) ?? this.#waiting.get(tenant);
    const before = queue?.size ?? 0;
    if (queue) queue.add(key);
    else if (this.#isFull(tenant)) this.#capped.set(tenant, new Set([key]));
    else this.#waiting.set(tenant, new Set([key]));
    if ((queue?.size ?? 1) > before) this.#size += 1;
  }

  pop(): string | undefined {
    if (this.#handed.size >= Math.max(1, this.#total())) return undefined;
    const turn = this.#waiting.entries().next();
    if (turn.done) return undefined;
    const [tenant, keys] = turn.value;
    const [key = ''] = keys;
    keys.delete(key);
    this.#size -= 1;
    this.#working.set(tenant, (this.#working.get(tenant) ?? 0) + 1);
    this.#handed.set(key, tenant);
    // a served tenant goes to the end of the row
    this.#waiting.delete(tenant);
    if (keys.size > 0) (this.#isFull(tenant) ? this.#capped : this.#waiting).set(tenant, keys);
    return key;
  }

  finished(key: string): void {
    const tenant = this.#handed.get(key);
    if (tenant === undefined) return;
    this.#handed.delete(key);
    const left = (this.#working.get(tenant) ?? 1) - 1;
    if (left > 0) this.#working.set(tenant, left);
    else this.#working.delete(tenant);
    const keys = this.#capped.get(tenant);
    if (!keys || this.#isFull(tenant)) return;
    this.#capped.delete(tenant);
    this.#waiting.set(tenant, keys);
  }

  #isFull(tenant: string): boolean {
    return (this.#working.get(tenant) ?? 0) >= this.#perTenant(tenant);
  }
}
