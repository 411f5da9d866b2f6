import { isConflict } from '../apis/api-error.ts';
import type { Application } from '../apis/application.ts';
import { applicationResource } from '../apis/application.ts';
import type { WorkflowStatus } from '../apis/application-status.ts';
import type { KubeClient, Named } from '../apis/kube-client.ts';
import type { Json } from '../../machinery/src/meta.ts';
import type { Operation } from './operate.ts';

/**
 * Applies an operation to the workflow in the status of an Application, as the command line does. The status is read and
 * written again, up to ten times, when another writer was faster.
 */
export async function editWorkflow(
  client: KubeClient,
  target: Named,
  operate: (workflow: WorkflowStatus | undefined) => Operation,
): Promise<Operation> {
  for (let attempt = 1; ; attempt++) {
    const { metadata, status } = await client.get<Application>(applicationResource, target);
    const operation = operate(status?.workflow);
    if (!operation.ok || !operation.isChanged) return operation;
    const { resourceVersion = '' } = metadata;
    const workflow = (operation.workflow ?? null) as unknown as Json;
    const body = { metadata: { resourceVersion }, status: { workflow } };
    try {
      const options = { subresource: 'status', fieldManager: 'vela' };
      await client.patch(applicationResource, target, { type: 'merge', body }, options);
      return operation;
    } catch (error) {
      if (!isConflict(error) || attempt >= 10) throw error;
    }
  }
}
