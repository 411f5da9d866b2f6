// What our evaluator makes of a program, in the terms of the arbiter.
import { toJson } from '../../src/builtin/json-write.ts';
import { compile, CueBudgetError, CueCompileError, CueError, CueSyntaxError } from '../../src/index.ts';
import type { Evaluation } from '../../src/index.ts';

/** A value as JSON text, or the class of the error that prevents it. */
export interface Outcome {
  readonly value?: string;
  readonly error?: string;
  readonly message?: string;
  readonly path?: string;
}

export interface OurAnswer {
  readonly compile?: string;
  readonly outcomes?: readonly Outcome[];
  /** An exception that is no error of the program. */
  readonly crash?: string;
}

export function evaluateOurs(source: string, paths: readonly string[]): OurAnswer {
  try {
    const evaluation = compile(source).evaluate();
    return { outcomes: paths.map((path) => outcomeAt(evaluation, path)) };
  } catch (error) {
    if (error instanceof CueSyntaxError || error instanceof CueCompileError) return { compile: error.message };
    return { crash: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function outcomeAt(evaluation: Evaluation, path: string): Outcome {
  try {
    const node = path === '' ? evaluation.root : evaluation.lookup(...path.split('.'));
    if (node === undefined) return { error: 'absent' };
    // an error anywhere inside, also in a definition, is an error of the value
    const { error } = node;
    if (error !== undefined) return { error: error.code, message: error.message, path: error.path };
    return { value: toJson(node.data()) };
  } catch (error) {
    if (error instanceof CueError) return { error: error.code, message: error.message, path: error.path };
    if (error instanceof CueBudgetError) return { error: 'budget', message: error.message };
    throw error;
  }
}
