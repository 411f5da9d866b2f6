import { usageFailure } from './failure.ts';

/** What the parser knows of the flags that a command declares. */
export interface DeclaredFlags {
  /** Flags that take several values, with their aliases. */
  readonly array: readonly string[];
  readonly alias: Readonly<Record<string, readonly string[]>>;
}

/** Flags that count as absent where their text is empty, as with kubectl: `-n "$UNSET"`. */
const absentWhenEmpty: readonly string[] = ['kubeconfig', 'context', 'cluster', 'user', 'namespace', 'n'];

/**
 * Brings the flags of a parsed command line to the values that commands expect, in place: a flag that was given several
 * times has its last value, unless it takes several. Throws a usage failure for a number that is none or is negative.
 */
export function readGivenFlags(argv: Record<string, unknown>, { array, alias }: DeclaredFlags): void {
  const lists = new Set(array.flatMap((name) => [name, camelCase(name), ...(alias[name] ?? [])]));
  for (const [name, given] of Object.entries(argv)) {
    if (name === '_' || name === '--' || lists.has(name)) continue;
    const value: unknown = Array.isArray(given) ? given.at(-1) : given;
    if (typeof value === 'number') checkNumber(name, value);
    if (value === '' && absentWhenEmpty.includes(name)) Reflect.deleteProperty(argv, name);
    else argv[name] = value;
  }
}

function checkNumber(name: string, value: number): void {
  const flag = name.length === 1 ? `-${name}` : `--${name}`;
  if (Number.isNaN(value)) throw usageFailure(`${flag} must be a number`);
  if (value < 0) throw usageFailure(`${flag} must not be negative`);
}

const camelCase = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
