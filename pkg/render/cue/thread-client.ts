import { Worker } from 'node:worker_threads';
import type { Clock } from '../../../machinery/src/clock/clock.ts';
import type { StepActor } from '../step.ts';
import type { CueEngineOptions } from './cue-engine.ts';
import type { FromThread, RunRequest, ToThread } from './thread-protocol.ts';

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
  readonly actor: StepActor | undefined;
  /** What performing an action threw. */
  cause?: unknown;
  /** Ends the wait for the thread; undefined while an action is performed. */
  waiting: AbortController | undefined;
}

/** An evaluation within its steps takes less than a second; a busy machine needs more. */
const maxSeconds = 20;

const memory = { maxOldGenerationSizeMb: 512 };

/** The program of the thread, in the language of this file. */
const program = new URL(`./evaluation-thread.${import.meta.url.slice(-2)}`, import.meta.url);

/** A thread that is started by its first evaluation, and again after it died. */
export class EvaluationThread {
  readonly #clock: Clock;
  readonly #options: CueEngineOptions;
  readonly #program: URL;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(clock: Clock, options: CueEngineOptions, from = program) {
    this.#clock = clock;
    this.#options = options;
    this.#program = from;
  }

  /** Rejects with what the actor threw, or with the reason why the evaluation has no result. */
  run(request: Omit<RunRequest, 'kind' | 'id' | 'needsFields'>, actor?: StepActor): Promise<never> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, actor, waiting: undefined });
      this.#send({ ...request, kind: 'run', id, needsFields: actor?.needsFields ?? false });
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #send(message: ToThread): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    pending.waiting = this.#deadline();
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage(message);
  }

  #deadline(): AbortController {
    const controller = new AbortController();
    this.#clock.sleep(maxSeconds * 1000, controller.signal).then(
      () => {
        this.#fail(new Error(`evaluation takes more than ${maxSeconds} s`));
      },
      () => undefined,
    );
    return controller;
  }

  #start(): Worker {
    const worker = new Worker(this.#program, { workerData: this.#options, resourceLimits: memory });
    worker.on('message', (message: FromThread) => {
      this.#receive(message);
    });
    worker.on('error', (error) => {
      if (this.#worker === worker) this.#fail(error);
    });
    return worker;
  }

  /** The thread is given up, with all that it evaluates. */
  #fail(error: Error): void {
    const worker = this.#worker;
    this.#worker = undefined;
    for (const { reject, waiting } of this.#pending.values()) {
      waiting?.abort();
      reject(error);
    }
    this.#pending.clear();
    void worker?.terminate();
  }

  #receive(message: FromThread): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    pending.waiting?.abort();
    if (message.kind === 'perform') {
      void this.#perform(message.id, pending, message.action);
      return;
    }
    this.#pending.delete(message.id);
    // an idle thread does not keep the process alive
    if (this.#pending.size === 0) this.#worker?.unref();
    if (message.kind === 'done') pending.resolve(message.value as never);
    else pending.reject(pending.cause ?? new Error(message.message));
  }

  async #perform(id: number, pending: Pending, action: Parameters<StepActor['perform']>[0]): Promise<void> {
    try {
      this.#send({ kind: 'performed', id, result: await pending.actor?.perform(action) });
    } catch (error) {
      pending.cause = error;
      this.#send({ kind: 'performed', id, result: undefined });
    }
  }
}
