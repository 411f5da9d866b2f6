import { dump } from 'js-yaml';
import type { Argv } from 'yargs';
import { printLine } from './io.ts';
import type { Io } from './io.ts';

export type OutputFormat = 'json' | 'yaml' | 'wide' | undefined;

/** Adds `-o`. */
export function outputOption<T>(argv: Argv<T>): Argv<T & { output: OutputFormat }> {
  return argv.option('output', {
    alias: 'o',
    choices: ['json', 'yaml', 'wide'] as const,
    describe: 'Print objects instead of a summary, or more columns',
  });
}

/** Prints a value as JSON or YAML and returns true; returns false when the format asks for a summary. */
export function printValue(io: Io, format: OutputFormat, value: unknown): boolean {
  if (format === 'json') printLine(io, JSON.stringify(value, null, 2));
  else if (format === 'yaml') io.stdout.write(dump(value, { noRefs: true, lineWidth: 120 }));
  return format === 'json' || format === 'yaml';
}
