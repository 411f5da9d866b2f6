import { humanDuration } from '../age.ts';
import { recordOf, recordsOf, stringOf, type JsonRecord } from '../../contract/json.ts';
import { ageOf, columns, nameOf, none, type Printer } from './printer.ts';

export const certificateSigningRequest: Printer = {
  columns: columns('Name', 'Age', 'SignerName', 'Requestor', 'RequestedDuration', 'Condition'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const seconds = spec['expirationSeconds'];
    return [
      nameOf(object),
      ageOf(object, now),
      stringOf(spec['signerName']) || none,
      stringOf(spec['username']),
      typeof seconds === 'number' ? humanDuration(seconds * 1000) : none,
      condition(recordOf(object['status'])),
    ];
  },
};

function condition(status: JsonRecord): string {
  const has = (type: string) => recordsOf(status['conditions']).some((one) => one['type'] === type);
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${stringOf(status['certificate']) === '' ? '' : ',Issued'}`;
}
