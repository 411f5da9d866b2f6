import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { LogBuffer } from './log-buffer.ts';

/** How a process ended. */
export interface Exit {
  readonly code: number;
  readonly signal: NodeJS.Signals | undefined;
}

export interface ProcessCommand {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/**
 * The shell that becomes the process after it has left a guard behind: the guard waits on a pipe from us and, when that
 * ends without a word because we were killed, ends the process, so that it does not outlive its cluster.
 */
const guarded =
  '( if ! read -r _ <&3; then kill -TERM $$; sleep 3; kill -KILL $$; fi ) >/dev/null 2>&1 & exec "$@" 3<&-';

/** One run of a container as a process of this machine, in a process group of its own. */
export class ContainerProcess {
  readonly #child: ChildProcess;
  readonly exited: Promise<Exit>;

  constructor({ command, env, cwd }: ProcessCommand, log: LogBuffer) {
    const child = spawn('/bin/sh', ['-c', guarded, 'sh', ...command], {
      env,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    const write = (chunk: Buffer): void => {
      log.write(chunk.toString());
    };
    child.stdout?.on('data', write);
    child.stderr?.on('data', write);
    const guard = child.stdio[3] as Writable;
    guard.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        guard.end('over\n');
        log.end();
        resolve(exit);
      };
      child.on('error', (error) => {
        log.write(`${error.message}\n`);
        end({ code: 127, signal: undefined });
      });
      child.on('exit', (code, signal) => {
        end({ code: code ?? 128 + signalNumber(signal), signal: signal ?? undefined });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === 'SIGKILL' ? 9 : signal === 'SIGTERM' ? 15 : signal === 'SIGINT' ? 2 : 1;
}
