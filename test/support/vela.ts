import { Readable, Writable } from 'node:stream';
import { runCli } from '../../cmd/vela/cli.ts';
import type { Io } from '../../cmd/vela/io.ts';
import { SteppingClock } from './stepping-clock.ts';

/** Keeps what is written to it. */
export class Text extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export interface Surroundings extends Partial<Omit<Io, 'stdin' | 'stdout' | 'stderr'>> {
  /** What standard input holds; it is a terminal where `interactive` says so. */
  readonly stdin?: string;
}

/** How a command ended, and what it printed. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The surroundings of a command: texts instead of a terminal, pauses that are over at once, and no cluster. */
export function textIo({ stdin = '', interactive = false, ...around }: Surroundings = {}): Io & {
  readonly stdout: Text;
  readonly stderr: Text;
} {
  return {
    stdin: Object.assign(Readable.from([stdin]), { isTTY: interactive }),
    stdout: new Text(),
    stderr: new Text(),
    interactive,
    env: { KUBECONFIG: '/nonexistent/kubeconfig' },
    clock: new SteppingClock(),
    signal: new AbortController().signal,
    ...around,
  };
}

/** Runs `vela ARGS` in this process. */
export async function runVela(args: readonly string[], around: Surroundings = {}): Promise<Ended> {
  const io = textIo(around);
  const code = await runCli(io, args);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}
