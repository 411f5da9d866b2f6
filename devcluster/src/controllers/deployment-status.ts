import type { Clock } from '../../../machinery/src/clock/clock.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { timestamp, withCondition } from './context.ts';
import type { StatusCondition } from './context.ts';
import { limitsOf, templateHash, templateOf } from './rollout.ts';
import type { DeploymentSpec } from './rollout.ts';

interface SetStatus {
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
}

interface DeploymentStatus extends SetStatus {
  readonly observedGeneration?: number;
  readonly updatedReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly conditions?: readonly StatusCondition[];
}

/** The status of a Deployment, counted from its ReplicaSets, with the Available and Progressing conditions. */
export function deploymentStatus(deployment: KubeObject, sets: readonly KubeObject[], clock: Clock): DeploymentStatus {
  const spec = deployment['spec'] as DeploymentSpec;
  const wanted = spec.replicas ?? 1;
  const hash = templateHash(spec.template);
  const current = sets.find((set) => templateHash(templateOf(set)) === hash);
  const statuses = sets.map((set) => (set['status'] ?? {}) as SetStatus);
  const sum = (pick: (status: SetStatus) => number | undefined): number =>
    statuses.reduce((total, status) => total + (pick(status) ?? 0), 0);
  const counts = {
    replicas: sum((s) => s.replicas),
    updated: ((current?.['status'] ?? {}) as SetStatus).replicas ?? 0,
    ready: sum((s) => s.readyReplicas),
    available: sum((s) => s.availableReplicas),
  };
  const before = (deployment['status'] ?? {}) as DeploymentStatus;
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...(counts.replicas > 0 && { replicas: counts.replicas }),
    ...(counts.updated > 0 && { updatedReplicas: counts.updated }),
    ...(counts.ready > 0 && { readyReplicas: counts.ready }),
    ...(counts.available > 0 && { availableReplicas: counts.available }),
    ...(wanted > counts.available && { unavailableReplicas: wanted - counts.available }),
    conditions: conditionsOf(
      { before, spec, counts, setName: current?.metadata.name, name: deployment.metadata.name ?? '' },
      clock,
    ),
  };
}

interface Counts {
  readonly replicas: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
}

interface Progress {
  readonly before: DeploymentStatus;
  readonly spec: DeploymentSpec;
  readonly counts: Counts;
  readonly setName: string | undefined;
  readonly name: string;
}

function conditionsOf(progress: Progress, clock: Clock): readonly StatusCondition[] {
  const { before, spec, counts } = progress;
  const now = timestamp(clock);
  const isAvailable = counts.available >= (spec.replicas ?? 1) - limitsOf(spec).unavailable;
  const available: StatusCondition = isAvailable
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
  const withAvailable = withCondition(before.conditions, stamped(before, available, now), now);
  const next = progressing(progress, clock.now());
  const moved = hasMoved(progress) && next.status === 'True' ? { ...next, lastUpdateTime: now } : undefined;
  return withProgress(withAvailable, moved ?? stamped(before, next, now), now);
}

/** Like any condition, and its lastUpdateTime also says when something moved last. */
function withProgress(all: readonly StatusCondition[], next: StatusCondition, now: string): readonly StatusCondition[] {
  const updated = withCondition(all, next, now);
  return updated.map((c) => (c.type === next.type ? { ...c, lastUpdateTime: next.lastUpdateTime ?? now } : c));
}

/** Whether the roll-out has progressed since the last reconcile: more new pods, fewer old ones, more ready ones. */
function hasMoved({ before, counts }: Progress): boolean {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = before;
  return (
    counts.updated > updatedReplicas ||
    counts.replicas - counts.updated < replicas - updatedReplicas ||
    counts.ready > readyReplicas ||
    counts.available > availableReplicas
  );
}

/** As long as nothing is to be waited for. */
const noDeadlineSeconds = 2 ** 31 - 1;

/**
 * Milliseconds until a roll-out that stands still is to be called late; undefined when it is complete, late already or
 * has no deadline.
 */
export function untilDeadline(deployment: KubeObject, now: number): number | undefined {
  const { progressDeadlineSeconds = 600, paused } = deployment['spec'] as DeploymentSpec;
  if (paused === true || progressDeadlineSeconds === noDeadlineSeconds) return undefined;
  const { conditions } = (deployment['status'] ?? {}) as DeploymentStatus;
  const last = conditions?.find((c) => c.type === 'Progressing');
  if (last?.status !== 'True' || last.reason === 'NewReplicaSetAvailable') return undefined;
  // lastUpdateTime has whole seconds.
  return Math.max(0, Date.parse(last.lastUpdateTime ?? '') + (progressDeadlineSeconds + 1) * 1000 - now);
}

function progressing(progress: Progress, nowMs: number): StatusCondition {
  const { before, spec, setName = '', name } = progress;
  const condition = (status: string, reason: string, message: string): StatusCondition => ({
    type: 'Progressing',
    status,
    reason,
    message,
  });
  const set = `ReplicaSet "${setName}"`;
  if (isComplete(progress)) return condition('True', 'NewReplicaSetAvailable', `${set} has successfully progressed.`);
  if (spec.paused) return condition('Unknown', 'DeploymentPaused', 'Deployment is paused');
  const previous = before.conditions?.find((c) => c.type === 'Progressing');
  if (setName === '') return previous ?? condition('True', 'ReplicaSetUpdated', `Deployment "${name}" is progressing.`);
  if (isLate(progress, previous, nowMs))
    return condition('False', 'ProgressDeadlineExceeded', `${set} has timed out progressing.`);
  if ((before.updatedReplicas ?? 0) + progress.counts.updated === 0)
    return condition('True', 'NewReplicaSetCreated', `Created new replica set "${setName}"`);
  return condition('True', 'ReplicaSetUpdated', `${set} is progressing.`);
}

function isComplete({ spec: { replicas = 1 }, counts }: Progress): boolean {
  return counts.updated === replicas && counts.replicas === replicas && counts.available === replicas;
}

/** Whether the ReplicaSet of the last condition has stood still for longer than the deadline. */
function isLate(progress: Progress, previous: StatusCondition | undefined, nowMs: number): boolean {
  const { progressDeadlineSeconds = 600 } = progress.spec;
  const isSameSet = previous?.message?.includes(`"${progress.setName ?? ''}"`) === true;
  if (!isSameSet || hasMoved(progress) || progressDeadlineSeconds === noDeadlineSeconds) return false;
  if (previous.status === 'False') return true;
  if (previous.reason === 'NewReplicaSetAvailable') return false;
  return Date.parse(previous.lastUpdateTime ?? '') + progressDeadlineSeconds * 1000 < nowMs;
}

/** lastUpdateTime moves with any change of the condition. */
function stamped(before: DeploymentStatus, next: StatusCondition, now: string): StatusCondition {
  const old = before.conditions?.find((c) => c.type === next.type);
  const same = old?.status === next.status && old.reason === next.reason && old.message === next.message;
  return { ...next, lastUpdateTime: same ? (old.lastUpdateTime ?? now) : now };
}
