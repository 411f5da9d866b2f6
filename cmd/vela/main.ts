import yargs from 'yargs';
import type { CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { addonCommand } from './commands/addon.ts';
import { defCommand } from './commands/def.ts';
import { deleteCommand } from './commands/delete.ts';
import { devCommand } from './commands/dev.ts';
import { installCommand, uninstallCommand } from './commands/install.ts';
import { lsCommand } from './commands/ls.ts';
import { shardCommand } from './commands/shard.ts';
import { statusCommand } from './commands/status.ts';
import { upCommand } from './commands/up.ts';
import { versionCommand } from './commands/version.ts';
import { workflowCommand } from './commands/workflow.ts';
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

const commands = [
  upCommand,
  lsCommand,
  statusCommand,
  deleteCommand,
  installCommand,
  uninstallCommand,
  workflowCommand,
  defCommand,
  addonCommand,
  shardCommand,
  devCommand,
  versionCommand,
];

try {
  const parser = yargs(hideBin(process.argv))
    .scriptName('vela')
    .usage('$0 <command>: deliver applications with a fleet of controllers');
  await commands
    .reduce((argv, command) => argv.command(command(io) as CommandModule), parser)
    .completion('completion [shell]', 'Print a completion script for bash or zsh')
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
