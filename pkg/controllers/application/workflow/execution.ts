import type { ServiceStatus } from '../../../apis/application-status.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import { revisionNumber } from '../../../revision/content.ts';
import { publishVersionOf } from '../../../revision/decide.ts';
import { contentHash } from '../../../revision/hash.ts';
import type { PlannedStep } from '../../../workflow/plan.ts';
import type { Run } from '../../../workflow/run.ts';
import type { Outcome } from '../../../workflow/settle.ts';
import type { PlacedEnvironment } from '../status/environment-status.ts';
import type { ApplicationDeps } from '../deps.ts';
import type { Capabilities, Prepared } from '../stages.ts';

/** One attempt to execute a step. */
export interface Execution {
  readonly prepared: Prepared;
  readonly step: PlannedStep;
  readonly run: Run;
  readonly capabilities: Capabilities;
}

/** The result of one attempt. */
export interface StepResult {
  readonly outcome: Outcome;
  readonly services: readonly ServiceStatus[];
  /** The environments that actions delivered to. */
  readonly environments?: readonly PlacedEnvironment[];
}

/** The `context` of expressions, inputs and templates of steps. */
export function workflowContext(
  { app, revision, custom, runContext }: Prepared,
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
    ...(custom && { custom }),
    ...runContext,
  };
}

/** The session id is the same in every attempt of one run. */
export function stepContext({ prepared, step: { name }, run, capabilities }: Execution): JsonObject {
  const { uid = '' } = prepared.app.metadata;
  const stepSessionID = contentHash([uid, run.appRevision, run.startTime, name]).slice(0, 10);
  const context = workflowContext(prepared, capabilities.deps);
  return { ...context, stepName: name, stepSessionID, stepGroupName: '', spanID: stepSessionID };
}
