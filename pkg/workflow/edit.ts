import { ignoreNotFound, isConflict } from '../apis/api-error.ts';
import { applicationResource } from '../apis/application.ts';
import type { ApplicationStatus, WorkflowStatus } from '../apis/application-status.ts';
import type { KubeClient, Named } from '../apis/kube-client.ts';
import type { Json, JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { workflowRunResource } from '../apis/workflow-run.ts';
import type { WorkflowRunStatus } from '../apis/workflow-run.ts';
import type { Operation } from './operate.ts';

/** The kinds of objects that have a workflow. */
export const workflowResources: readonly Resource[] = [applicationResource, workflowRunResource];

/**
 * Applies an operation to the workflow in the status of an Application or a WorkflowRun, as the command line does. The status is
 * read and written again, up to ten times, when another writer was faster.
 */
export async function editWorkflow(
  client: KubeClient,
  target: Named,
  operate: (workflow: WorkflowStatus | undefined) => Operation,
  resource: Resource = applicationResource,
): Promise<Operation> {
  const isRun = resource === workflowRunResource;
  for (let attempt = 1; ; attempt++) {
    const object = await client.get<KubeObject>(resource, target);
    const before = isRun ? workflowOfRun(object) : (object['status'] as ApplicationStatus | undefined)?.workflow;
    const operation = operate(before);
    if (!operation.ok || !operation.isChanged) return operation;
    const { resourceVersion = '' } = object.metadata;
    const { workflow } = operation;
    const status = isRun ? runChange(object, workflow) : { workflow: (workflow ?? null) as unknown as Json };
    const body = { metadata: { resourceVersion }, status };
    try {
      const options = { subresource: 'status', fieldManager: 'vela' };
      await client.patch(resource, target, { type: 'merge', body }, options);
      return operation;
    } catch (error) {
      if (!isConflict(error) || attempt >= 10) throw error;
    }
  }
}

/** The kind of the workflow with a name: an Application's, or else a WorkflowRun. Undefined where there is neither. */
export async function findWorkflow(client: KubeClient, target: Named): Promise<Resource | undefined> {
  for (const resource of workflowResources) if (await ignoreNotFound(client.get(resource, target))) return resource;
  return undefined;
}

/** The workflow of a run; undefined where it has not begun. */
export function workflowOfRun(run: KubeObject): WorkflowStatus | undefined {
  const { mode, startTime, conditions: _, shardFence: __, ...rest } = (run['status'] ?? {}) as WorkflowRunStatus;
  if (!startTime) return undefined;
  return {
    suspend: false,
    terminated: false,
    finished: false,
    ...rest,
    startTime,
    mode: `${mode?.steps ?? ''}-${mode?.subSteps ?? ''}`,
  };
}

/** A merge patch of the status of a run; one that begins anew has none. */
function runChange(run: KubeObject, workflow: WorkflowStatus | undefined): JsonObject {
  if (!workflow) return Object.fromEntries(Object.keys(run['status'] ?? {}).map((key) => [key, null]));
  const { suspend, terminated, steps } = workflow;
  return { suspend, terminated, ...(steps && { steps: steps }) };
}
