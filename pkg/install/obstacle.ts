import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';

/** What keeps a pod from being ready. */
export interface Obstacle {
  readonly text: string;
  /** Whether waiting longer does not help: only a change of the installation does. */
  readonly isFinal: boolean;
}

const pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const replicaSets: Resource = { group: 'apps', version: 'v1', kind: 'ReplicaSet', plural: 'replicasets', namespaced: true }; // prettier-ignore
const revisionKey = 'deployment.kubernetes.io/revision';
const hashLabel = 'pod-template-hash';
/** A container that ended so often ends again. */
const finalRestarts = 3;
/** A container that is not ready for so long needs a person's attention. */
const longMs = 30_000;

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: { readonly startedAt?: string };
  };
  readonly lastState?: { readonly terminated?: { readonly exitCode?: number; readonly reason?: string } };
}

interface PodStatus {
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
}

/** What a pod's last container wrote last, where that can be read. */
export type ReadLastLine = (pod: {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
}) => Promise<string | undefined>;

export interface ObstacleOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
  readonly readLastLine?: ReadLastLine | undefined;
}

/** Why the pods of a Deployment's present template are not ready; undefined when nothing is known. Pods of earlier templates do not count. */
export async function podObstacle(
  client: KubeClient,
  deployment: KubeObject,
  { now, signal, readLastLine }: ObstacleOptions,
): Promise<Obstacle | undefined> {
  const { namespace } = deployment.metadata;
  const labelSelector = selectorOf(deployment);
  const hash = await presentHash(client, deployment, signal);
  const { items } = await client.list(pods, { namespace, labelSelector, signal });
  for (const pod of items.filter(({ metadata }) => hash === undefined || metadata.labels?.[hashLabel] === hash)) {
    const obstacle = obstacleOf(pod, now);
    if (!obstacle) continue;
    const { name = '' } = pod.metadata;
    const { container, text, isFinal } = obstacle;
    const line =
      isFinal && container !== undefined && (await readLastLine?.({ namespace: namespace ?? '', name, container }));
    return { isFinal, text: `pod ${name} ${text}${line ? `: ${line}` : ''}` };
  }
  return failureOf(deployment);
}

function selectorOf(deployment: KubeObject): string {
  const { selector } = deployment['spec'] as {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
  return Object.entries(selector?.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** By which pods of a Deployment's present template are known; undefined while there is no ReplicaSet of it. */
async function presentHash(
  client: KubeClient,
  deployment: KubeObject,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace, annotations } = deployment.metadata;
  const { items } = await client.list(replicaSets, { namespace, labelSelector: selectorOf(deployment), signal });
  const present = items.find(
    ({ metadata }) => metadata.annotations?.[revisionKey] === (annotations?.[revisionKey] ?? ''),
  );
  return present?.metadata.labels?.[hashLabel];
}

/** Why no pod is made at all, such as a quota. */
function failureOf({ status }: KubeObject): Obstacle | undefined {
  const { conditions } = (status ?? {}) as PodStatus;
  const failure = conditions?.find((one) => one.type === 'ReplicaFailure' && one.status === 'True');
  return failure && { text: `no pod is made: ${failure.message ?? 'no reason given'}`, isFinal: false };
}

type PodObstacle = Obstacle & { readonly container?: string };

export function obstacleOf(pod: KubeObject, now: number): PodObstacle | undefined {
  const { containerStatuses = [], conditions = [] } = (pod['status'] ?? {}) as PodStatus;
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled) return { text: `is not scheduled: ${unscheduled.message ?? 'no reason given'}`, isFinal: false };
  const { namespace = '', name = '' } = pod.metadata;
  for (const status of containerStatuses.filter(({ ready }) => !ready)) {
    const obstacle = containerObstacle(status, now, `kubectl logs -n ${namespace} ${name}`);
    if (obstacle) return obstacle;
  }
  return undefined;
}

function containerObstacle(
  { name, restartCount = 0, state, lastState }: ContainerStatus,
  now: number,
  logs: string,
): PodObstacle | undefined {
  if (restartCount > 0) {
    const code = lastState?.terminated?.exitCode;
    const why = `ended ${restartCount} times, last with status ${code ?? 'unknown'}`;
    const isFinal = restartCount >= finalRestarts;
    return { container: name, text: `${why}; its log: ${logs} --previous`, isFinal };
  }
  const ranMs = now - Date.parse(state?.running?.startedAt ?? '');
  if (ranMs > longMs)
    return { text: `runs for ${Math.round(ranMs / 1000)} s and is not ready; its log: ${logs}`, isFinal: false };
  const waiting = state?.waiting;
  if (waiting?.reason === undefined || waiting.reason === 'ContainerCreating') return undefined;
  const message = waiting.message === undefined ? '' : `: ${waiting.message}`;
  return { text: `waits with ${waiting.reason}${message}`, isFinal: waiting.reason === 'InvalidImageName' };
}
