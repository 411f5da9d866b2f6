import { parseDuration } from '../../pkg/workflow/duration.ts';
import type { Flag } from './flags.ts';

export type FlagValue = string | number | boolean | readonly string[];

export interface ParsedFlags {
  readonly values: Readonly<Record<string, FlagValue>>;
  /** Names of the flags that were given. */
  readonly given: readonly string[];
  /** Words that no flag of the table explains; the process goes on without them. */
  readonly unknown: readonly string[];
  /** Values that cannot be read. */
  readonly problems: readonly string[];
}

const truths: Readonly<Record<string, boolean>> = { true: true, t: true, 1: true, false: false, f: false, 0: false };

/**
 * Reads a command line as pflag does with unknown flags allowed: `--name value`, `--name=value`, switches bare, one dash
 * as good as two. Of a flag given twice the last one counts; lists gather.
 */
export function parseFlags(argv: readonly string[], table: readonly Flag[]): ParsedFlags {
  const byName = new Map(table.map((flag) => [flag.name, flag]));
  const given = new Map<string, string[]>();
  const unknown: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? '';
    const [, name = '', value] = /^--?([^=]+)(?:=([^]*))?$/.exec(word) ?? [];
    const flag = byName.get(name);
    const next = argv[i + 1];
    const takesNext = value === undefined && flag?.kind !== 'truth' && next !== undefined && !next.startsWith('-');
    if (!flag) unknown.push(word);
    else given.set(name, [...(given.get(name) ?? []), value ?? (takesNext ? next : '')]);
    if (takesNext && name !== '') i += 1;
  }
  const problems: string[] = [];
  const values = Object.fromEntries(table.map((flag) => [flag.name, read(flag, given.get(flag.name), problems)]));
  return { values, given: [...given.keys()], unknown, problems };
}

function read(flag: Flag, texts: readonly string[] | undefined, problems: string[]): FlagValue {
  if (flag.kind === 'list') return (texts ?? [flag.fallback]).flatMap((text) => splitList(text));
  const text = texts?.at(-1);
  const value = convert(flag, text ?? flag.fallback);
  if (value !== undefined) return value;
  problems.push(`--${flag.name}: "${text ?? ''}" is not ${expected[flag.kind]}`);
  return convert(flag, flag.fallback) ?? '';
}

const expected: Readonly<Record<Flag['kind'], string>> = {
  text: 'text',
  truth: 'true or false',
  integer: 'a whole number',
  workers: 'a whole number or auto',
  number: 'a number',
  duration: 'a duration such as 30s or 5m',
  list: 'a list',
};

/** More than this one process, which has one CPU, does not keep busy; how many of them are used is found out. */
const autoWorkers = 32;

function convert(flag: Flag, text: string): string | number | boolean | undefined {
  switch (flag.kind) {
    case 'truth':
      return text === '' ? true : truths[text.toLowerCase()];
    case 'integer':
      return /^[-+]?\d+$/.test(text) ? Number(text) : undefined;
    case 'workers':
      return text === 'auto' ? autoWorkers : convert({ ...flag, kind: 'integer' }, text);
    case 'number':
      return text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case 'duration':
      return parseDuration(text);
    default:
      return text;
  }
}

export function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
