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

  constructor(bottom: Bottom, asked: Vertex) {
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
  }
}

/** Positions in order, each once. */
function formatPositions(positions: readonly Position[]): string[] {
  const sorted = [...positions].sort((a, b) =>
    a.source === b.source ? a.offset - b.offset : a.source.name < b.source.name ? -1 : 1,
  );
  return [...new Set(sorted.map((p) => p.source.format(p.offset)))];
}
