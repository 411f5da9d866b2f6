import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { since } from '../age.ts';
import { recordOf, recordsOf, stringOf, textOf, type JsonRecord } from '../../contract/json.ts';
import { ageOf, columns, labelsText, nameOf, none, type Cell, type Printer } from './printer.ts';

export const pod: Printer = {
  columns: columns('Name', 'Ready', 'Status', 'Restarts', 'Age', 'IP+', 'Node+', 'Nominated Node+', 'Readiness Gates+'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const status = recordOf(object['status']);
    const containers = recordsOf(status['containerStatuses']);
    const sidecars = alwaysRestarted(spec, status);
    const ready = [...containers, ...sidecars].filter((c) => c['ready'] === true).length;
    const total = recordsOf(spec['containers']).length + sidecars.length;
    return [
      nameOf(object),
      `${ready}/${total}`,
      podStatus(object),
      restarts([...containers, ...recordsOf(status['initContainerStatuses'])], now),
      ageOf(object, now),
      stringOf(recordsOf(status['podIPs'])[0]?.['ip']) || stringOf(status['podIP']) || none,
      stringOf(spec['nodeName']) || none,
      stringOf(status['nominatedNodeName']) || none,
      gates(spec, status),
    ];
  },
};

function alwaysRestarted(spec: JsonRecord, status: JsonRecord): JsonRecord[] {
  const names = new Set(
    recordsOf(spec['initContainers'])
      .filter((c) => c['restartPolicy'] === 'Always')
      .map((c) => c['name']),
  );
  return recordsOf(status['initContainerStatuses']).filter((c) => names.has(c['name']));
}

function restarts(statuses: readonly JsonRecord[], now: number): string {
  const count = statuses.reduce((sum, c) => sum + Number(c['restartCount'] ?? 0), 0);
  const ends = statuses
    .map((c) => stringOf(recordOf(recordOf(c['lastState'])['terminated'])['finishedAt']))
    .filter((time) => time !== '')
    .sort();
  const last = ends.at(-1);
  return last === undefined || count === 0 ? String(count) : `${count} (${since(last, now)} ago)`;
}

function gates(spec: JsonRecord, status: JsonRecord): string {
  const wanted = recordsOf(spec['readinessGates']);
  if (wanted.length === 0) return none;
  const fulfilled = wanted.filter((gate) =>
    recordsOf(status['conditions']).some((c) => c['type'] === gate['conditionType'] && c['status'] === 'True'),
  );
  return `${fulfilled.length}/${wanted.length}`;
}

/** The word in the STATUS column: the most telling of phase, reasons of containers and deletion. */
function podStatus(object: KubeObject): string {
  const status = recordOf(object['status']);
  const reason = stringOf(status['reason']) || gatedOr(status, stringOf(status['phase']));
  const initial = initReason(recordOf(object['spec']), status);
  const shown = initial ?? runningReason(status) ?? reason;
  if (object.metadata.deletionTimestamp === undefined) return shown;
  return status['reason'] === 'NodeLost' ? 'Unknown' : 'Terminating';
}

function gatedOr(status: JsonRecord, phase: string): string {
  const gated = recordsOf(status['conditions']).some(
    (c) => c['type'] === 'PodScheduled' && c['reason'] === 'SchedulingGated',
  );
  return gated ? 'SchedulingGated' : phase;
}

function initReason(spec: JsonRecord, status: JsonRecord): string | undefined {
  const total = recordsOf(spec['initContainers']).length;
  const restarting = new Set(alwaysRestarted(spec, status).map((c) => c['name']));
  for (const [i, container] of recordsOf(status['initContainerStatuses']).entries()) {
    const state = recordOf(container['state']);
    const terminated = recordOf(state['terminated']);
    if (terminated['exitCode'] === 0) continue;
    if (restarting.has(container['name']) && container['started'] === true) continue;
    if (state['terminated'] !== undefined) return `Init:${exitReason(terminated)}`;
    const waiting = stringOf(recordOf(state['waiting'])['reason']);
    return waiting !== '' && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${i}/${total}`;
  }
  return undefined;
}

function exitReason(terminated: JsonRecord): string {
  const reason = stringOf(terminated['reason']);
  if (reason !== '') return reason;
  const signal = Number(terminated['signal'] ?? 0);
  return signal === 0 ? `ExitCode:${textOf(terminated['exitCode'], '0')}` : `Signal:${signal}`;
}

function runningReason(status: JsonRecord): string | undefined {
  let shown: string | undefined;
  let running = false;
  for (const container of recordsOf(status['containerStatuses']).reverse()) {
    const state = recordOf(container['state']);
    const waiting = stringOf(recordOf(state['waiting'])['reason']);
    if (waiting !== '') shown = waiting;
    else if (state['terminated'] !== undefined) shown = exitReason(recordOf(state['terminated']));
    else if (container['ready'] === true && state['running'] !== undefined) running = true;
  }
  if (shown !== 'Completed' || !running) return shown;
  const ready = recordsOf(status['conditions']).some((c) => c['type'] === 'Ready' && c['status'] === 'True');
  return ready ? 'Running' : 'NotReady';
}

/** Names and images of a template's containers, as two cells. */
export function containerCells(template: unknown): [Cell, Cell] {
  const containers = recordsOf(recordOf(recordOf(template)['spec'])['containers']);
  const join = (key: string) => containers.map((c) => stringOf(c[key])).join(',');
  return [join('name'), join('image')];
}

export const podTemplate: Printer = {
  columns: columns('Name', 'Containers', 'Images', 'Pod Labels'),
  cells(object) {
    const template = recordOf(object['template']);
    return [
      nameOf(object),
      ...containerCells(template),
      labelsText(recordOf(recordOf(template['metadata'])['labels'])),
    ];
  },
};
