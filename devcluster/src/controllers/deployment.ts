import { splitKey } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { deployments, replicaSets } from '../contract/builtin.ts';
import { callerOf, ownedBy } from './context.ts';
import type { ControllerContext } from './context.ts';
import { deploymentStatus, untilDeadline } from './deployment-status.ts';
import { startOwnerLoop } from './owner-loop.ts';
import { sameStatus } from './replica-set.ts';
import { newReplicaSet, replicasOf, revisionOf, templateHash, templateOf } from './rollout.ts';
import type { DeploymentSpec } from './rollout.ts';
import { nextScale } from './rollout.ts';

const caller = callerOf('deployment-controller');
const revisionKey = 'deployment.kubernetes.io/revision';

/** Rolls a Deployment's template out over ReplicaSets, one per template. */
export function startDeployments(context: ControllerContext, signal: AbortSignal): void {
  startOwnerLoop(
    context,
    { owners: deployments, owned: replicaSets, reconcile: (key) => reconcile(context, key) },
    signal,
  );
}

async function reconcile(context: ControllerContext, key: string): Promise<number | undefined> {
  const { api } = context;
  const { namespace, name } = splitKey(key);
  const deployment = api.get(deployments, namespace, name);
  if (!deployment) return undefined;
  const sets = (): readonly KubeObject[] => ownedBy(api, replicaSets, deployment);
  if (!deployment.metadata.deletionTimestamp) {
    const current = await currentSet(context, deployment, sets());
    await scaleSets(context, deployment, current, sets());
    await cleanUp(context, deployment, current, sets());
  }
  return writeStatus(context, deployment, sets());
}

/** The ReplicaSet of the template as it is now; made when it is missing, unless the Deployment is paused. */
async function currentSet(
  { api }: ControllerContext,
  deployment: KubeObject,
  sets: readonly KubeObject[],
): Promise<KubeObject | undefined> {
  const spec = deployment['spec'] as DeploymentSpec;
  const hash = templateHash(spec.template);
  const found = sets.find((set) => templateHash(templateOf(set)) === hash);
  const latest = Math.max(0, ...sets.filter((set) => set !== found).map(revisionOf));
  if (found) {
    if (revisionOf(found) <= latest) {
      const target = { namespace: found.metadata.namespace, name: found.metadata.name ?? '' };
      const body = { metadata: { annotations: { [revisionKey]: String(latest + 1) } } };
      const raised = await api.mergePatch(caller, replicaSets, target, body);
      await recordRevision(api, deployment, latest + 1);
      return raised;
    }
    await recordRevision(api, deployment, revisionOf(found));
    return found;
  }
  if (spec.paused) return undefined;
  const made = await api.create(caller, replicaSets, newReplicaSet(deployment, { hash, revision: latest + 1, sets }));
  await recordRevision(api, deployment, latest + 1);
  return made;
}

async function recordRevision(api: ControllerContext['api'], deployment: KubeObject, revision: number): Promise<void> {
  const { namespace, name = '', annotations } = deployment.metadata;
  if (annotations?.[revisionKey] === String(revision)) return;
  await api.mergePatch(
    caller,
    deployments,
    // A write of the status takes annotations along and is no new generation.
    { namespace, name, subresource: 'status' },
    { metadata: { annotations: { [revisionKey]: String(revision) } } },
  );
}

async function scaleSets(
  { api }: ControllerContext,
  deployment: KubeObject,
  current: KubeObject | undefined,
  sets: readonly KubeObject[],
): Promise<void> {
  const spec = deployment['spec'] as DeploymentSpec;
  for (const { set, replicas } of nextScale(spec, current, sets)) {
    if (replicasOf(set) === replicas) continue;
    const target = { namespace: set.metadata.namespace, name: set.metadata.name ?? '' };
    const annotations = { 'deployment.kubernetes.io/desired-replicas': String(spec.replicas ?? 1) };
    await api.mergePatch(caller, replicaSets, target, { metadata: { annotations }, spec: { replicas } });
  }
}

/** Removes old, empty ReplicaSets beyond the history that the Deployment asks for. */
async function cleanUp(
  { api }: ControllerContext,
  deployment: KubeObject,
  current: KubeObject | undefined,
  sets: readonly KubeObject[],
): Promise<void> {
  const limit = (deployment['spec'] as DeploymentSpec).revisionHistoryLimit ?? 10;
  const idle = sets
    .filter(
      (set) => set.metadata.uid !== current?.metadata.uid && replicasOf(set) === 0 && !set.metadata.deletionTimestamp,
    )
    .filter((set) => ((set['status'] as { replicas?: number } | undefined)?.replicas ?? 0) === 0)
    .sort((a, b) => revisionOf(a) - revisionOf(b));
  for (const set of idle.slice(0, Math.max(0, idle.length - limit))) {
    await api.delete(
      caller,
      replicaSets,
      { namespace: set.metadata.namespace, name: set.metadata.name ?? '' },
      { propagationPolicy: 'Background' },
    );
  }
}

/** Returns the delay, in milliseconds, before a roll-out is checked for progress again. */
async function writeStatus(
  { api, clock }: ControllerContext,
  read: KubeObject,
  sets: readonly KubeObject[],
): Promise<number | undefined> {
  const deployment = api.get(deployments, read.metadata.namespace, read.metadata.name ?? '');
  if (deployment?.metadata.uid !== read.metadata.uid || !deployment) return undefined;
  const status = deploymentStatus(deployment, sets, clock);
  const next = { ...deployment, status };
  if (!sameStatus(deployment['status'] ?? {}, status)) await api.update(caller, deployments, next, 'status');
  return untilDeadline(next, clock.now());
}
