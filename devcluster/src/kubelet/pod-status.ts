import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { StatusCondition } from '../controllers/context.ts';
import { withCondition } from '../controllers/context.ts';
import type { Container } from './pod.ts';
import { specOf } from './pod.ts';

export interface Terminated {
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string | undefined;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly containerID?: string | undefined;
}

export type ContainerState =
  | { readonly is: 'waiting'; readonly reason: string; readonly message?: string | undefined }
  | { readonly is: 'running'; readonly startedAt: string }
  | { readonly is: 'terminated'; readonly end: Terminated };

/** What the kubelet knows of one container. */
export interface ContainerView {
  readonly state: ContainerState;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restartCount: number;
  readonly containerID: string;
  readonly last: Terminated | undefined;
}

export interface PodView {
  readonly podIp: string;
  readonly hostIp: string;
  readonly startTime: string;
  /** By container's name. */
  readonly containers: ReadonlyMap<string, ContainerView>;
}

interface OldStatus {
  readonly conditions?: readonly StatusCondition[];
}

/** The status of a pod as the kubelet reports it. */
export function buildPodStatus(pod: KubeObject, view: PodView, now: string): Record<string, unknown> {
  const spec = specOf(pod);
  const views = spec.containers.map(
    (container) => [container, view.containers.get(container.name) ?? creating] as const,
  );
  const phase = phaseOf(
    views.map(([, v]) => v),
    spec.restartPolicy ?? 'Always',
  );
  const finished = phase === 'Succeeded' || phase === 'Failed';
  const ready = !finished && views.every(([, v]) => v.ready);
  const unready = views.filter(([, v]) => !v.ready).map(([container]) => container.name);
  const before = (pod['status'] ?? {}) as OldStatus;
  const conditions = conditionsOf({ phase, finished, ready, unready });
  return {
    phase,
    conditions: conditions.reduce<readonly StatusCondition[]>(
      (all, next) => withCondition(all, { lastProbeTime: null, ...next }, now),
      before.conditions ?? [],
    ),
    hostIP: view.hostIp,
    hostIPs: [{ ip: view.hostIp }],
    podIP: view.podIp,
    podIPs: [{ ip: view.podIp }],
    startTime: view.startTime,
    qosClass: qosOf(spec.containers),
    containerStatuses: views.map(([container, v]) => containerStatus(container, v)),
    ...((spec.initContainers?.length ?? 0) > 0 && {
      initContainerStatuses: (spec.initContainers ?? []).map((c) => completedInit(c, view.startTime)),
    }),
  };
}

interface Readiness {
  readonly phase: string;
  readonly finished: boolean;
  readonly ready: boolean;
  /** Names of the containers that are not ready. */
  readonly unready: readonly string[];
}

function conditionsOf({ phase, finished, ready, unready }: Readiness): StatusCondition[] {
  const readiness = { status: ready ? 'True' : 'False', ...whyUnready({ phase, finished, ready, unready }) };
  return [
    { type: 'PodReadyToStartContainers', status: finished ? 'False' : 'True' },
    { type: 'Initialized', status: 'True', ...(phase === 'Succeeded' && { reason: 'PodCompleted' }) },
    { type: 'Ready', ...readiness },
    { type: 'ContainersReady', ...readiness },
    { type: 'PodScheduled', status: 'True' },
  ];
}

function whyUnready({ phase, finished, ready, unready }: Readiness): { reason?: string; message?: string } {
  if (finished) return { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' };
  if (ready) return {};
  return { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
}

const creating: ContainerView = {
  state: { is: 'waiting', reason: 'ContainerCreating' },
  ready: false,
  started: false,
  restartCount: 0,
  containerID: '',
  last: undefined,
};

function phaseOf(views: readonly ContainerView[], restartPolicy: string): string {
  const over = views.every(({ state }) => state.is === 'terminated');
  if (over && restartPolicy !== 'Always') {
    const failed = views.some(({ state }) => state.is === 'terminated' && state.end.exitCode !== 0);
    if (!failed) return 'Succeeded';
    if (restartPolicy === 'Never') return 'Failed';
  }
  return views.some(
    ({ state, restartCount }) => state.is === 'running' || restartCount > 0 || state.is === 'terminated',
  )
    ? 'Running'
    : 'Pending';
}

function containerStatus(container: Container, view: ContainerView): Record<string, unknown> {
  return {
    name: container.name,
    image: container.image,
    imageID: `${container.image}@sha256:${'0'.repeat(64)}`,
    ready: view.ready,
    started: view.started,
    restartCount: view.restartCount,
    state: stateOf(view.state),
    lastState: view.last ? { terminated: defined(view.last) } : {},
    ...(view.containerID && { containerID: view.containerID }),
  };
}

function stateOf(state: ContainerState): Record<string, unknown> {
  switch (state.is) {
    case 'waiting':
      return { waiting: { reason: state.reason, ...(state.message !== undefined && { message: state.message }) } };
    case 'running':
      return { running: { startedAt: state.startedAt } };
    case 'terminated':
      return { terminated: defined(state.end) };
  }
}

function completedInit(container: Container, at: string): Record<string, unknown> {
  return {
    name: container.name,
    image: container.image,
    imageID: `${container.image}@sha256:${'0'.repeat(64)}`,
    ready: true,
    started: false,
    restartCount: 0,
    state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: at, finishedAt: at } },
    lastState: {},
  };
}

function qosOf(containers: readonly Container[]): string {
  const resources = containers.map((c) => c.resources ?? {});
  if (resources.every((r) => Object.keys(r.limits ?? {}).length === 0 && Object.keys(r.requests ?? {}).length === 0))
    return 'BestEffort';
  const guaranteed = resources.every(({ limits = {}, requests = limits }) =>
    ['cpu', 'memory'].every((name) => limits[name] !== undefined && (requests[name] ?? limits[name]) === limits[name]),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function defined(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
