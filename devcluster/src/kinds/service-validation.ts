import { isIPv4, isIPv6 } from 'node:net';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { labelProblems } from './metadata.ts';
import { recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { duplicate, forbidden, immutableText, invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { dnsLabel, dnsSubdomain, portName, portNumber } from './syntax.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const firstPort = 30_000;
const lastPort = 32_767;

export function serviceProblems(object: KubeObject): FieldProblem[] {
  const spec = recordOf(object['spec']);
  const ports = recordsOf(spec['ports']);
  const problems: FieldProblem[] = [];
  const headless = spec['clusterIP'] === 'None';
  if (ports.length === 0 && !headless && spec['type'] !== 'ExternalName') problems.push(required('spec.ports'));
  problems.push(...typeProblems(spec, headless));
  problems.push(...portsProblems(ports, headless));
  problems.push(...labelProblems(spec['selector'], 'spec.selector'));
  problems.push(...affinityProblems(spec));
  problems.push(...addressProblems(spec));
  return problems;
}

function typeProblems(spec: JsonRecord, headless: boolean): FieldProblem[] {
  const { type } = spec;
  if (!types.includes(stringOf(type))) return [unsupported('spec.type', type, types)];
  if (type === 'ExternalName') {
    const name = stringOf(spec['externalName']).replace(/\.$/, '');
    if (name === '') return [required('spec.externalName')];
    return dnsSubdomain(name).map((text) => invalid('spec.externalName', name, text));
  }
  if (headless && type !== 'ClusterIP') {
    return [invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${String(type)} services`)];
  }
  return [];
}

function portsProblems(ports: readonly JsonRecord[], headless: boolean): FieldProblem[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  return ports.flatMap((port, i) => {
    const field = `spec.ports[${i}]`;
    const problems = onePortProblems(port, field, ports.length > 1, headless);
    const name = stringOf(port['name']);
    if (name !== '' && names.has(name)) problems.push(duplicate(`${field}.name`, name));
    names.add(name);
    const key = `${String(port['port'])}/${stringOf(port['protocol'])}`;
    if (numbers.has(key)) {
      problems.push(duplicate(field, { port: port['port'], protocol: port['protocol'] }));
    }
    numbers.add(key);
    return problems;
  });
}

function onePortProblems(port: JsonRecord, field: string, named: boolean, headless: boolean): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const name = stringOf(port['name']);
  if (name === '' && named) problems.push(required(`${field}.name`));
  else if (name !== '') problems.push(...dnsLabel(name).map((text) => invalid(`${field}.name`, name, text)));
  const number = Number(port['port'] ?? 0);
  problems.push(...portNumber(number).map((text) => invalid(`${field}.port`, number, text)));
  const protocol = stringOf(port['protocol']);
  if (protocol === '') problems.push(required(`${field}.protocol`));
  else if (!protocols.includes(protocol)) problems.push(unsupported(`${field}.protocol`, protocol, protocols));
  if (!headless) problems.push(...targetProblems(port['targetPort'], `${field}.targetPort`));
  const node = Number(port['nodePort'] ?? 0);
  if (node !== 0 && (node < firstPort || node > lastPort)) {
    const text = `provided port is not in the valid range. The range of valid ports is ${firstPort}-${lastPort}`;
    problems.push(invalid(`${field}.nodePort`, node, text));
  }
  return problems;
}

function targetProblems(target: unknown, field: string): FieldProblem[] {
  const texts = typeof target === 'string' ? portName(target) : portNumber(Number(target ?? 0));
  return texts.map((text) => invalid(field, target, text));
}

function affinityProblems(spec: JsonRecord): FieldProblem[] {
  const affinity = spec['sessionAffinity'];
  if (affinity === undefined || affinity === '') return [required('spec.sessionAffinity')];
  if (affinity !== 'None' && affinity !== 'ClientIP') {
    return [unsupported('spec.sessionAffinity', affinity, ['ClientIP', 'None'])];
  }
  return [];
}

function addressProblems(spec: JsonRecord): FieldProblem[] {
  const addresses: unknown[] = Array.isArray(spec['clusterIPs']) ? spec['clusterIPs'] : [];
  const problems = addresses.flatMap((address, i) => {
    const text = stringOf(address);
    if (text === 'None' || text === '' || isIPv4(text) || isIPv6(text)) return [];
    return [invalid(`spec.clusterIPs[${i}]`, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  });
  const first = addresses[0];
  if (first !== undefined && spec['clusterIP'] !== first) {
    problems.push(invalid('spec.clusterIPs', addresses, 'first value must match `clusterIP`'));
  }
  if (spec['type'] === 'ExternalName' && stringOf(spec['clusterIP']) !== '') {
    problems.push(forbidden('spec.clusterIP', "may not be set when `type` is 'ExternalName'"));
  }
  return problems;
}

export function serviceUpdateProblems(object: KubeObject, old: KubeObject): FieldProblem[] {
  const spec = recordOf(object['spec']);
  const before = recordOf(old['spec']);
  if (spec['type'] === 'ExternalName' || before['type'] === 'ExternalName') return [];
  if (!before['clusterIP'] || spec['clusterIP'] === before['clusterIP']) return [];
  return [invalid('spec.clusterIPs[0]', [spec['clusterIP']], immutableText)];
}
