import type { Clock } from '../../../machinery/src/clock/clock.ts';

interface Line {
  readonly at: number;
  readonly text: string;
}

export interface LogQuery {
  readonly follow?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly timestamps?: boolean;
  readonly limitBytes?: number;
}

/** The last output of one run of a container: whole lines with their times, bounded by bytes. */
export class LogBuffer {
  readonly #clock: Clock;
  readonly #maxBytes: number;
  #lines: Line[] = [];
  #bytes = 0;
  #partial = '';
  #isOver = false;
  readonly #followers = new Set<() => void>();
  /** How many lines were dropped at the front, so that followers keep their place. */
  #dropped = 0;

  constructor(clock: Clock, maxBytes = 2 * 1024 * 1024) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  write(chunk: string): void {
    const parts = (this.#partial + chunk).split('\n');
    this.#partial = parts.pop() ?? '';
    for (const text of parts) this.#push(text);
    if (parts.length > 0) this.#notify();
  }

  /** No more output will come; followers end. */
  end(): void {
    if (this.#partial !== '') this.#push(this.#partial);
    this.#partial = '';
    this.#isOver = true;
    this.#notify();
  }

  async *read(query: LogQuery, signal: AbortSignal): AsyncGenerator<Buffer> {
    const since = query.sinceSeconds === undefined ? 0 : this.#clock.now() - query.sinceSeconds * 1000;
    let next =
      this.#dropped + this.#lines.length - Math.min(this.#lines.length, query.tailLines ?? Number.POSITIVE_INFINITY);
    let left = query.limitBytes ?? Number.POSITIVE_INFINITY;
    for (;;) {
      const fresh = this.#lines.slice(Math.max(0, next - this.#dropped)).filter((line) => line.at >= since);
      next = this.#dropped + this.#lines.length;
      const text = fresh
        .map((line) => (query.timestamps ? `${new Date(line.at).toISOString()} ${line.text}\n` : `${line.text}\n`))
        .join('');
      const chunk = Buffer.from(text).subarray(0, left);
      left -= chunk.length;
      if (chunk.length > 0) yield chunk;
      if (!query.follow || left <= 0 || signal.aborted || (this.#isOver && next === this.#dropped + this.#lines.length))
        return;
      await this.#more(signal);
    }
  }

  #push(text: string): void {
    this.#lines.push({ at: this.#clock.now(), text });
    this.#bytes += text.length + 1;
    while (this.#bytes > this.#maxBytes && this.#lines.length > 1) {
      this.#bytes -= (this.#lines.shift()?.text.length ?? 0) + 1;
      this.#dropped += 1;
    }
  }

  #notify(): void {
    for (const wake of [...this.#followers]) wake();
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#followers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#followers.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
