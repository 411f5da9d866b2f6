/** Loopback addresses for pods: each its own, so that processes can use the same ports. */
export class Addresses {
  readonly #used = new Set<string>();
  #next = 0;

  reserve(address: string | undefined): void {
    if (address !== undefined) this.#used.add(address);
  }

  take(): string {
    for (;;) {
      this.#next = (this.#next + 1) % (254 * 254);
      const address = `127.10.${1 + Math.floor(this.#next / 254)}.${1 + (this.#next % 254)}`;
      if (this.#used.has(address)) continue;
      this.#used.add(address);
      return address;
    }
  }

  release(address: string | undefined): void {
    if (address !== undefined) this.#used.delete(address);
  }
}
