import type { ServiceStatus } from '../../../../apis/application-status.ts';
import type { Json, JsonObject } from '../../../../../machinery/src/meta.ts';
import type { Action, ActionResult } from '../../../../render/step.ts';
import type { PlannedStep } from '../../../../workflow/plan.ts';
import type { Run } from '../../../../workflow/run.ts';
import type { PlacedEnvironment } from '../../status/environment-status.ts';
import type { Capabilities, Prepared } from '../../stages.ts';

/** What the actions of one attempt to execute a step share. */
export interface ActionContext {
  readonly prepared: Prepared;
  readonly capabilities: Capabilities;
  readonly step: PlannedStep;
  readonly run: Run;
  /** The variables and marks that actions set. */
  readonly variables: Record<string, Json>;
  readonly marks: Record<string, string>;
  /** What is kept for the next attempt in case that the step is suspended, by mark. */
  readonly calls: Record<string, string>;
  /** Errors that actions returned to the template: a step that ignores them still shows them. */
  readonly notes: string[];
  /** The state of the components that actions delivered. */
  readonly services: ServiceStatus[];
  /** The environments that actions delivered to. */
  readonly environments: PlacedEnvironment[];
}

/** Performs one action. */
export type Perform = (
  params: JsonObject,
  context: ActionContext,
  action: Action,
) => ActionResult | Promise<ActionResult>;

export type Performers = Readonly<Record<string, Perform>>;

/** A mark of the step from an earlier attempt, or from this one. */
export function markOf({ step, run, marks }: ActionContext, what: string): string | undefined {
  return marks[what] ?? run.marks[`${run.steps.get(step.name)?.id ?? ''}.${what}`];
}
