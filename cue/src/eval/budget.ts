/** What one evaluation may use. Deterministic: the same program uses the same. */
export interface Limits {
  readonly steps: number;
  readonly depth: number;
  readonly bytes: number;
}

export const DEFAULT_LIMITS: Limits = { steps: 500_000, depth: 300, bytes: 64 * 1024 * 1024 };

/** The evaluation used more than its limits. The only thing that the evaluator throws. */
export class CueBudgetError extends Error {
  readonly limit: keyof Limits;
  /** What the limit is. */
  readonly value: number;
  /** The path of the field that was in evaluation. */
  path: string;

  constructor(limit: keyof Limits, value: number, path = '') {
    super(`evaluation exceeds its budget of ${value} ${limit}`);
    this.name = 'CueBudgetError';
    this.limit = limit;
    this.value = value;
    this.path = path;
  }
}

/** What the parts of an evaluation hold, about, in bytes. */
export const BYTES = {
  /** A value with its place in the struct or list around it. */
  vertex: 420,
  /** The state of a struct, list or disjunction. */
  node: 700,
  /** A declaration that was added to a value, with what led to it. */
  conjunct: 80,
  /** An iteration of a comprehension. */
  iteration: 200,
  error: 200,
  /** A struct or list of exported data, and each entry of it. */
  data: 200,
  entry: 40,
} as const;

export class Budget {
  readonly limits: Limits;
  steps = 0;
  bytes = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  step(count = 1): void {
    this.steps += count;
    if (this.steps > this.limits.steps) throw new CueBudgetError('steps', this.limits.steps);
  }

  /** Memory that a value holds. */
  allocate(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.limits.bytes) throw new CueBudgetError('bytes', this.limits.bytes);
  }

  enter(depth: number): void {
    if (depth > this.limits.depth) throw new CueBudgetError('depth', this.limits.depth);
  }
}
