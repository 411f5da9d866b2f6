import type { Application } from '../../apis/application.ts';
import { labels } from '../../apis/names.ts';
import type { WorkflowStep } from '../../apis/workflow.ts';
import { scheduledShard, shardAtAdmission } from '../../scheduling/assign.ts';
import type { AdmissionAnswer, AdmissionRequest } from '../../webhook/admission-review.ts';
import { identityOf } from './identity.ts';
import type { IdentityOptions } from './identity.ts';

export interface MutateOptions {
  /** Absent when the gate AuthenticateApplication is off. */
  readonly identity: IdentityOptions | undefined;
  /** Chooses a shard for new Applications; absent when sharding, or choosing at admission, is off. */
  readonly pick: (() => string | undefined) | undefined;
}

/** Completes an Application that is created or updated: who wrote it, which shard works on it, names of its steps. */
export function mutateApplication(request: AdmissionRequest, options: MutateOptions): AdmissionAnswer {
  const { operation } = request;
  const given = request.object as Application | undefined;
  if (!given || (operation !== 'CREATE' && operation !== 'UPDATE')) return { allowed: true };
  const identity = identityOf(given, request, options.identity);
  if (!identity.ok) return { allowed: false, code: 400, message: identity.problem };
  const before = request.oldObject;
  const { pick } = options;
  const identified = identity.annotations ? withAnnotations(given, identity.annotations) : given;
  const assigned = pick ? withShard(identified, shardAtAdmission(given, before, pick)) : identified;
  const object = withStepNames(assigned);
  return { allowed: true, ...(object !== given && { object }) };
}

function withAnnotations(app: Application, more: Readonly<Record<string, string | undefined>>): Application {
  const all = Object.entries({ ...app.metadata.annotations, ...more });
  const kept = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...app, metadata: { ...app.metadata, annotations: Object.fromEntries(kept) } };
}

function withShard(app: Application, shard: string | undefined): Application {
  if (shard === undefined || scheduledShard(app) === shard) return app;
  const all = { ...app.metadata.labels, [labels.scheduledShardId]: shard };
  return { ...app, metadata: { ...app.metadata, labels: all } };
}

/** Steps without a name become `step-<i>`, sub-steps `step-<i>-<j>`. */
function withStepNames(app: Application): Application {
  const steps = stepsOf(app);
  const isNamed = ({ name }: { readonly name?: string | undefined }): boolean => Boolean(name);
  if (steps.every((step) => isNamed(step) && (step.subSteps ?? []).every(isNamed))) return app;
  const named = steps.map((step, i): WorkflowStep => ({
    ...step,
    name: nameOr(step.name, `step-${i}`),
    ...(step.subSteps && {
      subSteps: step.subSteps.map((sub, j) => ({ ...sub, name: nameOr(sub.name, `step-${i}-${j}`) })),
    }),
  }));
  return { ...app, spec: { ...app.spec, workflow: { ...app.spec.workflow, steps: named } } };
}

const nameOr = (name: string | undefined, otherwise: string): string =>
  name === undefined || name === '' ? otherwise : name;

/** Mutation comes before the API server checks the schema, so the steps may be anything; then they are left alone. */
function stepsOf(app: Application): readonly WorkflowStep[] {
  const { spec } = app as { readonly spec?: { readonly workflow?: { readonly steps?: unknown } | null } | null };
  const steps = spec?.workflow?.steps;
  const isStep = (step: unknown): boolean => {
    const { subSteps } = (step ?? {}) as { readonly subSteps?: unknown };
    return typeof step === 'object' && step !== null && (subSteps === undefined || areObjects(subSteps));
  };
  return Array.isArray(steps) && steps.every(isStep) ? (steps as readonly WorkflowStep[]) : [];
}

const areObjects = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null);
