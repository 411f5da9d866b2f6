import type { AppPolicy, AppWorkflow, Component } from '../apis/application.ts';
import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import type { Workflow, WorkflowMode, WorkflowStep, WorkflowSubStep } from '../apis/workflow.ts';
import { parseDuration } from './duration.ts';
import type { PlannedStep, StepInput, StepMode, WorkflowPlan } from './plan.ts';
import { allSteps } from './plan.ts';

/** The types of steps that never have a definition. */
const fixedSteps = ['apply-component', 'builtin-apply-component', 'suspend', 'step-group'] as const;

/** The types of steps that run without a definition, or as their definition says where there is one in CUE. */
export const replaceableSteps = ['deploy', 'apply-object', 'depends-on-app'] as const;

const builtInSteps: readonly string[] = [...fixedSteps, ...replaceableSteps];

/** The types of steps that an Application runs and that may have a definition, each once. */
export function definedStepTypes(source: Omit<WorkflowSource, 'definedSteps'>): readonly string[] {
  const { steps } = stepsOf(source);
  const types = steps.flatMap(({ type, subSteps = [] }) => [type, ...subSteps.map((sub) => sub.type)]);
  return [...new Set(types)].filter((type) => !(fixedSteps as readonly string[]).includes(type));
}

const deployFields: readonly string[] = ['auto', 'policies', 'parallelism', 'ignoreTerraformComponent'];

/** Properties of deploy steps that mean nothing. */
export function unknownDeployFields(source: WorkflowSource): readonly string[] {
  const deploys = stepsOf(source).steps.filter(({ type }) => type === 'deploy');
  return deploys.flatMap(({ name = 'deploy', properties = {} }) =>
    Object.keys(properties)
      .filter((key) => !deployFields.includes(key))
      .map((key) => `step "${name}": a deploy step has no property "${key}"; it has ${deployFields.join(', ')}`),
  );
}

/** The names of the policies that deploy steps use, each once. */
export function deployPolicies(source: WorkflowSource): readonly string[] {
  const { steps } = stepsOf(source);
  const names = steps
    .filter(({ type }) => type === 'deploy')
    .flatMap(({ properties = {} }): readonly Json[] => {
      const { policies } = properties;
      return Array.isArray(policies) ? (policies as readonly Json[]) : [];
    });
  return [...new Set(names.filter((name) => typeof name === 'string'))];
}

/** What the steps of an Application follow from. */
export interface WorkflowSource {
  readonly workflow: AppWorkflow | undefined;
  /** What `workflow.ref` names, when it was found. */
  readonly referred: Workflow | undefined;
  readonly components: readonly Component[];
  readonly policies: readonly (AppPolicy & { readonly name: string })[];
  /** Types of steps that have a definition. */
  readonly definedSteps?: readonly string[];
}

export type PlanResult =
  { readonly ok: true; readonly plan: WorkflowPlan } | { readonly ok: false; readonly problems: readonly string[] };

/** Derives the steps of an Application, or everything that is wrong with them. */
export function planWorkflow(source: WorkflowSource): PlanResult {
  const { workflow, referred } = source;
  const ref = workflow?.ref ?? '';
  if (ref !== '' && hasSteps(workflow)) return problem('workflow has both ref and steps; keep one of them');
  if (ref !== '' && !referred) return problem(`workflow "${ref}" was not found in the namespace of the application`);
  const { steps, isDeclared } = stepsOf(source);
  return planSteps(steps, modeOf(isDeclared, workflow?.mode, referred?.mode), source);
}

/** The steps as they are written, or else generated. */
function stepsOf(source: WorkflowSource): { readonly steps: readonly WorkflowStep[]; readonly isDeclared: boolean } {
  const { workflow, referred } = source;
  const written = (workflow?.ref ?? '') === '' ? workflow?.steps : referred?.steps;
  const isDeclared = written !== undefined && written.length > 0;
  return { steps: isDeclared ? written : generated(source), isDeclared };
}

function planSteps(
  written: readonly WorkflowStep[],
  mode: Planning['mode'],
  { components, definedSteps = [] }: WorkflowSource,
): PlanResult {
  const problems: string[] = [];
  const planning = { mode, problems, components, definedSteps };
  const steps = written.map((step, i) => planStep(step, `step-${i}`, planning));
  const plan = { mode, steps: steps.map((step) => byStepName(step, steps)) };
  problems.push(...nameProblems(plan));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, plan };
}

const hasSteps = (workflow: AppWorkflow | undefined): boolean => (workflow?.steps?.length ?? 0) > 0;

const problem = (text: string): PlanResult => ({ ok: false, problems: [text] });

function modeOf(declared: boolean, own: WorkflowMode | undefined, referred: WorkflowMode | undefined) {
  const fallback = declared ? 'StepByStep' : 'DAG';
  return {
    steps: stepMode(own?.steps ?? referred?.steps, fallback),
    subSteps: stepMode(own?.subSteps ?? referred?.subSteps, 'DAG'),
  };
}

const stepMode = (text: string | null | undefined, fallback: StepMode): StepMode =>
  text === 'DAG' || text === 'StepByStep' ? text : fallback;

/** Steps of an Application that declares none: a deploy per topology, or one, or one step for each component. */
function generated({ components, policies }: WorkflowSource): readonly WorkflowStep[] {
  const overrides = policies.filter((p) => p.type === 'override').map((p) => p.name);
  const topologies = policies.filter((p) => p.type === 'topology').map((p) => p.name);
  if (topologies.length > 0) {
    return topologies.map((name) => ({
      name: `deploy-${name}`,
      type: 'deploy',
      properties: { policies: [...overrides, name] },
    }));
  }
  if (overrides.length > 0 || components.some((c) => c.type === 'ref-objects')) {
    return [{ name: 'deploy', type: 'deploy', properties: { policies: overrides } }];
  }
  const environments = policies.flatMap(environmentSteps);
  if (environments.length > 0) return environments;
  return components.map(({ name, dependsOn }) => ({
    name,
    type: 'apply-component',
    properties: { component: name },
    ...(dependsOn && { dependsOn }),
  }));
}

/** A step for each environment of an env-binding policy. */
function environmentSteps({ name: policy, type, properties = {} }: WorkflowSource['policies'][number]): WorkflowStep[] {
  const { envs } = properties;
  if (type !== 'env-binding' || !Array.isArray(envs)) return [];
  return (envs as readonly JsonObject[]).map(({ name: env = '' }) => ({
    name: `deploy-${policy}-${env as string}`,
    type: 'deploy2env',
    properties: { policy, env },
  }));
}

interface Planning {
  readonly mode: { readonly steps: StepMode; readonly subSteps: StepMode };
  readonly problems: string[];
  readonly components: readonly Component[];
  readonly definedSteps: readonly string[];
}

function planStep(step: WorkflowStep | WorkflowSubStep, fallback: string, planning: Planning): PlannedStep {
  const name = step.name === undefined || step.name === '' ? fallback : step.name;
  const subSteps = 'subSteps' in step ? (step.subSteps ?? []) : [];
  const plain: PlannedStep = {
    name,
    type: step.type,
    if: step.if === '' ? undefined : step.if,
    timeoutMs: step.timeout ? parseDuration(step.timeout) : undefined,
    dependsOn: step.dependsOn ?? [],
    inputs: step.inputs ?? [],
    outputs: step.outputs ?? [],
    properties: step.properties ?? {},
    mode: stepMode('mode' in step ? step.mode : undefined, planning.mode.subSteps),
    subSteps: subSteps.map((sub, i) => planStep(sub, `${name}-${i}`, planning)),
  };
  planning.problems.push(...stepProblems(plain, step.timeout, planning.definedSteps));
  return step.type.endsWith('apply-component') ? withComponent(plain, planning) : plain;
}

function stepProblems(
  { name, type, timeoutMs, properties }: PlannedStep,
  timeout: string | undefined,
  defined: readonly string[],
): string[] {
  const problems: string[] = [];
  if (!builtInSteps.includes(type) && !defined.includes(type)) {
    const built = builtInSteps.join(', ');
    problems.push(`step "${name}" has type "${type}", which has no WorkflowStepDefinition; built in are ${built}`);
  }
  if (timeout && timeoutMs === undefined) {
    problems.push(`step "${name}" has timeout "${timeout}", which is not a duration such as "5m"`);
  }
  return [...problems, ...gateProblems(name, type, properties)];
}

/** A gate that would be open, or never open by itself, because its property has a wrong value. */
function gateProblems(name: string, type: string, { auto, duration }: JsonObject): string[] {
  if (type === 'deploy' && auto !== undefined && typeof auto !== 'boolean')
    return [`step "${name}" has auto ${JSON.stringify(auto)}, which is neither true nor false`];
  const isWrong =
    duration !== undefined &&
    duration !== '' &&
    (typeof duration !== 'string' || parseDuration(duration) === undefined);
  if (type === 'suspend' && isWrong)
    return [`step "${name}" has duration ${JSON.stringify(duration)}, which is not a duration such as "5m"`];
  return [];
}

/** A step that applies a component has the component's inputs, outputs and dependencies too. */
function withComponent(step: PlannedStep, { components, problems }: Planning): PlannedStep {
  const name = step.properties['component'];
  const component = components.find((c) => c.name === name);
  if (!component) {
    problems.push(`step "${step.name}" applies unknown component "${typeof name === 'string' ? name : ''}"`);
    return step;
  }
  const properties: JsonObject = { ...step.properties, value: bareComponent(component) };
  return {
    ...step,
    properties,
    inputs: [...step.inputs, ...(component.inputs ?? [])].map(intoComponent),
    outputs: [...step.outputs, ...(component.outputs ?? [])],
    dependsOn: [...new Set([...step.dependsOn, ...(component.dependsOn ?? [])])],
  };
}

/** The key of an input names a property of the component, or a path from the component. */
function intoComponent({ from, parameterKey = '' }: StepInput): StepInput {
  const key = parameterKey.trim();
  if (key === '') return { from };
  return { from, parameterKey: `value.${/^(properties\b|traits\[)/.test(key) ? key : `properties.${key}`}` };
}

function bareComponent(component: Component): JsonObject {
  const dropped = ['inputs', 'outputs', 'dependsOn'];
  return Object.fromEntries(Object.entries(component).filter(([key]) => !dropped.includes(key)));
}

/** A dependency on a component is one on the step that applies it. */
function byStepName(step: PlannedStep, steps: readonly PlannedStep[]): PlannedStep {
  const all = steps.flatMap((s) => [s, ...s.subSteps]);
  const dependsOn = step.dependsOn.map((other) => {
    if (all.some((s) => s.name === other)) return other;
    return all.find((s) => s.properties['component'] === other)?.name ?? other;
  });
  return { ...step, dependsOn, subSteps: step.subSteps.map((sub) => byStepName(sub, steps)) };
}

function nameProblems(plan: WorkflowPlan): string[] {
  const steps = allSteps(plan);
  const names = new Set<string>();
  const problems: string[] = [];
  for (const { name } of steps) {
    if (names.has(name)) problems.push(`two steps are named "${name}"`);
    names.add(name);
  }
  for (const step of steps) {
    const unknown = step.dependsOn.filter((other) => !names.has(other));
    problems.push(...unknown.map((other) => `step "${step.name}" depends on unknown step "${other}"`));
  }
  for (const group of plan.steps.filter((s) => s.subSteps.some((sub) => sub.type === 'step-group'))) {
    problems.push(`group "${group.name}" contains a group; groups do not nest`);
  }
  return problems;
}
