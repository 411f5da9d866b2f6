import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CliError, printLine } from '../io.ts';
import type { Io } from '../io.ts';

/** How the demonstration runs the commands that it shows: as a user would type them. */
export interface Shell {
  readonly io: Io;
  readonly root: string;
  readonly kubeconfig: string;
}

/** Runs `vela ARGS`, showing the command and what it prints. Throws when it fails. */
export async function vela(shell: Shell, ...args: readonly string[]): Promise<void> {
  printLine(shell.io, `\n$ vela ${args.join(' ')}`);
  const child = start(shell, args, 'inherit');
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new CliError(`vela ${args[0] ?? ''} ended with status ${code ?? 'none'}`);
}

/** Starts `vela ARGS` and leaves it running, its errors shown. */
export function velaInBackground(shell: Shell, ...args: readonly string[]): ChildProcess {
  printLine(shell.io, `$ vela ${args.join(' ')} &`);
  return start(shell, args, 'quiet');
}

/** Ends a process politely, then firmly after ten seconds. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const killTimer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(killTimer);
}

function start(shell: Shell, args: readonly string[], output: 'inherit' | 'quiet'): ChildProcess {
  const env = { ...shell.io.env, KUBECONFIG: shell.kubeconfig };
  const stdio = output === 'inherit' ? ('inherit' as const) : (['ignore', 'ignore', 'inherit'] as const);
  return spawn(join(shell.root, 'bin/vela'), args, { env, stdio: stdio as 'inherit', detached: output === 'quiet' });
}
