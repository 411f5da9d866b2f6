import { toJson } from '../../src/builtin/json-write.ts';
import { compile, CueBudgetError, CueCompileError, CueError, CueSyntaxError } from '../../src/index.ts';
import type { OurAnswer, Outcome } from '../differential/ours.ts';
import type { Parameter } from './templates.ts';
import { CONTEXT } from './templates.ts';

export const PATHS = ['output', 'outputs', 'patch', 'patchOutputs'];

/** What a template yields for a parameter. */
export function outcomeOf(source: string, parameter: Parameter): OurAnswer {
  try {
    const template = compile(source, { inputs: ['parameter', 'context'] });
    const evaluation = template.evaluate({ parameter: parameter as never, context: CONTEXT as never });
    // as a controller does: an error anywhere that nothing can mend is an error of the whole
    const { error } = evaluation.root;
    if (error !== undefined && error.code !== 'incomplete' && error.code !== 'cycle')
      return { outcomes: PATHS.map(() => ({ error: error.code, message: error.message })) };
    return { outcomes: PATHS.map((path) => outcomeAt(() => evaluation.lookup(path))) };
  } catch (error) {
    if (error instanceof CueSyntaxError || error instanceof CueCompileError) return { compile: error.message };
    return { crash: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function outcomeAt(find: () => ReturnType<ReturnType<ReturnType<typeof compile>['evaluate']>['lookup']>): Outcome {
  try {
    const node = find();
    if (node === undefined) return { error: 'absent' };
    if (node.error !== undefined) return { error: node.error.code, message: node.error.message };
    return { value: toJson(node.data()) };
  } catch (error) {
    if (error instanceof CueError) return { error: error.code, message: error.message };
    if (error instanceof CueBudgetError) return { error: 'budget', message: error.message };
    throw error;
  }
}

/** The values without the order of fields, and the classes of errors. */
export function comparable({ compile: problem, crash, outcomes }: OurAnswer): unknown {
  if (problem !== undefined) return 'compile';
  return crash ?? outcomes?.map(({ value, error }) => (value === undefined ? error : (JSON.parse(value) as unknown)));
}
