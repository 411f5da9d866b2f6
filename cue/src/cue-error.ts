import type { Bottom, ErrorCode, Position, Vertex } from './eval/model.ts';
import { pathOf } from './eval/print.ts';

/** An error of an evaluation, as `cue` prints it: path, message, positions. */
export class CueError extends Error {
  readonly code: ErrorCode;
  readonly path: string;
  /** Path and message in one line, without positions and causes. */
  readonly summary: string;
  readonly positions: readonly string[];
  /** The errors of the alternatives of a disjunction. */
  readonly causes: readonly CueError[];
  #all: (() => readonly CueError[]) | undefined;

  constructor(bottom: Bottom, asked: Vertex, all?: () => readonly CueError[]) {
    const path = pathOf(bottom.vertex ?? asked);
    const positions = formatPositions(bottom.positions);
    const head = path === '' ? bottom.message : `${path}: ${bottom.message}`;
    const causes = bottom.causes.map((cause) => new CueError(cause, bottom.vertex ?? asked));
    super(
      [
        head + (positions.length > 0 || causes.length > 0 ? ':' : ''),
        ...positions.map((p) => `    ${p}`),
        ...causes.map((c) => c.message),
      ].join('\n'),
    );
    this.name = 'CueError';
    this.code = bottom.code;
    this.path = path;
    this.summary = head;
    this.positions = positions;
    this.causes = causes;
    this.#all = all;
  }

  /** This error and all others of the value that was asked for, as `cue vet` lists them. */
  get all(): readonly CueError[] {
    const all = this.#all?.() ?? [];
    return all.length > 0 ? all : [this];
  }
}

/** Positions in order, each once. */
function formatPositions(positions: readonly Position[]): string[] {
  const sorted = [...positions].sort((a, b) =>
    a.source === b.source ? a.offset - b.offset : a.source.name < b.source.name ? -1 : 1,
  );
  return [...new Set(sorted.map((p) => p.source.format(p.offset)))];
}

const UNPLACED =
  /^(conflicting values|field not allowed|\d+ errors in empty disjunction|incomplete value|field is required)/;

/** Errors, each once, in the order of `cue`: those of several values by path, then the others by position. */
export function listErrors(found: readonly Bottom[], asked: Vertex): CueError[] {
  const listed = new Map<string, { error: CueError; offset: number }>();
  for (const bottom of found) {
    const error = new CueError(bottom, asked);
    const offset = UNPLACED.test(bottom.message) ? -1 : (bottom.positions[0]?.offset ?? -1);
    if (!listed.has(error.message)) listed.set(error.message, { error, offset });
  }
  return Array.from(listed.values())
    .sort((a, b) => a.offset - b.offset || comparePaths(a.error.path, b.error.path))
    .map(({ error }) => error);
}

function comparePaths(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
