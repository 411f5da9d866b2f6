import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { withMemoryLimit } from './wasm-memory.ts';

/** `value`: the file's value; `schema`: OpenAPI v3 of its definitions. */
export type Wanted = 'value' | 'schema';

/** What an evaluation came to: JSON text, or why not. */
export interface Answer {
  readonly value?: string;
  readonly error?: string;
  /** The thread is of no use any more. */
  readonly isLost?: boolean;
}

/** Runs in the thread. Text, so that it is the same in the built program and where TypeScript runs as it is. */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const limited = ${withMemoryLimit.toString()};
const { instantiate } = WebAssembly;
// in pages of 64 KiB
WebAssembly.instantiate = (bytes, imports) => instantiate(limited(bytes, workerData.memoryMiB * 16), imports);
// What a panic writes would be a stack of the compiler's own; that it happened comes back as the answer.
for (const level of ['log', 'warn', 'error']) console[level] = () => undefined;
const begin = async () => {
  const { compiler, idleMs } = workerData;
  const cue = await (await import(compiler)).init();
  const calls = { value: cue.toJSONImpl, schema: cue.toOpenAPIImpl };
  let idle;
  parentPort.on('message', ({ wanted, source }) => {
    clearTimeout(idle);
    try {
      const result = calls[wanted](source);
      if (!result) throw new Error('it crashed');
      const { value, error } = result;
      parentPort.postMessage(error ? { error } : { value });
    } catch (failure) {
      parentPort.postMessage({ error: 'the CUE compiler failed: ' + failure, isLost: true });
    }
    idle = setTimeout(() => process.exit(0), idleMs);
  });
};
begin();
`;

/** A thread that evaluates CUE, one source at a time. */
export class CompilerThread {
  readonly #worker: Worker;
  #done: (answer: Answer) => void = () => undefined;
  #failure: Answer | undefined;

  /** Ends by itself after so long without work, because of what it holds; `failure` then says so. */
  constructor(limits: { readonly idleMs: number; readonly memoryMiB: number }) {
    // The package has a CommonJS build, too, which does not find its own compiler.
    const folder = dirname(createRequire(import.meta.url).resolve('cue-wasm'));
    const compiler = pathToFileURL(join(folder, 'cue-wasm-index.modern.js')).href;
    this.#worker = new Worker(program, { eval: true, workerData: { compiler, ...limits } });
    this.#worker.on('message', (answer: Answer) => {
      this.#done(answer);
    });
    this.#worker.on('error', ({ message }) => {
      this.#fail(`the CUE compiler failed: ${message}`);
    });
    this.#worker.on('exit', () => {
      this.#fail('the CUE compiler ended');
    });
    this.#worker.unref();
  }

  /** Why it is of no use any more, if so. */
  get failure(): Answer | undefined {
    return this.#failure;
  }

  /** Call again only when it has answered. */
  async evaluate(wanted: Wanted, source: string): Promise<Answer> {
    if (this.#failure) return this.#failure;
    this.#worker.ref();
    const answer = await new Promise<Answer>((done) => {
      this.#done = done;
      this.#worker.postMessage({ wanted, source });
    });
    this.#worker.unref();
    return answer;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: string): void {
    this.#failure ??= { error, isLost: true };
    this.#done(this.#failure);
  }
}
