import { workflowRunResource } from '../../apis/workflow-run.ts';
import type { WorkflowRun } from '../../apis/workflow-run.ts';
import { applicationKeys } from '../../scheduling/sharded-kind.ts';
import { Families } from '../family/families.ts';

/** WorkflowRuns are divided among shards by the label of Applications; no other object moves with one. */
export const workflowRunFamilies = new Families<WorkflowRun>({
  resource: workflowRunResource,
  keys: applicationKeys,
  members: [],
});
