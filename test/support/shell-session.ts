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
  #output = '';
  #blocks = 0;

  constructor(options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
    // job control gives background programs names (%1) and a process group of their own
    this.#shell = spawn('bash', ['--noprofile', '--norc', '-m'], { ...options, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#shell.stdout?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString();
      this.#shell.emit('output');
    });
    this.#shell.stdin?.write('exec 2>&1\n');
  }

  /** Carries out commands, the last of which decides the exit status unless an earlier one fails. */
  async run(commands: string): Promise<ShellResult> {
    const mark = `--- end of block ${(this.#blocks += 1)}: `;
    // a command that fails ends the block, but not the shell
    const lines = `trap 'failed=\${failed:-$?}' ERR; failed=\n${commands}\nprintf '\\n${mark}%s\\n' "\${failed:-0}"\n`;
    this.#output = '';
    this.#shell.stdin?.write(lines);
    const end = new RegExp(`\n${mark}(\\d+)\n`);
    for (;;) {
      const match = end.exec(this.#output);
      if (match) return { code: Number(match[1]), output: this.#output.slice(0, match.index) };
      await Promise.race([once(this.#shell, 'output'), this.#ended()]);
    }
  }

  async #ended(): Promise<never> {
    if (this.#shell.exitCode === null) await once(this.#shell, 'exit');
    throw new Error(`the shell ended:\n${this.#output}`);
  }

  /** Ends the shell and what it started in the background. */
  async end(): Promise<void> {
    if (this.#shell.exitCode !== null) return;
    this.#shell.stdin?.end('kill $(jobs -p); wait\nexit 0\n');
    await once(this.#shell, 'exit');
  }
}
