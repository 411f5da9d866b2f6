import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';

/** What keeps a pod from being ready. */
export interface Obstacle {
  readonly text: string;
  /** Whether waiting longer does not help: only a change of the installation does. */
  readonly isFinal: boolean;
}

const pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
/** A container that ended so often ends again. */
const finalRestarts = 3;

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
  readonly lastState?: { readonly terminated?: { readonly exitCode?: number; readonly reason?: string } };
}

interface PodStatus {
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
}

/** Why the newest pods of a Deployment are not ready; undefined when nothing is known. */
export async function podObstacle(
  client: KubeClient,
  deployment: KubeObject,
  signal: AbortSignal,
): Promise<Obstacle | undefined> {
  const { selector } = deployment['spec'] as {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
  const pairs = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const { namespace } = deployment.metadata;
  const { items } = await client.list(pods, { namespace, labelSelector: pairs.join(','), signal });
  const newest = [...items].sort((a, b) => (created(a) < created(b) ? 1 : -1));
  for (const pod of newest) {
    const obstacle = obstacleOf(pod);
    if (obstacle) return { ...obstacle, text: `pod ${pod.metadata.name ?? ''} ${obstacle.text}` };
  }
  return undefined;
}

const created = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? '';

export function obstacleOf(pod: KubeObject): Obstacle | undefined {
  const { containerStatuses = [], conditions = [] } = (pod['status'] ?? {}) as PodStatus;
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled) return { text: `is not scheduled: ${unscheduled.message ?? 'no reason given'}`, isFinal: false };
  for (const status of containerStatuses) {
    const { restartCount = 0, state, lastState, ready } = status;
    const { namespace = '', name = '' } = pod.metadata;
    if (!ready && restartCount > 0) {
      const code = lastState?.terminated?.exitCode;
      const why = `ended ${restartCount} times, last with status ${code ?? 'unknown'}`;
      return {
        text: `${why}; its last words: kubectl logs -n ${namespace} ${name} --previous`,
        isFinal: restartCount >= finalRestarts,
      };
    }
    const waiting = state?.waiting;
    if (waiting?.reason !== undefined && waiting.reason !== 'ContainerCreating') {
      const message = waiting.message === undefined ? '' : `: ${waiting.message}`;
      return { text: `waits with ${waiting.reason}${message}`, isFinal: waiting.reason === 'InvalidImageName' };
    }
  }
  return undefined;
}
