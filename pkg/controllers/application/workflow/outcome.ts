import { ApiError } from '../../../apis/api-error.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import { DispatchError } from '../../../dispatch/dispatch-error.ts';
import type { StepEnd } from '../../../render/step.ts';
import type { FailureReason, Outcome } from '../../../workflow/settle.ts';
import type { Variables } from '../../../workflow/variables.ts';
import { outputValues } from '../../../workflow/variables.ts';
import type { ComponentOutcome } from '../component/deliver.ts';
import { RenderProblem } from '../component/placement.ts';
import { isTransient, messageOf } from '../status/failure.ts';
import type { Execution } from './execution.ts';
import { workflowContext } from './execution.ts';

export const failed = (reason: FailureReason, message: string, variables: Variables = {}): Outcome => ({
  kind: 'failed',
  reason,
  message,
  variables,
});

/** A component that is not ready has outputs already, for the case that the step ends without it. */
export async function outcomeOfComponent(
  { waitingFor, produced }: ComponentOutcome,
  execution: Execution,
): Promise<Outcome> {
  const outcome = await succeeded(produced, execution);
  if (waitingFor === undefined) return outcome;
  const variables = outcome.kind === 'suspended' ? {} : outcome.variables;
  return { kind: 'waiting', message: 'wait healthy', ...(variables && { variables }) };
}

/** Outputs that lead nowhere are null, and put their problems in the place of the step's message, as in KubeVela. */
export async function succeeded(
  produced: JsonObject,
  { prepared, step, capabilities: { deps } }: Execution,
  message = '',
): Promise<Outcome> {
  const scope = { parameter: step.properties, context: workflowContext(prepared, deps), ...produced };
  const { variables, problems, invalid } = await outputValues(step.outputs, scope, deps.engines.expressions);
  if (invalid !== undefined) return failed('Expression', invalid, variables);
  const said = problems === '' ? message : problems;
  return { kind: 'succeeded', variables, ...(said !== '' && { message: said }) };
}

/** The outcome of a step with a template. */
export async function outcomeOfEnd(end: StepEnd, execution: Execution): Promise<Outcome> {
  if (end.kind === 'suspended') return end;
  const outcome = await succeeded(end.produced ?? {}, execution, end.message);
  const variables = outcome.kind === 'suspended' ? {} : (outcome.variables ?? {});
  const { message } = end;
  switch (end.kind) {
    case 'succeeded':
      return outcome;
    case 'broke':
      return { kind: 'succeeded', breaks: true, message, variables };
    case 'waiting':
      return { kind: 'waiting', message, variables };
    case 'failed':
      return failed(end.reason, message, variables);
  }
}

/** A failure of the step; an error that the step did not cause is thrown. */
export function outcomeOfError(error: unknown): Outcome {
  if (error instanceof RenderProblem) return failed('Execute', error.message);
  if (error instanceof DispatchError && error.reason === 'Terminating')
    return { kind: 'waiting', message: error.message };
  if (isTransient(error) || !isExpected(error)) throw error;
  return failed('Execute', messageOf(error));
}

const isExpected = (error: unknown): boolean =>
  error instanceof ApiError || error instanceof DispatchError || error instanceof AggregateError;
