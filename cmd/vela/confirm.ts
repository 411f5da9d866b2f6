import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { CliError, exitCodes, printLine } from './io.ts';
import type { Io } from './io.ts';

/** Prints a plan and asks for consent; `--yes` gives it beforehand, and is needed where there is no terminal. */
export async function confirm(io: Io, isGiven: boolean, plan: readonly string[]): Promise<void> {
  printLine(io, 'This change removes shards:');
  for (const line of plan) printLine(io, `  ${line}`);
  if (isGiven) return;
  if (!io.stdin.isTTY || !io.interactive)
    throw new CliError('not done: the change needs consent, and there is no terminal to ask for it', {
      exitCode: exitCodes.usage,
      hint: 'repeat the command with --yes',
    });
  const terminal = createInterface({ input: io.stdin, output: io.stdout });
  try {
    // the end of the input is no answer
    const closed = once(terminal, 'close').then(() => '');
    const answer = await Promise.race([terminal.question('Continue? [y/N] ', { signal: io.signal }), closed]);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('not done');
  } finally {
    terminal.close();
  }
}
