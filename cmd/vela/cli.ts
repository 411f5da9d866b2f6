import yargs from 'yargs';
import type { Argv } from 'yargs';
import { entries, lazily } from './commands.ts';
import { complete } from './complete.ts';
import { failureOf, usageFailure } from './failure.ts';
import { readGivenFlags } from './given-flags.ts';
import type { DeclaredFlags } from './given-flags.ts';
import type { Io } from './io.ts';
import { absentCommand } from './upstream.ts';

/** Runs one command line and returns its exit status; what goes wrong is printed. */
export async function runCli(io: Io, args: readonly string[]): Promise<number> {
  const words = rewritten(withStandardInput(args));
  const pending: Promise<void>[] = [];
  try {
    const absent = absentCommand(words);
    if (absent) throw absent;
    await parserFor(io, words, pending).parseAsync(words, {}, (_error: unknown, _argv: unknown, output: string) => {
      if (output !== '') io.stdout.write(`${output}\n`);
    });
  } catch (thrown) {
    if (!isCompletion(words)) return report(io, thrown);
  }
  await Promise.all(pending);
  return 0;
}

function report(io: Io, thrown: unknown): number {
  const isMisuse = thrown instanceof Error && thrown.name === 'YError';
  const failure = failureOf(isMisuse ? misused(thrown.message) : thrown, io.signal);
  io.stderr.write(`Error: ${failure.message}\n${failure.hint ? `Hint: ${failure.hint}\n` : ''}`);
  return failure.exitCode;
}

/** `help CMD` means `CMD --help`, and `--version` the command `version`. */
function rewritten(args: readonly string[]): readonly string[] {
  const [first, ...rest] = args;
  if (first === 'help') return isCommand(rest[0]) ? [...rest, '--help'] : rest;
  return first === '--version' ? ['version', '--client', ...rest] : args;
}

/** The parser takes a single `-` for an argument of its own and not for the value of a flag: `-f -` becomes `-f=-`. */
function withStandardInput(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, i) => {
    if (arg === '-' && /^--?[^-=]+$/.test(args[i - 1] ?? '')) return [];
    return args[i + 1] === '-' && /^--?[^-=]+$/.test(arg) ? [`${arg}=-`] : [arg];
  });
}

const isCommand = (word: string | undefined): boolean =>
  word === undefined || word.startsWith('-') || namesOf().includes(word);

const namesOf = (): readonly string[] =>
  entries.flatMap(({ command, aliases = [] }) => [command.split(' ')[0] ?? '', ...aliases]);

function parserFor(io: Io, args: readonly string[], pending: Promise<void>[]): Argv {
  const parser = yargs([...args])
    .scriptName('vela')
    .usage('$0 <command>: deliver applications with a fleet of controllers');
  return entries
    .reduce((argv, entry) => argv.command(lazily(io, entry)), parser)
    .completion('__complete', false as never, complete(io, (work) => pending.push(work)) as never)
    .middleware((argv) => {
      // the parser runs the command of a line that is being completed, which must do nothing
      if (isCompletion(args)) throw new Error('a line is being completed');
      readGivenFlags(argv, declaredFlags(parser));
    })
    .demandCommand(1, 'which command? See vela --help')
    .recommendCommands()
    .strictCommands()
    .strictOptions()
    .version(false)
    .help()
    .alias('h', 'help')
    .wrap(Math.min(120, process.stdout.columns || 100))
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      // a word that is being completed is no command yet
      if (isCompletion(args)) return;
      const problem = message ?? (error?.name === 'YError' ? error.message : undefined);
      throw problem === undefined ? (error ?? usageFailure('the command line is not understood')) : misused(problem);
    });
}

const isCompletion = (args: readonly string[]): boolean => args.includes('--get-yargs-completions');

/** The parser has them, although its types do not say so. */
const declaredFlags = (parser: object): DeclaredFlags => (parser as { getOptions: () => DeclaredFlags }).getOptions();

/** The parser's sentences, as this command words them. */
function misused(problem: string): Error {
  const [, near] = /^Did you mean (.+)\?$/.exec(problem) ?? [];
  const text = near === undefined ? problem : `unknown command; did you mean "${near}"`;
  return usageFailure(text.charAt(0).toLowerCase() + text.slice(1));
}
