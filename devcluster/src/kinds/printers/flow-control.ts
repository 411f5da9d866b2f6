import { at, recordOf, recordsOf, stringOf, textOf } from '../../contract/json.ts';
import { ageOf, columns, nameOf, none } from './printer.ts';
import type { Printer } from './printer.ts';

export const flowSchema: Printer = {
  columns: columns('Name', 'PriorityLevel', 'MatchingPrecedence', 'DistinguisherMethod', 'Age', 'MissingPL'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const dangling = recordsOf(recordOf(object['status'])['conditions']).find((c) => c['type'] === 'Dangling');
    return [
      nameOf(object),
      stringOf(at(spec, 'priorityLevelConfiguration')['name']),
      Number(spec['matchingPrecedence'] ?? 0),
      stringOf(at(spec, 'distinguisherMethod')['type']) || none,
      ageOf(object, now),
      stringOf(dangling?.['status']) || '?',
    ];
  },
};

export const priorityLevel: Printer = {
  columns: columns('Name', 'Type', 'NominalConcurrencyShares', 'Queues', 'HandSize', 'QueueLengthLimit', 'Age'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const shares = { ...at(spec, 'exempt'), ...at(spec, 'limited') }['nominalConcurrencyShares'];
    const queuing = at(spec, 'limited', 'limitResponse', 'queuing');
    const shown = (key: string): string => textOf(queuing[key], none);
    return [
      nameOf(object),
      stringOf(spec['type']),
      typeof shares === 'number' ? shares : none,
      shown('queues'),
      shown('handSize'),
      shown('queueLengthLimit'),
      ageOf(object, now),
    ];
  },
};
