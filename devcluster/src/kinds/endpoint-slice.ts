import { isIPv4, isIPv6 } from 'node:net';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { addressProblems, specialAddressProblems } from './address-syntax.ts';
import { recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { duplicate, invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { dnsLabel, dnsSubdomain, qualifiedName } from '../text/syntax.ts';

const types = ['FQDN', 'IPv4', 'IPv6'];
const protocols = ['SCTP', 'TCP', 'UDP'];

export function endpointSliceProblems(object: KubeObject): FieldProblem[] {
  const type = stringOf(object['addressType']);
  const problems: FieldProblem[] = [];
  if (type === '') problems.push(required('addressType'));
  else if (!types.includes(type)) problems.push(unsupported('addressType', type, types));
  return [
    ...problems,
    ...portProblems(recordsOf(object['ports'])),
    ...recordsOf(object['endpoints']).flatMap((endpoint, i) => endpointProblems(endpoint, type, `endpoints[${i}]`)),
  ];
}

function portProblems(ports: readonly JsonRecord[]): FieldProblem[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const field = `ports[${i}]`;
    const name = stringOf(port['name']);
    const problems = name === '' ? [] : dnsLabel(name).map((text) => invalid(`${field}.name`, name, text));
    if (names.has(name)) problems.push(duplicate(`${field}.name`, name));
    names.add(name);
    const { protocol, appProtocol } = port;
    if (!protocols.includes(stringOf(protocol))) problems.push(unsupported(`${field}.protocol`, protocol, protocols));
    const application = typeof appProtocol === 'string' ? qualifiedName(appProtocol) : [];
    return [...problems, ...application.map((text) => invalid(`${field}.appProtocol`, appProtocol, text))];
  });
}

function endpointProblems(endpoint: JsonRecord, type: string, field: string): FieldProblem[] {
  const addresses: unknown[] = Array.isArray(endpoint['addresses']) ? endpoint['addresses'] : [];
  const at = `${field}.addresses`;
  const problems = addresses.length === 0 ? [required(at, 'must contain at least 1 address')] : [];
  for (const [i, address] of addresses.entries()) {
    problems.push(...oneAddress(stringOf(address), type, { list: at, field: `${at}[${i}]` }));
  }
  const { hostname, nodeName } = endpoint;
  if (typeof hostname === 'string')
    problems.push(...dnsLabel(hostname).map((text) => invalid(`${field}.hostname`, hostname, text)));
  if (typeof nodeName === 'string')
    problems.push(...dnsSubdomain(nodeName).map((text) => invalid(`${field}.nodeName`, nodeName, text)));
  return problems;
}

function oneAddress(
  address: string,
  type: string,
  { list, field }: { readonly list: string; readonly field: string },
): FieldProblem[] {
  if (type === 'FQDN') return dnsSubdomain(address).map((text) => invalid(field, address, text));
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const problems = addressProblems(address, field);
  if (problems.length > 0) return problems;
  const fits = type === 'IPv4' ? isIPv4(address) : isIPv6(address);
  const other = fits ? [] : [invalid(list, address, `must be an ${type} address`)];
  return [...other, ...specialAddressProblems(address, field)];
}
