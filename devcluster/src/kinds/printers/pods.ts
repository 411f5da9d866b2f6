import { since } from '../age.ts';
import { recordOf, recordsOf, stringOf, type JsonRecord } from '../../contract/json.ts';
import { summaryOf } from './pod-summary.ts';
import { ageOf, columns, labelsText, nameOf, none, type Cell, type Printer } from './printer.ts';

export const pod: Printer = {
  columns: columns('Name', 'Ready', 'Status', 'Restarts', 'Age', 'IP+', 'Node+', 'Nominated Node+', 'Readiness Gates+'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const status = recordOf(object['status']);
    const { ready, total, status: shown, restarts, lastRestart } = summaryOf(object);
    return [
      nameOf(object),
      `${ready}/${total}`,
      shown,
      restarts === 0 || lastRestart === '' ? String(restarts) : `${restarts} (${since(lastRestart, now)} ago)`,
      ageOf(object, now),
      stringOf(recordsOf(status['podIPs'])[0]?.['ip']) || none,
      stringOf(spec['nodeName']) || none,
      stringOf(status['nominatedNodeName']) || none,
      gates(spec, status),
    ];
  },
};

function gates(spec: JsonRecord, status: JsonRecord): string {
  const wanted = recordsOf(spec['readinessGates']);
  if (wanted.length === 0) return none;
  const fulfilled = wanted.filter((gate) =>
    recordsOf(status['conditions']).some((c) => c['type'] === gate['conditionType'] && c['status'] === 'True'),
  );
  return `${fulfilled.length}/${wanted.length}`;
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
