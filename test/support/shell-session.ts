import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface ShellResult {
  readonly code: number;
  /** Standard output and standard error in their order. */
  readonly output: string;
}

/** One shell that carries out blocks of commands of a document, as a reader does in one terminal. */
export class ShellSession {
  readonly #shell: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = '';
  #blocks = 0;
  #onOutput: () => void = () => undefined;

  constructor(options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
    // job control gives background programs names (%1) and a process group of their own
    this.#shell = spawn('bash', ['--noprofile', '--norc', '-m'], { ...options, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#ended = once(this.#shell, 'exit');
    this.#shell.stdout?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString();
      this.#onOutput();
    });
    this.#shell.stdin?.write('exec 2>&1\n');
  }

  /** Carries out commands. The exit status is that of the first one that fails. */
  async run(commands: string): Promise<ShellResult> {
    this.#blocks += 1;
    const mark = `--- end of block ${this.#blocks}: `;
    // a command that fails does not end the shell
    const lines = `trap 'failed=\${failed:-$?}' ERR; failed=\n${commands}\nprintf '\\n${mark}%s\\n' "\${failed:-0}"\n`;
    const end = new RegExp(`\n${mark}(\\d+)\n`);
    this.#output = '';
    const printed = new Promise<ShellResult>((resolve) => {
      this.#onOutput = () => {
        const match = end.exec(this.#output);
        if (match) resolve({ code: Number(match[1]), output: this.#output.slice(0, match.index) });
      };
    });
    this.#shell.stdin?.write(lines);
    return Promise.race([printed, this.#ended.then(() => this.#fail())]);
  }

  #fail(): never {
    throw new Error(`the shell ended:\n${this.#output}`);
  }

  /** Ends the shell and the programs that it started in the background. */
  async end(): Promise<void> {
    this.#shell.stdin?.end('kill $(jobs -p) 2>/dev/null; wait\nexit 0\n');
    await this.#ended;
  }
}
