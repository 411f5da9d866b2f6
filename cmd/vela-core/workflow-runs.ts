import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { labels } from '../../pkg/apis/names.ts';
import { workflowRunResource } from '../../pkg/apis/workflow-run.ts';
import type { WorkflowRun } from '../../pkg/apis/workflow-run.ts';
import { EventRecorder } from '../../pkg/client/events.ts';
import type { ApplicationDeps } from '../../pkg/controllers/application/deps.ts';
import { newWorkflowRunController } from '../../pkg/controllers/workflow-run/watches.ts';
import { withoutManagedFields } from '../../machinery/src/managed-fields.ts';
import { Informer } from '../../pkg/informer/informer.ts';
import { Controller } from '../../pkg/reconcile/controller.ts';
import type { Task } from '../../pkg/reconcile/tasks.ts';
import type { Base } from './base.ts';

interface RunParts extends Pick<Base, 'config' | 'logger' | 'registry'> {
  readonly deps: ApplicationDeps;
  /** Of the controller of Applications, in logs and metrics. */
  readonly name: string;
}

/**
 * The controller of the WorkflowRuns of one shard, for one term. It is no part of readiness, because a chart that was upgraded
 * may not have brought its kind. Under a master of KubeVela, the controller of KubeVela's addon executes runs.
 */
export function workflowRunTask({ config, logger, registry, deps, name }: RunParts): readonly Task[] {
  const { shard, foreignMaster, drainOnly } = deps.options;
  if (foreignMaster || drainOnly || !config.application.workflowRuns) return [];
  const common = { client: deps.client, clock: systemClock, random: systemRandom, logger };
  const runs = new Informer<WorkflowRun>({
    ...common,
    resource: workflowRunResource,
    labelSelector: shard === undefined ? undefined : `${labels.scheduledShardId}=${shard}`,
    transform: withoutManagedFields,
  });
  const events = new EventRecorder({ ...common, component: 'WorkflowRun', instance: config.podName });
  const controller = new Controller({
    name: name.replace('application', 'workflowrun'),
    ...newWorkflowRunController(runs, { ...deps, events, delivered: undefined }),
    workers: config.application.concurrentReconciles,
    clock: systemClock,
    logger,
    metrics: registry,
    timeoutMs: config.application.reconcileTimeoutMs,
    stopGraceMs: 5_000,
    backoff: { baseMs: 200, maxMs: 60_000 },
  });
  return [(own) => runs.run(own), (own) => controller.run(own)];
}
