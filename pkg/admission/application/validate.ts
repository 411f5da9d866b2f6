import type { Application } from '../../apis/application.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { annotations } from '../../apis/names.ts';
import type { WorkflowStep } from '../../apis/workflow.ts';
import { scheduledShard } from '../../scheduling/assign.ts';
import type { AdmissionAnswer, AdmissionRequest } from '../../webhook/admission-review.ts';
import { parseDuration } from '../../workflow/duration.ts';

export interface ValidateOptions {
  /** The shards that exist, for a warning about others; absent when they are not known. */
  readonly knownShards: (() => readonly string[]) | undefined;
  /** Finds the problems of components: types without a definition, for example; templates are rendered for a new spec only. */
  readonly componentProblems: (app: Application, isNewSpec: boolean) => Promise<readonly string[]>;
  /** What they do: refuse the Application, or warn where the gate leaves refusing it to the controller. */
  readonly onComponentProblems: 'refuse' | 'warn';
  /** Finds properties that have no effect, in sentences; absent where they are not reported. */
  readonly undeclared?: ((app: Application) => Promise<readonly string[]>) | undefined;
}

/** One broken rule. */
interface Problem {
  readonly field: string;
  readonly detail: string;
}

/** Checks an Application that is created or updated, and reports every broken rule at once. */
export async function validateApplication(
  request: AdmissionRequest,
  options: ValidateOptions,
): Promise<AdmissionAnswer> {
  const app = request.object as Application | undefined;
  const { operation } = request;
  if (!app || (operation !== 'CREATE' && operation !== 'UPDATE')) return { allowed: true };
  if (operation === 'UPDATE' && app.metadata.deletionTimestamp !== undefined) return { allowed: true };
  const isNewSpec = !isSameSpec(app, request.oldObject);
  const ofComponents = await componentProblems(app, (one) => options.componentProblems(one, isNewSpec));
  const refuses = options.onComponentProblems === 'refuse';
  const problems = [
    ...annotationProblems(app),
    ...workflowProblems(app.spec.workflow?.steps ?? []),
    ...(refuses ? ofComponents : []),
  ];
  const warnings = [
    ...shardWarnings(app, options.knownShards?.()),
    ...(refuses
      ? []
      : ofComponents.map(({ field, detail }) => `${field}: ${detail}; it does not run until that is mended`)),
    ...(isNewSpec ? ((await options.undeclared?.(app)) ?? []) : []),
  ];
  return problems.length > 0
    ? { allowed: false, code: 400, message: textOf(problems), warnings }
    : { allowed: true, warnings };
}

const isSameSpec = (app: Application, old: KubeObject | undefined): boolean =>
  JSON.stringify(app.spec) === JSON.stringify(old?.['spec']);

function textOf(problems: readonly Problem[]): string {
  return problems.map(({ field, detail }, i) => `\n  ${i + 1}) "${field}": ${detail}.`).join('');
}

function annotationProblems({ metadata }: Application): readonly Problem[] {
  const given = metadata.annotations ?? {};
  if (given[annotations.autoUpdate] !== 'true' || !given[annotations.publishVersion]) return [];
  const detail =
    'Application has both autoUpdate and publishVersion annotations. Only one can be present: ' +
    `remove ${annotations.autoUpdate} or ${annotations.publishVersion}`;
  return [{ field: 'metadata.annotations', detail }];
}

interface Placed {
  readonly field: string;
  readonly step: Pick<WorkflowStep, 'name' | 'timeout'>;
}

function workflowProblems(steps: readonly WorkflowStep[]): readonly Problem[] {
  const placed = steps.flatMap((step, i): Placed[] => {
    const field = `spec.workflow.steps[${i}]`;
    const subs = (step.subSteps ?? []).map((sub, j) => ({ field: `${field}.subSteps[${j}]`, step: sub }));
    return [{ field, step }, ...subs];
  });
  return [
    ...duplicates(
      placed.map(({ field, step }) => ({ field: `${field}.name`, name: step.name })),
      'step',
    ),
    ...timeouts(placed),
  ];
}

function timeouts(placed: readonly Placed[]): readonly Problem[] {
  return placed.flatMap(({ field, step: { timeout } }) =>
    timeout === undefined || timeout === '' || parseDuration(timeout) !== undefined
      ? []
      : [{ field: `${field}.timeout`, detail: `invalid timeout "${timeout}"; write it as 30s, 5m or 1h30m` }],
  );
}

function duplicates(named: readonly { field: string; name: string | undefined }[], what: string): readonly Problem[] {
  const seen = new Set<string>();
  return named.flatMap(({ field, name = '' }) => {
    if (name === '' || !seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ field, detail: `duplicated ${what} name "${name}"` }];
  });
}

async function componentProblems(
  app: Application,
  find: (app: Application) => Promise<readonly string[]>,
): Promise<readonly Problem[]> {
  const names = app.spec.components.map(({ name }, i) => ({ field: `spec.components[${i}].name`, name }));
  const twice = duplicates(names, 'component');
  if (twice.length > 0) return twice;
  return (await find(app)).map((detail) => ({ field: 'spec', detail }));
}

function shardWarnings(app: Application, known: readonly string[] | undefined): readonly string[] {
  const shard = scheduledShard(app);
  if (known === undefined || known.length === 0 || shard === undefined || known.includes(shard)) return [];
  return [
    `no controller of shard "${shard}" is known; the application waits until there is one (known: ${known.join(', ')})`,
  ];
}
