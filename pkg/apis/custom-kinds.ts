import { applicationRevisionKind } from './application-revision.ts';
import { applicationKind } from './application.ts';
import { componentDefinitionKind } from './component-definition.ts';
import type { CustomKind } from './custom-kind.ts';
import { definitionRevisionKind } from './definition-revision.ts';
import { fleetKind } from './fleet.ts';
import { policyDefinitionKind } from './policy-definition.ts';
import { policyKind } from './policy.ts';
import { resourceTrackerKind } from './resource-tracker.ts';
import { shardPartitionKind } from './shard-partition.ts';
import { shardPartitionSetKind } from './shard-partition-set.ts';
import { shardSetKind } from './shard-set.ts';
import { shardKind } from './shard.ts';
import { traitDefinitionKind } from './trait-definition.ts';
import { workflowStepDefinitionKind } from './workflow-step-definition.ts';
import { workflowRunKind } from './workflow-run.ts';
import { workflowKind } from './workflow.ts';
import { workloadDefinitionKind } from './workload-definition.ts';

/** Every kind that the system brings to a cluster. */
export const customKinds: readonly CustomKind[] = [
  applicationKind,
  applicationRevisionKind,
  resourceTrackerKind,
  componentDefinitionKind,
  traitDefinitionKind,
  policyDefinitionKind,
  workflowStepDefinitionKind,
  workloadDefinitionKind,
  definitionRevisionKind,
  policyKind,
  workflowKind,
  workflowRunKind,
  fleetKind,
  shardKind,
  shardPartitionKind,
  shardPartitionSetKind,
  shardSetKind,
];
