import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { recordOf, recordsOf, stringOf, textOf, type JsonRecord } from '../../contract/json.ts';

/** What kubectl shows of the containers of a pod. */
export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  /** Phase, or the reason of a container's or the pod's own state. */
  readonly status: string;
  readonly restarts: number;
  /** The end of the container that was restarted last. */
  readonly lastRestart: string;
}

interface Restarts {
  readonly count: number;
  readonly last: string;
}

interface Initialization {
  /** Why the pod is not initialized; undefined once its init containers have run. */
  readonly reason: string | undefined;
  readonly ready: number;
  readonly all: Restarts;
  /** Those of sidecars alone. */
  readonly sidecars: Restarts;
}

export function summaryOf(pod: KubeObject): PodSummary {
  const spec = recordOf(pod['spec']);
  const status = recordOf(pod['status']);
  const sidecars = recordsOf(spec['initContainers']).filter((c) => c['restartPolicy'] === 'Always');
  const total = recordsOf(spec['containers']).length + sidecars.length;
  const initialization = initializationOf(spec, status, new Set(sidecars.map((c) => c['name'])));
  const isRunning = initialization.reason === undefined || hasCondition(status, 'Initialized');
  const before = initialization.reason ?? ownReason(status);
  if (!isRunning) {
    const { count, last } = initialization.all;
    return { ready: initialization.ready, total, status: ended(pod, before), restarts: count, lastRestart: last };
  }
  const containers = recordsOf(status['containerStatuses']);
  const running = containers.filter(isReadyAndRunning);
  const { count, last } = restartsOf(containers, initialization.sidecars);
  return {
    ready: initialization.ready + running.length,
    total,
    status: ended(pod, runningReason(status, containers, before)),
    restarts: count,
    lastRestart: last,
  };
}

function ownReason(status: JsonRecord): string {
  const isGated = recordsOf(status['conditions']).some(
    (c) => c['type'] === 'PodScheduled' && c['reason'] === 'SchedulingGated',
  );
  return isGated ? 'SchedulingGated' : stringOf(status['reason']) || stringOf(status['phase']);
}

function ended(pod: KubeObject, reason: string): string {
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  const status = recordOf(pod['status']);
  if (status['reason'] === 'NodeLost') return 'Unknown';
  return status['phase'] === 'Succeeded' || status['phase'] === 'Failed' ? reason : 'Terminating';
}

/** Reads the init containers up to the first that has not run. */
function initializationOf(spec: JsonRecord, status: JsonRecord, sidecars: ReadonlySet<unknown>): Initialization {
  const seen: JsonRecord[] = [];
  let ready = 0;
  let reason: string | undefined;
  for (const [i, container] of recordsOf(status['initContainerStatuses']).entries()) {
    seen.push(container);
    const isStarted = sidecars.has(container['name']) && container['started'] === true;
    if (recordOf(recordOf(container['state'])['terminated'])['exitCode'] === 0) continue;
    if (isStarted) {
      if (container['ready'] === true) ready += 1;
      continue;
    }
    reason = `Init:${initReason(container, `${i}/${recordsOf(spec['initContainers']).length}`)}`;
    break;
  }
  return {
    reason,
    ready,
    all: restartsOf(seen),
    sidecars: restartsOf(seen.filter((c) => sidecars.has(c['name']))),
  };
}

function initReason(container: JsonRecord, progress: string): string {
  const state = recordOf(container['state']);
  if (state['terminated'] !== undefined) return exitReason(recordOf(state['terminated']));
  const waiting = stringOf(recordOf(state['waiting'])['reason']);
  return waiting !== '' && waiting !== 'PodInitializing' ? waiting : progress;
}

function restartsOf(containers: readonly JsonRecord[], before: Restarts = { count: 0, last: '' }): Restarts {
  const count = containers.reduce((sum, c) => sum + Number(c['restartCount'] ?? 0), before.count);
  const ends = containers.map((c) => stringOf(recordOf(recordOf(c['lastState'])['terminated'])['finishedAt']));
  return { count, last: [before.last, ...ends].sort().at(-1) ?? '' };
}

function exitReason(terminated: JsonRecord): string {
  const reason = stringOf(terminated['reason']);
  if (reason !== '') return reason;
  const signal = Number(terminated['signal'] ?? 0);
  return signal === 0 ? `ExitCode:${textOf(terminated['exitCode'], '0')}` : `Signal:${signal}`;
}

function isReadyAndRunning(container: JsonRecord): boolean {
  const state = recordOf(container['state']);
  const isWaiting = stringOf(recordOf(state['waiting'])['reason']) !== '';
  return (
    !isWaiting && state['terminated'] === undefined && container['ready'] === true && state['running'] !== undefined
  );
}

/** The first container that waits or has ended gives the reason, but not over others that still run. */
function runningReason(status: JsonRecord, containers: readonly JsonRecord[], before: string): string {
  let reason = before;
  let errorReason = '';
  for (const container of [...containers].reverse()) {
    const state = recordOf(container['state']);
    const waiting = stringOf(recordOf(state['waiting'])['reason']);
    if (waiting !== '') reason = waiting;
    else if (state['terminated'] !== undefined) {
      reason = exitReason(recordOf(state['terminated']));
      if (Number(recordOf(state['terminated'])['exitCode'] ?? 0) !== 0) errorReason = reason;
    }
  }
  if (reason !== 'Completed') return reason;
  const hasRunning = containers.some(isReadyAndRunning);
  if (hasRunning && hasCondition(status, 'Ready')) return 'Running';
  if (errorReason !== '') return errorReason;
  return hasRunning ? 'NotReady' : reason;
}

function hasCondition(status: JsonRecord, type: string): boolean {
  return recordsOf(status['conditions']).some((c) => c['type'] === type && c['status'] === 'True');
}
