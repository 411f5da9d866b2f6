/**
 * Reads something for many who ask at once: everybody gets what a read found that began after they had asked, and yet
 * there are never more than two, one under way and one that waits for it.
 */
export class NextRead<T> {
  readonly #read: () => Promise<T>;
  #running: Promise<void> | undefined;
  #next: Promise<T> | undefined;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#running === undefined && this.#next === undefined;
  }

  ask(): Promise<T> {
    if (this.#next) return this.#next;
    if (!this.#running) return this.#start();
    this.#next = this.#running.then(() => {
      this.#next = undefined;
      return this.#start();
    });
    return this.#next;
  }

  #start(): Promise<T> {
    const reading = this.#read();
    const ended = (): void => {
      this.#running = undefined;
    };
    this.#running = reading.then(ended, ended);
    return reading;
  }
}
