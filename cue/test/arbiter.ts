// A client of the arbiter: programs in, what the Go library makes of them out. The process is started anew when it dies.
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';

export interface ArbiterRequest {
  readonly id: string;
  readonly source: string;
  readonly paths?: readonly string[];
  readonly fill?: readonly { readonly name: string; readonly json: unknown }[];
  readonly print?: boolean;
}

export interface Failure {
  readonly class: string;
  readonly path?: readonly string[];
  readonly message: string;
}

export interface ArbiterResult {
  readonly path: string;
  /** The JSON text, with the digits of numbers and the order of fields. */
  readonly value?: string;
  readonly error?: Failure;
  readonly invalid?: Failure;
  readonly syntax?: string;
}

export interface ArbiterAnswer {
  readonly id: string;
  readonly compile?: string;
  readonly results?: readonly ArbiterResult[];
  readonly stable?: boolean;
  readonly crash?: string;
}

export class Arbiter {
  readonly #binary: string;
  readonly #args: readonly string[];
  #child: ChildProcessWithoutNullStreams | undefined;
  #lines: AsyncIterator<string> | undefined;
  #reader: Interface | undefined;

  constructor(binary: string, args: readonly string[] = []) {
    this.#binary = binary;
    this.#args = args;
  }

  /** Answers in the order of the requests. */
  async ask(requests: readonly ArbiterRequest[]): Promise<ArbiterAnswer[]> {
    const answers: ArbiterAnswer[] = [];
    while (answers.length < requests.length) {
      const open = requests.slice(answers.length);
      this.#start();
      for (const request of open) this.#child?.stdin.write(`${JSON.stringify(request)}\n`);
      if (!(await this.#collect(answers, open))) {
        const request = requests[answers.length];
        if (request !== undefined) answers.push({ id: request.id, crash: 'the process died' });
        this.close();
      }
    }
    return answers;
  }

  /** False when the process ended before it had answered. */
  async #collect(answers: ArbiterAnswer[], open: readonly ArbiterRequest[]): Promise<boolean> {
    for (let i = 0; i < open.length; i++) {
      const line = await this.#lines?.next();
      if (line === undefined || line.done === true) {
        // an answer that ended the process came through
        this.close();
        return answers.at(-1)?.crash !== undefined && i > 0;
      }
      answers.push(parseAnswer(line.value));
    }
    return true;
  }

  #start(): void {
    if (this.#child !== undefined) return;
    const child = spawn(this.#binary, this.#args, { env: { ...process.env, GOMEMLIMIT: '2GiB' } });
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', () => undefined);
    this.#child = child;
    this.#reader = createInterface({ input: child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  close(): void {
    this.#child?.kill();
    this.#reader?.close();
    this.#child = undefined;
    this.#lines = undefined;
  }
}

/** The value stays text: JavaScript's numbers would lose digits. */
export function parseAnswer(line: string): ArbiterAnswer {
  return JSON.parse(line) as ArbiterAnswer;
}
