import type { Clock } from '../../clock/clock.ts';
import type { KubeObject } from '../../apis/meta.ts';
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

interface Progress {
  readonly before: DeploymentStatus;
  readonly spec: DeploymentSpec;
  readonly counts: { readonly replicas: number; readonly updated: number; readonly available: number };
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
  return withCondition(withAvailable, stamped(before, progressing(progress), now), now);
}

function progressing({ before, spec, counts, setName = '', name }: Progress): StatusCondition {
  const wanted = spec.replicas ?? 1;
  const complete = counts.updated === wanted && counts.replicas === wanted && counts.available === wanted;
  if (complete)
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${setName}" has successfully progressed.`,
    };
  const previous = before.conditions?.find((c) => c.type === 'Progressing');
  if (spec.paused)
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' };
  if (!setName)
    return (
      previous ?? {
        type: 'Progressing',
        status: 'True',
        reason: 'ReplicaSetUpdated',
        message: `Deployment "${name}" is progressing.`,
      }
    );
  if ((before.updatedReplicas ?? 0) === 0 && counts.updated === 0) {
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetCreated',
      message: `Created new replica set "${setName}"`,
    };
  }
  return {
    type: 'Progressing',
    status: 'True',
    reason: 'ReplicaSetUpdated',
    message: `ReplicaSet "${setName}" is progressing.`,
  };
}

/** lastUpdateTime moves with any change of the condition. */
function stamped(before: DeploymentStatus, next: StatusCondition, now: string): StatusCondition {
  const old = before.conditions?.find((c) => c.type === next.type);
  const same = old?.status === next.status && old.reason === next.reason && old.message === next.message;
  return { ...next, lastUpdateTime: same ? (old.lastUpdateTime ?? now) : now };
}
