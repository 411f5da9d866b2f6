import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { Index } from './collection-index.ts';
import type { Stored } from './stored.ts';
import type { Allocations, Pool } from '../contract/strategy.ts';
import { recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';

/** The part of 10.96.0.0/16 that is given out; .1 is the API server's own. */
const firstAddress = 2;
const addressCount = 65_533;
const firstPort = 30_000;
const portCount = 2_768;

/** Things of which each has one owner; free ones are given out in turn, so that two concurrent requests get two. */
class OwnedPool<T> implements Pool<T> {
  readonly #owners = new Map<T, string>();
  readonly #size: number;
  readonly #nth: (n: number) => T;
  #next = 0;

  constructor(size: number, nth: (n: number) => T) {
    this.#size = size;
    this.#nth = nth;
  }

  /** Whether another owner has it. */
  isTaken(one: T, owner: string): boolean {
    return (this.#owners.get(one) ?? owner) !== owner;
  }

  /** A free one; undefined when there is none. */
  free(): T | undefined {
    for (let tried = 0; tried < this.#size; tried += 1) {
      const one = this.#nth(this.#next);
      this.#next = (this.#next + 1) % this.#size;
      if (!this.#owners.has(one)) return one;
    }
    return undefined;
  }

  give(one: T, owner: string): void {
    this.#owners.set(one, owner);
  }

  takeBack(one: T, owner: string): void {
    if (this.#owners.get(one) === owner) this.#owners.delete(one);
  }
}

/** The addresses and ports of all Services. */
export class ServiceIndex implements Index, Allocations {
  readonly addresses = new OwnedPool(addressCount, (n) => {
    const number = n + firstAddress;
    return `10.96.${Math.floor(number / 256)}.${number % 256}`;
  });
  readonly ports = new OwnedPool(portCount, (n) => firstPort + n);

  set({ object }: Stored, previous: Stored | undefined): void {
    if (previous) this.delete(previous);
    this.add(object);
  }

  delete({ object }: Stored): void {
    const { owner, address, ports } = holdings(object);
    if (address !== undefined) this.addresses.takeBack(address, owner);
    for (const port of ports) this.ports.takeBack(port, owner);
  }

  add(service: KubeObject): void {
    const { owner, address, ports } = holdings(service);
    if (address !== undefined) this.addresses.give(address, owner);
    for (const port of ports) this.ports.give(port, owner);
  }
}

interface Holdings {
  readonly owner: string;
  readonly address: string | undefined;
  readonly ports: readonly number[];
}

function holdings(service: KubeObject): Holdings {
  const spec = recordOf(service['spec']);
  const address = stringOf(spec['clusterIP']);
  const isOwn = address !== '' && address !== 'None';
  return { owner: service.metadata.uid ?? '', address: isOwn ? address : undefined, ports: nodePortsOf(spec) };
}

/** The ports of nodes that a Service has or asks for. */
export function nodePortsOf(spec: JsonRecord): number[] {
  const ports = [...recordsOf(spec['ports']).map((port) => port['nodePort']), spec['healthCheckNodePort']];
  return ports.filter((port): port is number => typeof port === 'number' && port > 0);
}
