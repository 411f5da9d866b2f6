import type { JsonObject } from '../../../../machinery/src/meta.ts';
import { schematicOf } from '../../../apis/definition.ts';
import type { WorkflowStepDefinition } from '../../../apis/workflow-step-definition.ts';
import type { StepEnd } from '../../../render/step.ts';
import { invalidOutput, withInputs } from '../../../workflow/variables.ts';
import { deliverComponent } from '../component/deliver.ts';
import { placementOf } from '../component/place.ts';
import type { Placement } from '../component/placement.ts';
import { stepActor } from './actions/actor.ts';
import type { ActionContext } from './actions/context.ts';
import { applyObject, dependsOnApp, deployWhenApproved } from './builtin-steps.ts';
import type { Execution, StepResult } from './execution.ts';
import { stepContext, workflowContext } from './execution.ts';
import { failed, outcomeOfComponent, outcomeOfEnd, outcomeOfError } from './outcome.ts';

/** Executes a step once. Failures of the network or of the API server are thrown: they say nothing about the step. */
export async function executeStep(execution: Execution): Promise<StepResult> {
  const { prepared, step, run, capabilities } = execution;
  const invalid = await invalidOutput(step.outputs, capabilities.deps.engines.expressions);
  if (invalid !== undefined) return { outcome: failed('Expression', invalid), services: [] };
  try {
    return await execute(withInputs(step, run.variables, workflowContext(prepared, capabilities.deps)), execution);
  } catch (error) {
    return { outcome: outcomeOfError(error), services: [] };
  }
}

async function execute(properties: JsonObject, execution: Execution): Promise<StepResult> {
  const { prepared, step, capabilities } = execution;
  if (isComponentStep(step.type)) {
    const delivered = await deliverComponent(prepared, placementOf(properties, prepared.parsed), capabilities);
    return { outcome: await outcomeOfComponent(delivered, execution), services: [delivered.service] };
  }
  const definition = prepared.parsed.definitions.workflowStepDefinitions[step.type];
  if (definition && schematicOf(definition.spec)?.cue) {
    return executeDefined(properties, { definition, ...execution });
  }
  switch (step.type) {
    case 'deploy':
      return deployWhenApproved(execution);
    case 'apply-object':
      return { outcome: await applyObject(properties, execution), services: [] };
    case 'depends-on-app':
      return { outcome: await dependsOnApp(properties, execution), services: [] };
    default: {
      const message = `step type "${step.type}" has no template in CUE, which a workflow step needs`;
      return { outcome: failed('Execute', message), services: [] };
    }
  }
}

export const isComponentStep = (type: string): boolean =>
  type === 'apply-component' || type === 'builtin-apply-component';

/** The component that a step delivers; undefined for other steps, and where its properties are wrong. */
export function placementOfStep({ prepared, step, run, capabilities }: Execution): Placement | undefined {
  if (!isComponentStep(step.type)) return undefined;
  try {
    const properties = withInputs(step, run.variables, workflowContext(prepared, capabilities.deps));
    return placementOf(properties, prepared.parsed);
  } catch {
    return undefined;
  }
}

/** Executes the template of a step. */
async function executeDefined(
  properties: JsonObject,
  execution: Execution & { readonly definition: WorkflowStepDefinition },
): Promise<StepResult> {
  const { prepared, definition, step, run, capabilities } = execution;
  const context: ActionContext = {
    prepared,
    capabilities,
    step,
    run,
    variables: {},
    marks: {},
    calls: {},
    notes: [],
    services: [],
    environments: [],
  };
  const actor = stepActor(context, step.outputs.length > 0);
  const template = { name: step.type, schematic: schematicOf(definition.spec) };
  const input = { parameter: properties, context: stepContext(execution) };
  try {
    const end = await capabilities.deps.engines.cue.runStep(template, input, actor);
    const { variables, marks, services, environments, notes } = context;
    reportIgnored(end, context);
    return {
      outcome: { ...(await outcomeOfEnd(withNotes(end, notes), execution)), effects: { variables, marks } },
      services,
      environments,
    };
  } catch (error) {
    return { outcome: outcomeOfError(error), services: context.services, environments: context.environments };
  }
}

/** A step that succeeds although an action failed shows that where it has no message of its own. */
const withNotes = (end: StepEnd, notes: readonly string[]): StepEnd =>
  end.kind === 'succeeded' && end.message === '' && notes.length > 0 ? { ...end, message: notes.join('; ') } : end;

/** A step that succeeds in spite of errors reports all of them by an Event. */
function reportIgnored(end: StepEnd, { step, notes, prepared, capabilities }: ActionContext): void {
  if (end.kind !== 'succeeded') return;
  const ignored = [...notes, ...(end.ignored ?? [])];
  if (ignored.length === 0) return;
  const message = `step "${step.name}" succeeded in spite of: ${ignored.join('; ')}`;
  capabilities.deps.events.event(prepared.app, 'Warning', 'StepIgnoredErrors', message);
}
