import { setMaxListeners } from 'node:events';
import { systemClock } from '../../machinery/src/clock/system.ts';
import { runCli } from './cli.ts';
import type { Io } from './io.ts';

const interrupted = new AbortController();
// requests that run at the same time listen to it
setMaxListeners(0, interrupted.signal);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted.abort(new Error(`stopped by ${signal}`));
  });
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  interactive: process.stdout.isTTY,
  env: process.env,
  clock: systemClock,
  signal: interrupted.signal,
};

process.exitCode = await runCli(io, process.argv.slice(2));
