import { dump } from 'js-yaml';
import type { Argv } from 'yargs';
import { usageFailure } from './failure.ts';
import { printLine } from './io.ts';
import type { Io } from './io.ts';

export type OutputFormat = 'json' | 'yaml' | 'wide' | 'name' | undefined;

/** Adds `-o`. */
export function outputOption<T>(argv: Argv<T>): Argv<T & { output: OutputFormat }> {
  return argv.option('output', {
    alias: 'o',
    choices: ['json', 'yaml', 'wide', 'name'] as const,
    describe: 'Print objects or their names instead of a summary, or more columns',
  });
}

/**
 * Prints a value as JSON, YAML or names and returns true; returns false when the format asks for a summary. Throws a usage
 * failure for the names of something that has none.
 */
export function printValue(io: Io, format: OutputFormat, value: unknown): boolean {
  if (format === 'json') printLine(io, JSON.stringify(value, null, 2));
  else if (format === 'yaml') io.stdout.write(dump(value, { noRefs: true, lineWidth: 120 }));
  else if (format === 'name') for (const name of namesIn(value)) printLine(io, name);
  return format !== undefined && format !== 'wide';
}

interface Nameable {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  readonly items?: readonly Nameable[];
  readonly name?: string;
  readonly shard?: string;
}

/** `application.core.oam.dev/web` for an object, as kubectl prints it; the plain name for anything else. */
function namesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  const { apiVersion = '', kind = '', metadata, items, name, shard } = value as Nameable;
  if (items) {
    // the items of a list carry no kind of their own
    const ofItem = { apiVersion, kind: kind.replace(/List$/, '') };
    return items.flatMap((item) => namesIn({ ...ofItem, ...item }));
  }
  if (metadata?.name === undefined) {
    const own = name ?? shard;
    if (own === undefined) throw usageFailure('-o name: this command prints nothing that has a name; use json or yaml');
    return [own];
  }
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  return [`${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${metadata.name}`];
}
