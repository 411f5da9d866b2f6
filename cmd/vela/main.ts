import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { entries, lazily } from './commands.ts';
import { failureOf, usageFailure } from './failure.ts';
import type { Io } from './io.ts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted.abort(new Error(`stopped by ${signal}`));
  });
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  interactive: process.stdout.isTTY,
  env: process.env,
  signal: interrupted.signal,
};

// yargs prints the script of the shell that it finds here
const [verb = '', shell = ''] = hideBin(process.argv);
const isCompletion = verb === 'completion';
if (isCompletion && shell !== '') process.env['SHELL'] = shell;

try {
  const parser = yargs(isCompletion ? [verb] : hideBin(process.argv))
    .scriptName('vela')
    .usage('$0 <command>: deliver applications with a fleet of controllers');
  await entries
    .reduce((argv, entry) => argv.command(lazily(io, entry)), parser)
    .completion('completion', 'Print a completion script for bash or zsh')
    .demandCommand(1, 'which command? See vela --help')
    .recommendCommands()
    .strict()
    .version(false)
    .help()
    .alias('h', 'help')
    .wrap(Math.min(120, process.stdout.columns || 100))
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? usageFailure(message ?? 'the command line is not understood');
    })
    .parseAsync();
} catch (error) {
  const failure = failureOf(error, io.signal);
  io.stderr.write(`Error: ${failure.message}\n${failure.hint ? `Hint: ${failure.hint}\n` : ''}`);
  process.exitCode = failure.exitCode;
}
