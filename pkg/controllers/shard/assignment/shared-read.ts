/**
 * One read for many callers: each gets the result of a read that began after its call, and there are never more than two
 * reads, one under way and one that waits for it.
 */
export class SharedRead<T> {
  readonly #read: () => Promise<T>;
  #running: Promise<void> | undefined;
  #next: Promise<T> | undefined;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** Whether no read is under way or waits. */
  get isIdle(): boolean {
    return this.#running === undefined && this.#next === undefined;
  }

  get(): Promise<T> {
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
