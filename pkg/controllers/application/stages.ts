import type { ApplicationRevision } from '../../apis/application-revision.ts';
import type { Application } from '../../apis/application.ts';
import type { JsonObject } from '../../../machinery/src/meta.ts';
import type { KubeClient } from '../../apis/kube-client.ts';
import type { ParsedApplication } from '../../appfile/parse.ts';
import type { ResourceKeeper } from '../../dispatch/keeper.ts';
import type { TrackerOwner } from '../../dispatch/tracker.ts';
import type { WorkflowPlan } from '../../workflow/plan.ts';
import type { ApplicationDeps } from './deps.ts';
import type { RenderedManifests } from './family/rendered-manifests.ts';

/** An Application with everything that it is executed from; it does not change during a reconcile. */
export interface Prepared {
  /** As it is executed: with the spec of its revision where a publish version pins it. */
  readonly app: Application;
  readonly parsed: ParsedApplication;
  readonly revision: ApplicationRevision;
  /** What policies give to templates as `context.custom`. */
  readonly custom?: JsonObject | undefined;
  /** Of a WorkflowRun: what it adds to the `context` of its steps. */
  readonly runContext?: JsonObject | undefined;
  /** Identifies the trackers that record what is delivered. */
  readonly owner: TrackerOwner;
}

/** What rendering needs of it. */
export type Renderable = Pick<Prepared, 'app' | 'revision' | 'custom'>;

/** The same with the steps of its workflow. */
export interface Planned extends Prepared {
  readonly plan: WorkflowPlan;
}

/** Applies and deletes what steps ask for. */
export type StepKeeper = Pick<ResourceKeeper, 'dispatch' | 'delete' | 'recorded' | 'recordAhead' | 'markDeleted'>;

/** What the steps of a workflow act with; it holds no state of the Application. */
export interface Capabilities {
  readonly deps: ApplicationDeps;
  readonly keeper: StepKeeper;
  /** What was rendered for the present run. */
  readonly rendered: RenderedManifests;
  /** Sends requests with the rights of the Application's author. */
  readonly author: KubeClient;
  readonly signal: AbortSignal;
}

/** What the stages of one reconcile of an Application act with. */
export interface ApplicationCapabilities extends Capabilities {
  /** Applies resources and records them in the trackers. */
  readonly keeper: ResourceKeeper;
}
