import type { ArgumentsCamelCase, Argv } from 'yargs';

/** A property that no parser has: its name is in the message of the compiler. */
interface Undeclared<Names> {
  readonly 'flags that are not declared, or have another type': Names;
}

/** The names of `Flags` that a parser of `T` does not yield. */
type Missing<Flags, T> = {
  [Name in keyof Flags]: Pick<ArgumentsCamelCase<T>, Name & keyof ArgumentsCamelCase<T>> extends Pick<Flags, Name>
    ? never
    : Name;
}[keyof Flags];

/**
 * The parser, typed by the flags that a command reads: in camel case, and no more than it needs. Does not compile where
 * one of them is not declared or has another type.
 */
export function declared<Flags, T>(
  argv: Argv<T> & ([Missing<Flags, T>] extends [never] ? unknown : Undeclared<Missing<Flags, T>>),
): Argv<Flags> {
  return argv as unknown as Argv<Flags>;
}
