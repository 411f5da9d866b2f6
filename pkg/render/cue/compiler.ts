import { createHash } from 'node:crypto';
import type { Clock } from '../../clock/clock.ts';
import type { Answer, Wanted } from './thread.ts';
import { CompilerThread } from './thread.ts';

export type Evaluated = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string };

export interface CueCompilerOptions {
  readonly clock: Clock;
  /** How long one evaluation may take; 20 s when absent. */
  readonly timeoutMs?: number;
  /** After so many evaluations a fresh thread takes over, because the compiler never gives memory back; 5000. */
  readonly maxEvaluations?: number;
  /** How many results are kept; 2000. */
  readonly cacheSize?: number;
  /** The thread ends when nothing was evaluated for so long; a minute. */
  readonly idleMs?: number;
  /** What the compiler may hold; 512. An evaluation that needs more fails. */
  readonly memoryMiB?: number;
  /** Told when an evaluation cost the thread: it took too long, too much memory, or crashed. */
  readonly onLost?: (error: string) => void;
}

interface Job {
  readonly wanted: Wanted;
  readonly source: string;
  readonly done: (answer: Answer) => void;
}

/**
 * The CUE compiler, in a thread of its own: what it computes never delays leases and health checks, and a template that
 * loops or crashes it costs the thread, not the process. The thread begins with an evaluation (about a second and
 * 150 MiB) and ends when there was none for a while. One evaluation runs at a time; results are kept by the hash of their source.
 */
export class CueCompiler {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #maxEvaluations: number;
  readonly #cacheSize: number;
  readonly #limits: { readonly idleMs: number; readonly memoryMiB: number };
  readonly #onLost: (error: string) => void;
  readonly #results = new Map<string, Promise<Answer>>();
  readonly #waiting: Job[] = [];
  #thread: CompilerThread | undefined;
  #evaluations = 0;
  #isBusy = false;

  constructor(options: CueCompilerOptions) {
    const { clock, timeoutMs = 20_000, maxEvaluations = 5000, cacheSize = 2000 } = options;
    const { idleMs = 60_000, memoryMiB = 512 } = options;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#maxEvaluations = maxEvaluations;
    this.#cacheSize = cacheSize;
    this.#limits = { idleMs, memoryMiB };
    this.#onLost = options.onLost ?? (() => undefined);
  }

  /** The value of a CUE file, or OpenAPI of its definitions. Never rejects. */
  async evaluate(source: string, wanted: Wanted = 'value'): Promise<Evaluated> {
    const key = `${wanted} ${createHash('sha256').update(source).digest('base64')}`;
    const { value, error = '', isLost } = await this.#resultOf(key, wanted, source);
    // Another try may end otherwise: the thread was lost, which says little about the source.
    if (isLost) this.#results.delete(key);
    return value === undefined ? { ok: false, error } : { ok: true, value: JSON.parse(value) as unknown };
  }

  /** Ends the thread; an evaluation under way fails. */
  async close(): Promise<void> {
    await this.#thread?.end();
  }

  #resultOf(key: string, wanted: Wanted, source: string): Promise<Answer> {
    const result = this.#results.get(key) ?? this.#begin(wanted, source);
    this.#results.delete(key);
    this.#results.set(key, result);
    const [oldest] = this.#results.keys();
    if (this.#results.size > this.#cacheSize && oldest !== undefined) this.#results.delete(oldest);
    return result;
  }

  #begin(wanted: Wanted, source: string): Promise<Answer> {
    return new Promise((done) => {
      this.#waiting.push({ wanted, source, done });
      if (!this.#isBusy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      const answer = await this.#run(job);
      // The thread may have ended of idleness just as it was asked, or was starved: only a second loss says something.
      const final = answer.isLost ? await this.#run(job) : answer;
      if (final.isLost) this.#onLost(final.error ?? '');
      job.done(final);
    }
    this.#isBusy = false;
  }

  async #run({ wanted, source }: Job): Promise<Answer> {
    if (this.#thread?.failure) this.#thread = undefined;
    const thread = (this.#thread ??= new CompilerThread(this.#limits));
    const over = new AbortController();
    const late = this.#clock.sleep(this.#timeoutMs, over.signal).then(
      (): Answer => ({ error: `took longer than ${this.#timeoutMs / 1000} s`, isLost: true }),
      (): Answer => ({}),
    );
    const answer = await Promise.race([thread.evaluate(wanted, source), late]);
    over.abort();
    this.#evaluations++;
    if (answer.isLost || this.#evaluations >= this.#maxEvaluations) {
      this.#evaluations = 0;
      this.#thread = undefined;
      void thread.end();
    }
    return answer;
  }
}
