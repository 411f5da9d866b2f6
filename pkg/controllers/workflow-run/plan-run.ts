import type { Application, AppWorkflow } from '../../apis/application.ts';
import type { Workflow } from '../../apis/workflow.ts';
import type { WorkflowRun } from '../../apis/workflow-run.ts';
import { parseApplication } from '../../appfile/parse.ts';
import { definedStepTypes, planWorkflow, replaceableSteps } from '../../workflow/generate.ts';
import type { ApplicationDeps } from '../application/deps.ts';
import type { Planned } from '../application/stages.ts';

export type RunPlan =
  { readonly ok: true; readonly planned: Planned } | { readonly ok: false; readonly problems: readonly string[] };

/**
 * The steps of a run, as those of an Application without components. The identities in its annotations are left out: no
 * admission checks them.
 */
export function planRun(
  run: WorkflowRun,
  referred: Workflow | undefined,
  { definitions, options }: Pick<ApplicationDeps, 'definitions' | 'options'>,
): RunPlan {
  const workflow = workflowOf(run, referred);
  if (typeof workflow === 'string') return problem(workflow);
  const app = asApplication(run, workflow);
  const source = { workflow, referred: undefined, components: [], policies: [] };
  const parsed = parseApplication(app, {
    definitions,
    systemNamespace: options.systemDefinitionNamespace,
    stepTypes: definedStepTypes(source),
    optionalStepTypes: replaceableSteps,
  });
  if (!parsed.ok) return parsed;
  const definedSteps = Object.keys(parsed.parsed.definitions.workflowStepDefinitions);
  const planning = planWorkflow({ ...source, definedSteps });
  if (!planning.ok) return planning;
  const revision = {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'ApplicationRevision',
    metadata: { name: '' },
    spec: { application: app },
  };
  const owner = { app, revision: '', publishVersion: '', shard: options.shard };
  return {
    ok: true,
    planned: { app, parsed: parsed.parsed, revision, owner, plan: planning.plan, runContext: run.spec?.context },
  };
}

/** The steps of a run with their mode, or what is wrong with its spec. */
function workflowOf({ spec = {} }: WorkflowRun, referred: Workflow | undefined): AppWorkflow | string {
  const { workflowSpec, workflowRef = '', mode } = spec;
  const isReference = workflowRef !== '';
  if (isReference && (workflowSpec?.steps ?? []).length > 0)
    return 'spec has both workflowSpec and workflowRef; keep one of them';
  if (!isReference && !workflowSpec) return 'spec has neither workflowSpec nor workflowRef; give it one of them';
  if (isReference && !referred) return `spec.workflowRef: there is no Workflow "${workflowRef}" in the namespace`;
  const { steps = [] } = (isReference ? referred : workflowSpec) ?? {};
  if (steps.length === 0) return 'the workflow has no steps';
  const chosen = mode ?? (isReference ? referred?.mode : undefined);
  return { steps, ...(chosen && { mode: chosen }) };
}

/** A run as the code of workflow steps knows their owner. */
export function asApplication({ metadata }: WorkflowRun, workflow: AppWorkflow): Application {
  const { name = '', namespace = 'default', uid = '' } = metadata;
  return {
    apiVersion: 'core.oam.dev/v1alpha1',
    kind: 'WorkflowRun',
    metadata: { name, namespace, uid },
    spec: { components: [], workflow },
  };
}

const problem = (text: string): RunPlan => ({ ok: false, problems: [text] });
