import type { Application } from '../../apis/application.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { finalizers, labels } from '../../apis/names.ts';
import type { WorkflowStep } from '../../apis/workflow.ts';
import { scheduledShard, shardAtAdmission } from '../../scheduling/assign.ts';
import { requestMove } from '../../scheduling/handover.ts';
import type { Move, Ownership } from '../../scheduling/handover.ts';
import { ownershipOf, ownershipPatch } from '../../scheduling/ownership.ts';
import type { AdmissionAnswer, AdmissionRequest } from '../../webhook/admission-review.ts';
import { identityOf } from './identity.ts';
import type { IdentityOptions } from './identity.ts';

export interface MutateOptions {
  /** Absent when the gate AuthenticateApplication is off. */
  readonly identity: IdentityOptions | undefined;
  /** Chooses a shard for new Applications; absent when sharding, or choosing at admission, is off. */
  readonly pick: (() => string | undefined) | undefined;
}

/** Completes an Application that is created or updated: its author, its shard, the names of its steps. */
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
  const object = withStepNames(before ? keptInMoves(assigned, before) : assigned);
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

/**
 * A new shard label does not move an Application that a shard works on: it becomes a move request. The record of a move that
 * the shard has acknowledged stays until the move is over. The master, which carries moves out, raises the epoch with each
 * change of owner; its writes are not changed.
 */
function keptInMoves(app: Application, before: KubeObject): Application {
  const [own, old] = [ownershipOf(app), ownershipOf(before)];
  const isTakenUp = before.metadata.finalizers?.includes(finalizers.application) ?? false;
  if (!isTakenUp || old.shard === undefined || own.epoch > old.epoch) return app;
  if (own.shard !== undefined && own.shard !== old.shard) {
    const outcome = requestMove(old, { id: 'label', to: own.shard, at: 0, reason: 'label' });
    return withOwnership(app, outcome.ok ? outcome.ownership : old);
  }
  const move = isBinding(old.move) && own.move?.id !== old.move?.id ? old.move : own.move;
  return move === own.move && own.epoch === old.epoch ? app : withOwnership(app, { ...old, move });
}

/** Whether the old shard has stopped for a move, so that it must be carried out or undone. */
const isBinding = (move: Move | undefined): boolean => move !== undefined && move.quiesced !== 'no' && !move.cancelled;

function withOwnership(app: Application, ownership: Ownership): Application {
  const patch = ownershipPatch(ownership);
  const merged = (old: Readonly<Record<string, string>> | undefined, change: Readonly<Record<string, string | null>>) =>
    Object.fromEntries(
      Object.entries({ ...old, ...change }).filter((entry): entry is [string, string] => entry[1] !== null),
    );
  const { labels: given, annotations } = app.metadata;
  const metadata = {
    ...app.metadata,
    labels: merged(given, patch.labels),
    annotations: merged(annotations, patch.annotations),
  };
  return { ...app, metadata };
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
