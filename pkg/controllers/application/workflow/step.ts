import { ApiError } from '../../../apis/api-error.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { Application } from '../../../apis/application.ts';
import type { ServiceStatus } from '../../../apis/application-status.ts';
import type { Json, JsonObject, KubeObject } from '../../../apis/meta.ts';
import { schematicOf } from '../../../apis/definition.ts';
import type { WorkflowStepDefinition } from '../../../apis/workflow-step-definition.ts';
import { DispatchError } from '../../../dispatch/dispatch-error.ts';
import { revisionNumber } from '../../../revision/content.ts';
import { publishVersionOf } from '../../../revision/decide.ts';
import { contentHash } from '../../../revision/hash.ts';
import type { StepEnd } from '../../../render/step.ts';
import type { PlannedStep } from '../../../workflow/plan.ts';
import type { Run } from '../../../workflow/run.ts';
import type { FailureReason, Outcome } from '../../../workflow/settle.ts';
import { suspendMark } from '../../../workflow/suspend.ts';
import type { Variables } from '../../../workflow/variables.ts';
import { outputValues, withInputs } from '../../../workflow/variables.ts';
import { stepActor } from './actions/actor.ts';
import type { ActionContext } from './actions/context.ts';
import type { ComponentOutcome } from '../component/deliver.ts';
import { deliverComponent } from '../component/deliver.ts';
import { deploy } from './deploy.ts';
import { isTransient, messageOf } from '../status/failure.ts';
import { placementOf } from '../component/place.ts';
import { RenderProblem } from '../component/placement.ts';
import { stepManifest } from '../component/render.ts';
import type { ApplicationDeps } from '../deps.ts';
import type { Capabilities, Prepared } from '../stages.ts';

/** One attempt to execute a step. */
interface Execution {
  readonly prepared: Prepared;
  readonly step: PlannedStep;
  readonly run: Run;
  readonly capabilities: Capabilities;
}

/** The result of one attempt. */
export interface StepResult {
  readonly outcome: Outcome;
  readonly services: readonly ServiceStatus[];
}

/** Executes a step once. Failures of the network or of the API server are thrown: they say nothing about the step. */
export async function executeStep(execution: Execution): Promise<StepResult> {
  const { prepared, step, run, capabilities } = execution;
  try {
    return await execute(withInputs(step, run.variables, workflowContext(prepared, capabilities.deps)), execution);
  } catch (error) {
    return { outcome: outcomeOfError(error), services: [] };
  }
}

/** The `context` of expressions, inputs and templates of steps. */
export function workflowContext(
  { app, revision }: Prepared,
  { clusterVersion }: Pick<ApplicationDeps, 'clusterVersion'>,
): JsonObject {
  const { name = '', namespace = '', labels: appLabels = {}, annotations: appAnnotations = {} } = app.metadata;
  const appRevision = revision.metadata.name ?? '';
  return {
    name,
    appName: name,
    namespace,
    appRevision,
    appRevisionNum: revisionNumber(appRevision),
    appLabels,
    appAnnotations,
    workflowName: appAnnotations['app.oam.dev/workflowName'] ?? '',
    publishVersion: publishVersionOf(app),
    cluster: '',
    clusterVersion: { ...clusterVersion },
  };
}

async function execute(properties: JsonObject, execution: Execution): Promise<StepResult> {
  const { prepared, step, capabilities } = execution;
  if (isComponentStep(step.type)) {
    const delivered = await deliverComponent(prepared, placementOf(properties, prepared.parsed), capabilities);
    return { outcome: await outcomeOf(delivered, execution), services: [delivered.service] };
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

const isComponentStep = (type: string): boolean => type === 'apply-component' || type === 'builtin-apply-component';

const failed = (reason: FailureReason, message: string, variables: Variables = {}): Outcome => ({
  kind: 'failed',
  reason,
  message,
  variables,
});

/** A component that is not ready has outputs already, for the case that the step ends without it. */
async function outcomeOf({ waitingFor, produced }: ComponentOutcome, execution: Execution): Promise<Outcome> {
  const outcome = await finished(produced, execution);
  if (waitingFor === undefined) return outcome;
  const variables = outcome.kind === 'suspended' ? {} : outcome.variables;
  return { kind: 'waiting', message: 'wait healthy', ...(variables && { variables }) };
}

/** Outputs that are null put their problems in the place of the step's message, as in KubeVela. */
async function finished(
  produced: JsonObject,
  { prepared, step, capabilities: { deps } }: Execution,
  message = '',
): Promise<Outcome> {
  const scope = { parameter: step.properties, context: workflowContext(prepared, deps), ...produced };
  const { variables, problems } = await outputValues(step.outputs, scope, deps.engines.expressions);
  const said = problems === '' ? message : problems;
  return { kind: 'succeeded', variables, ...(said !== '' && { message: said }) };
}

/** Deploys at once, or after the approval that `auto: false` asks for. */
async function deployWhenApproved(execution: Execution): Promise<StepResult> {
  const { prepared, step, run, capabilities } = execution;
  const id = run.steps.get(step.name)?.id ?? '';
  if (step.properties['auto'] === false && run.marks[suspendMark(id, 'suspend')] === undefined) {
    const message = 'Suspended by field suspend';
    return { outcome: { kind: 'suspended', message, label: 'suspend' }, services: [] };
  }
  const { outcome, services } = await deploy(prepared, step, run.variables, capabilities);
  if (outcome.kind !== 'succeeded') return { outcome, services };
  const own = await finished({}, execution);
  return { outcome: { ...own, effects: { variables: outcome.variables ?? {} } }, services };
}

/** A step that is what its definition says. */
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
  };
  const actor = stepActor(context, step.outputs.length > 0);
  const template = { name: step.type, schematic: schematicOf(definition.spec) };
  const input = { parameter: properties, context: stepContext(execution) };
  try {
    const end = await capabilities.deps.engines.cue.runStep(template, input, actor);
    const { variables, marks, services } = context;
    reportIgnored(end, context);
    return { outcome: { ...(await outcomeOfEnd(end, execution)), effects: { variables, marks } }, services };
  } catch (error) {
    return { outcome: outcomeOfError(error), services: context.services };
  }
}

/** A step that succeeds in spite of errors reports them by an Event: its message is the template's. */
function reportIgnored(end: StepEnd, { step, notes, prepared, capabilities }: ActionContext): void {
  if (end.kind !== 'succeeded') return;
  const ignored = [...notes, ...(end.ignored ?? [])];
  if (ignored.length === 0) return;
  const message = `step "${step.name}" succeeded in spite of: ${ignored.join('; ')}`;
  capabilities.deps.events.event(prepared.app, 'Warning', 'StepIgnoredErrors', message);
}

async function outcomeOfEnd(end: StepEnd, execution: Execution): Promise<Outcome> {
  if (end.kind === 'suspended') return end;
  const outcome = await finished(end.produced ?? {}, execution, end.message);
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

/** The session id is the same in every attempt of one run. */
function stepContext({ prepared, step: { name }, run, capabilities }: Execution): JsonObject {
  const { uid = '' } = prepared.app.metadata;
  const stepSessionID = contentHash([uid, run.appRevision, run.startTime, name]).slice(0, 10);
  const context = workflowContext(prepared, capabilities.deps);
  return { ...context, stepName: name, stepSessionID, stepGroupName: '', spanID: stepSessionID };
}

function outcomeOfError(error: unknown): Outcome {
  if (error instanceof RenderProblem) return failed('Execute', error.message);
  if (error instanceof DispatchError && error.reason === 'Terminating')
    return { kind: 'waiting', message: error.message };
  if (isTransient(error) || !isExpected(error)) throw error;
  return failed('Execute', messageOf(error));
}

const isExpected = (error: unknown): boolean =>
  error instanceof ApiError || error instanceof DispatchError || error instanceof AggregateError;

async function applyObject(properties: JsonObject, execution: Execution): Promise<Outcome> {
  const { prepared, step, capabilities } = execution;
  const value = asManifest(properties['value']);
  if (!value) return failed('Execute', `step "${step.name}" needs a value with apiVersion, kind and metadata`);
  const metadata = { namespace: 'default', ...value.metadata };
  const manifest = stepManifest(prepared, { ...value, metadata });
  const [delivered] = await capabilities.keeper.dispatch([manifest], capabilities.signal);
  const live = (delivered?.live ?? null) as unknown as Json;
  return finished({ output: live, value: live }, execution);
}

function asManifest(value: Json | undefined): KubeObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { apiVersion, kind, metadata } = value as JsonObject;
  const isComplete = typeof apiVersion === 'string' && typeof kind === 'string' && typeof metadata === 'object';
  return isComplete ? (value as unknown as KubeObject) : undefined;
}

async function dependsOnApp(properties: JsonObject, { prepared: { app }, capabilities }: Execution): Promise<Outcome> {
  const { author, signal } = capabilities;
  const { name, namespace } = properties;
  if (typeof name !== 'string') return failed('Execute', 'depends-on-app needs the name of an application');
  const target = { name, namespace: typeof namespace === 'string' ? namespace : app.metadata.namespace };
  const { items } = await author.list<Application>(applicationResource, {
    namespace: target.namespace,
    fieldSelector: `metadata.name=${name}`,
    signal,
  });
  const phase = items[0]?.status?.status;
  if (phase === 'running') return { kind: 'succeeded' };
  return { kind: 'waiting', message: `application ${target.namespace ?? ''}/${name} is ${phase ?? 'not there'}` };
}
