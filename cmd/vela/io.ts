import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../machinery/src/clock/clock.ts';

/** What a command needs of the process around it; tests pass their own. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether stdout is a terminal: progress is then redrawn in place. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of deadlines, pauses and ages. */
  readonly clock: Clock;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
}

/** How a command ends when it does not end well. */
export const exitCodes = { failure: 1, usage: 2, notFound: 3, notReady: 4 } as const;

/** A failure that the user can act on: printed as `Error: message` and a hint, without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  readonly hint: string | undefined;

  constructor(
    message: string,
    options: { readonly hint?: string; readonly exitCode?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? exitCodes.failure;
    this.hint = options.hint;
  }
}

export function printLine(io: Io, text = ''): void {
  io.stdout.write(`${text}\n`);
}

/**
 * Prints left-aligned columns two blanks apart, without trailing blanks; the first row is the heading. A text of several
 * lines is printed as one.
 */
export function printTable(io: Io, table: readonly (readonly string[])[]): void {
  const rows = table.map((row) => row.map((cell) => cell.replace(/\s*[\r\n]+\s*/g, ' ').trimEnd()));
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  for (const row of rows)
    printLine(
      io,
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
