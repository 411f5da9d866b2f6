import { ApiError } from '../../../apis/api-error.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { Application } from '../../../apis/application.ts';
import type { ServiceStatus } from '../../../apis/application-status.ts';
import type { Json, JsonObject, KubeObject } from '../../../apis/meta.ts';
import { labels } from '../../../apis/names.ts';
import type { WorkflowStepDefinition } from '../../../apis/workflow-step-definition.ts';
import { DispatchError } from '../../../dispatch/dispatch-error.ts';
import { ownedManifest } from '../../../dispatch/manifest.ts';
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
import type { ComponentOutcome } from '../component/component.ts';
import { deliverComponent } from '../component/component.ts';
import { deploy } from './deploy.ts';
import { isTransient, messageOf } from '../status/failure.ts';
import { userClient } from '../ownership/identity.ts';
import { placementOf } from '../component/place.ts';
import { RenderProblem } from '../component/placement.ts';
import type { Session } from '../session.ts';

/** What executing a step once came to. */
export interface StepResult {
  readonly outcome: Outcome;
  readonly services: readonly ServiceStatus[];
}

/** Executes a step once. Failures of the network or of the API server are thrown: they say nothing about the step. */
export async function executeStep(step: PlannedStep, run: Run, session: Session): Promise<StepResult> {
  try {
    return await execute(step, withInputs(step, run.variables, workflowContext(session)), { run, session });
  } catch (error) {
    return { outcome: outcomeOfError(error), services: [] };
  }
}

/** The `context` of expressions, inputs and templates of steps. */
export function workflowContext({ app, revision, deps }: Session): JsonObject {
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
    clusterVersion: { ...deps.clusterVersion },
  };
}

interface Execution {
  readonly run: Run;
  readonly session: Session;
}

async function execute(step: PlannedStep, properties: JsonObject, execution: Execution): Promise<StepResult> {
  const { run, session } = execution;
  if (isComponentStep(step.type)) {
    const delivered = await deliverComponent(placementOf(properties, session.parsed), session);
    return { outcome: await outcomeOf(step, delivered, session), services: [delivered.service] };
  }
  const definition = session.parsed.definitions.workflowStepDefinitions[step.type];
  if (definition?.spec.schematic?.cue) {
    return executeDefined(step, properties, { definition, ...execution });
  }
  switch (step.type) {
    case 'deploy':
      return deployWhenApproved(step, run, session);
    case 'apply-object':
      return { outcome: await applyObject(step, properties, session), services: [] };
    case 'depends-on-app':
      return { outcome: await dependsOnApp(properties, session), services: [] };
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
async function outcomeOf(
  step: PlannedStep,
  { waitingFor, produced }: ComponentOutcome,
  session: Session,
): Promise<Outcome> {
  const outcome = await finished(step, produced, session);
  if (waitingFor === undefined) return outcome;
  const variables = outcome.kind === 'suspended' ? {} : outcome.variables;
  return { kind: 'waiting', message: 'wait healthy', ...(variables && { variables }) };
}

/** Outputs that are null say why in the message of the step, as in KubeVela, in the place of what the step says. */
async function finished(step: PlannedStep, produced: JsonObject, session: Session, message = ''): Promise<Outcome> {
  const { expressions } = session.deps.engines;
  const scope = { parameter: step.properties, context: workflowContext(session), ...produced };
  const { variables, problems } = await outputValues(step.outputs, scope, expressions);
  const said = problems === '' ? message : problems;
  return { kind: 'succeeded', variables, ...(said !== '' && { message: said }) };
}

/** Deploys at once, or after the approval that `auto: false` asks for. */
async function deployWhenApproved(step: PlannedStep, run: Run, session: Session): Promise<StepResult> {
  const id = run.steps.get(step.name)?.id ?? '';
  if (step.properties['auto'] === false && run.marks[suspendMark(id, 'suspend')] === undefined) {
    const message = `Waiting approval to the deploy step "${step.name}"`;
    return { outcome: { kind: 'suspended', message, label: 'suspend' }, services: [] };
  }
  const { outcome, services } = await deploy(step, run.variables, session);
  if (outcome.kind !== 'succeeded') return { outcome, services };
  const own = await finished(step, {}, session);
  return { outcome: { ...own, effects: { variables: outcome.variables ?? {} } }, services };
}

/** A step that is what its definition says. */
async function executeDefined(
  step: PlannedStep,
  properties: JsonObject,
  execution: Execution & { readonly definition: WorkflowStepDefinition },
): Promise<StepResult> {
  const { session, definition, run } = execution;
  const { client: system, options, engines } = session.deps;
  const client = userClient(system, session.app, options);
  const context: ActionContext = {
    session,
    step,
    run,
    client,
    variables: {},
    marks: {},
    calls: {},
    notes: [],
    services: [],
  };
  const actor = stepActor(context, step.outputs.length > 0);
  const template = { name: step.type, schematic: definition.spec.schematic };
  const input = { parameter: properties, context: stepContext(step, execution) };
  try {
    const end = await engines.cue.runStep(template, input, actor);
    const { variables, marks, services } = context;
    reportIgnored(step, end, context);
    return { outcome: { ...(await outcomeOfEnd(step, end, session)), effects: { variables, marks } }, services };
  } catch (error) {
    return { outcome: outcomeOfError(error), services: context.services };
  }
}

/** A step that succeeds in spite of errors reports them by an Event: its message is the template's. */
function reportIgnored(step: PlannedStep, end: StepEnd, { notes, session }: ActionContext): void {
  if (end.kind !== 'succeeded') return;
  const ignored = [...notes, ...(end.ignored ?? [])];
  if (ignored.length === 0) return;
  const message = `step "${step.name}" succeeded in spite of: ${ignored.join('; ')}`;
  session.deps.events.event(session.draft.app, 'Warning', 'StepIgnoredErrors', message);
}

async function outcomeOfEnd(step: PlannedStep, end: StepEnd, session: Session): Promise<Outcome> {
  if (end.kind === 'suspended') return end;
  const outcome = await finished(step, end.produced ?? {}, session, end.message);
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

/** The id of a session is the same in every attempt of one run. */
function stepContext({ name }: PlannedStep, { run, session }: Execution): JsonObject {
  const { uid = '' } = session.app.metadata;
  const stepSessionID = contentHash([uid, run.appRevision, run.startTime, name]).slice(0, 10);
  return { ...workflowContext(session), stepName: name, stepSessionID, stepGroupName: '', spanID: stepSessionID };
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

async function applyObject(step: PlannedStep, properties: JsonObject, session: Session): Promise<Outcome> {
  const { app, revision, keeper, signal } = session;
  const value = asManifest(properties['value']);
  if (!value) return failed('Execute', `step "${step.name}" needs a value with apiVersion, kind and metadata`);
  const metadata = { namespace: 'default', ...value.metadata };
  const manifest = ownedManifest(
    { ...value, metadata },
    {
      app,
      revision: revision.metadata.name ?? '',
      revisionHash: revision.metadata.labels?.[labels.appRevisionHash] ?? '',
      component: '',
      componentType: '',
    },
  );
  const [delivered] = await keeper.dispatch([manifest], signal);
  const live = (delivered?.live ?? null) as unknown as Json;
  return finished(step, { output: live, value: live }, session);
}

function asManifest(value: Json | undefined): KubeObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { apiVersion, kind, metadata } = value as JsonObject;
  const isComplete = typeof apiVersion === 'string' && typeof kind === 'string' && typeof metadata === 'object';
  return isComplete ? (value as unknown as KubeObject) : undefined;
}

async function dependsOnApp(properties: JsonObject, session: Session): Promise<Outcome> {
  const { deps, app, signal } = session;
  const { name, namespace } = properties;
  if (typeof name !== 'string') return failed('Execute', 'depends-on-app needs the name of an application');
  const target = { name, namespace: typeof namespace === 'string' ? namespace : app.metadata.namespace };
  const client = userClient(deps.client, app, deps.options);
  const { items } = await client.list<Application>(applicationResource, {
    namespace: target.namespace,
    fieldSelector: `metadata.name=${name}`,
    signal,
  });
  const phase = items[0]?.status?.status;
  if (phase === 'running') return { kind: 'succeeded' };
  return { kind: 'waiting', message: `application ${target.namespace ?? ''}/${name} is ${phase ?? 'not there'}` };
}
