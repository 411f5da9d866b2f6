import type { Random } from '../../../machinery/src/clock/clock.ts';

/**
 * Loopback addresses for pods: each its own, so that processes can use the same ports. Clusters on one machine choose
 * their networks at random (127.16.0 to 127.239.255), so that they do not get in each other's way.
 */
export class Addresses {
  readonly #used = new Set<string>();
  readonly #first: number;
  readonly #second: number;
  #next = 0;

  constructor(random: Random) {
    this.#first = 16 + Math.floor(random() * 224);
    this.#second = Math.floor(random() * 256);
  }

  reserve(address: string | undefined): void {
    if (address !== undefined) this.#used.add(address);
  }

  take(): string {
    for (;;) {
      const third = (this.#second + Math.floor(this.#next / 254)) % 256;
      const address = `127.${this.#first}.${third}.${1 + (this.#next % 254)}`;
      this.#next = (this.#next + 1) % (254 * 256);
      if (this.#used.has(address)) continue;
      this.#used.add(address);
      return address;
    }
  }

  release(address: string | undefined): void {
    if (address !== undefined) this.#used.delete(address);
  }
}
