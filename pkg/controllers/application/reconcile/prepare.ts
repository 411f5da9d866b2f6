import { isNotFound } from '../../../apis/api-error.ts';
import type { Application } from '../../../apis/application.ts';
import type { Workflow } from '../../../apis/workflow.ts';
import { workflowResource } from '../../../apis/workflow.ts';
import type { ParsedApplication } from '../../../appfile/parse.ts';
import { namedPolicies, parseApplication } from '../../../appfile/parse.ts';
import { resourcePolicies } from '../../../appfile/resource-policy.ts';
import { revisionSpec } from '../../../revision/content.ts';
import type { WorkflowPlan } from '../../../workflow/plan.ts';
import { definedStepTypes, planWorkflow, replaceableSteps } from '../../../workflow/generate.ts';
import type { ApplicationDeps } from '../deps.ts';
import { ReconcileFailure } from '../status/failure.ts';
import { fenceFor } from '../ownership/fence.ts';
import type { Family } from '../family/family.ts';
import type { CurrentRevision } from './revision-step.ts';
import { ensureRevision, pinnedRevision } from './revision-step.ts';

/** An Application with the revision that it is executed from. */
export interface Prepared extends CurrentRevision {
  readonly app: Application;
  readonly parsed: ParsedApplication;
  readonly workflow: Workflow | undefined;
}

export interface Preparation {
  readonly deps: ApplicationDeps;
  readonly app: Application;
  readonly family: Family;
  readonly signal: AbortSignal;
}

/** Parses an Application and makes sure of its revision; problems of the user's text are failures of `Parsed`. */
export async function prepare(preparation: Preparation): Promise<Prepared> {
  const { deps, app, family, signal } = preparation;
  const { client } = deps;
  const fence = fenceFor(app, deps.options);
  const compression = deps.options.compression.revisions;
  const pinned = await pinnedRevision({ client, app, family, signal });
  if (pinned) {
    const { application, workflow } = pinned.spec;
    const executed: Application = { ...app, spec: application.spec };
    const parsed = parsedAs(executed, pinned.spec);
    const current = await ensureRevision({ client, app, family, spec: pinned.spec, fence, compression, signal });
    return { ...current, app: executed, parsed, workflow };
  }
  const workflow = await referredWorkflow(preparation);
  const result = parseApplication(app, {
    definitions: deps.definitions,
    systemNamespace: deps.options.systemDefinitionNamespace,
    stepTypes: definedStepTypes(workflowSource(app, workflow)),
    optionalStepTypes: replaceableSteps,
  });
  if (!result.ok) {
    throw new ReconcileFailure(
      { condition: 'Parsed', phase: 'rendering', event: 'FailedParse' },
      result.problems.join('; '),
    );
  }
  const { parsed } = result;
  const spec = revisionSpec({ app, ...parsed.definitions, workflow });
  try {
    return {
      ...(await ensureRevision({ client, app, family, spec, fence, compression, signal })),
      app,
      parsed,
      workflow,
    };
  } catch (error) {
    throw ReconcileFailure.of({ condition: 'Revision', phase: 'rendering', event: 'FailedRevision' }, error);
  }
}

const workflowSource = ({ spec }: Application, referred: Workflow | undefined) => ({
  workflow: spec.workflow,
  referred,
  components: spec.components,
  policies: namedPolicies(spec.policies ?? []),
});

/** A revision was checked when it was made. */
function parsedAs(app: Application, spec: ReturnType<typeof revisionSpec>): ParsedApplication {
  const policies = namedPolicies(app.spec.policies ?? []);
  return {
    app,
    components: app.spec.components,
    policies,
    resourcePolicies: resourcePolicies(app, policies),
    definitions: {
      componentDefinitions: spec.componentDefinitions ?? {},
      traitDefinitions: spec.traitDefinitions ?? {},
      workflowStepDefinitions: spec.workflowStepDefinitions ?? {},
    },
  };
}

async function referredWorkflow({ deps, app, signal }: Preparation): Promise<Workflow | undefined> {
  const name = app.spec.workflow?.ref;
  if (!name) return undefined;
  try {
    return await deps.client.get<Workflow>(workflowResource, { name, namespace: app.metadata.namespace }, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The steps of a prepared Application; problems are failures of `Workflow`. */
export function planOf({ app, parsed, workflow }: Prepared): WorkflowPlan {
  const { components, policies, definitions } = parsed;
  const definedSteps = Object.keys(definitions.workflowStepDefinitions);
  const source = { workflow: app.spec.workflow, referred: workflow, components, policies, definedSteps };
  const planned = planWorkflow(source);
  if (planned.ok) return planned.plan;
  const about = { condition: 'Workflow', phase: 'workflowFailed', event: 'FailedWorkflow' } as const;
  throw new ReconcileFailure(about, planned.problems.join('; '));
}
