import type { ClusterFlags } from './connect.ts';
import type { Io } from './io.ts';

type Words = ClusterFlags & { readonly _: readonly (string | number)[] };
type Done = (completions: readonly string[]) => void;
type Defaults = (done: (error: Error | null, completions: readonly string[] | undefined) => void) => void;

/**
 * Completes a command line: commands and flags, and names of objects of the cluster where the command takes them. The
 * parser does not wait for the names: `onPending` gets the promise of their end.
 */
export function complete(
  io: Io,
  onPending: (work: Promise<void>) => void,
): (current: string, argv: unknown, defaults: Defaults, done: Done) => void {
  return (current, argv, defaults, done) => {
    defaults((_error, given = []) => {
      const words = argv as Words;
      const own = current.startsWith('-') ? Promise.resolve([]) : namesFor(io, words, current);
      onPending(
        own.then((names) => {
          done([...given, ...names]);
        }),
      );
    });
  };
}

/** Loaded when a line is completed: other commands start faster without it. */
async function namesFor(io: Io, words: Words, current: string): Promise<readonly string[]> {
  const { namesFor: read } = await import('./complete-names.ts');
  return read(io, words, current);
}
