import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { endProcess } from './fleet.ts';

export interface DaemonOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Gets what it prints, after what was there before. */
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A program that is to run until it is ended. */
export class Daemon {
  readonly logFile: string;
  readonly #child: ChildProcess;

  constructor({ program, args, cwd, logFile, env }: DaemonOptions) {
    const log = openSync(logFile, 'a');
    this.logFile = logFile;
    this.#child = spawn(program, args, { cwd, env, stdio: ['ignore', log, log] });
    // a program that could not be started at all has no exit code
    this.#child.on('error', () => undefined);
    closeSync(log);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  /** Throws when it ended by itself. */
  assertRuns(): void {
    if (!this.isRunning) throw new Error(`${this.#child.spawnfile} ended; see ${this.logFile}`);
  }

  end(): Promise<void> {
    return this.isRunning ? endProcess(this.#child) : Promise.resolve();
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const gone = once(this.#child, 'exit');
    this.killNow();
    await gone;
  }

  killNow(): void {
    if (this.isRunning) this.#child.kill('SIGKILL');
  }
}
