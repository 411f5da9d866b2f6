import type { KubeObject } from '../../apis/meta.ts';
import { invalid as refused } from '../apiserver/errors.ts';
import { absent, child, fill, recordOf, recordsOf, stringOf, type JsonRecord } from './json.ts';
import { invalid } from './problems.ts';
import type { FieldProblem, MutableObject, StrategyEnvironment } from './strategy.ts';

/** The part of 10.96.0.0/16 that is given out; .1 is the API server's own. */
const firstAddress = 2;
const addresses = 65_534;
const firstPort = 30_000;
const lastPort = 32_767;
export function usesNodePorts(spec: JsonRecord): boolean {
  if (spec['type'] === 'NodePort') return true;
  return spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false;
}

/** Gives a Service its address and its node ports. Throws Invalid when it asks for one that another has. */
export function allocate(object: MutableObject, environment: StrategyEnvironment): void {
  const spec = child(object, 'spec');
  if (spec['type'] === 'ExternalName') return;
  const others = environment.list('', 'services').filter((other) => other.metadata.uid !== object.metadata['uid']);
  const problems = allocateAddress(spec, others);
  if (usesNodePorts(spec)) problems.push(...allocatePorts(spec, others));
  else for (const port of recordsOf(spec['ports'])) delete port['nodePort'];
  if (problems.length > 0) throw refused({ group: '', kind: 'Service' }, stringOf(object.metadata['name']), problems);
}

function allocateAddress(spec: JsonRecord, others: readonly KubeObject[]): FieldProblem[] {
  const given = stringOf(spec['clusterIP']) || firstOf(spec['clusterIPs']);
  const used = new Set(others.map((o) => stringOf(recordOf(o['spec'])['clusterIP'])));
  const address = given || freeAddress(used);
  spec['clusterIP'] = address;
  if (!Array.isArray(spec['clusterIPs']) || spec['clusterIPs'].length === 0) spec['clusterIPs'] = [address];
  fill(spec, { ipFamilies: [address.includes(':') ? 'IPv6' : 'IPv4'], ipFamilyPolicy: 'SingleStack' });
  if (address === 'None' || !used.has(address)) return [];
  const text = `failed to allocate IP ${address}: provided IP is already allocated`;
  return [invalid('spec.clusterIPs', spec['clusterIPs'], text)];
}

function firstOf(value: unknown): string {
  return Array.isArray(value) ? stringOf(value[0]) : '';
}

function freeAddress(used: ReadonlySet<string>): string {
  for (let n = firstAddress; n <= addresses; n++) {
    const address = `10.96.${Math.floor(n / 256)}.${n % 256}`;
    if (!used.has(address)) return address;
  }
  return '';
}

function allocatePorts(spec: JsonRecord, others: readonly KubeObject[]): FieldProblem[] {
  const taken = new Set(others.flatMap((other) => portsOf(recordOf(other['spec']))));
  const used = new Set<unknown>([...taken, ...portsOf(spec)]);
  const next = (): number | undefined => {
    for (let n = firstPort; n <= lastPort; n++) {
      if (used.has(n)) continue;
      used.add(n);
      return n;
    }
    return undefined;
  };
  const problems: FieldProblem[] = [];
  for (const [i, port] of recordsOf(spec['ports']).entries()) {
    const given = port['nodePort'];
    if (absent(given) || given === 0) port['nodePort'] = next();
    else if (taken.has(given)) {
      problems.push(invalid(`spec.ports[${i}].nodePort`, given, 'provided port is already allocated'));
    }
  }
  const local = spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local';
  if (local && !spec['healthCheckNodePort']) spec['healthCheckNodePort'] = next();
  return problems;
}

function portsOf(spec: JsonRecord): unknown[] {
  const ports = [...recordsOf(spec['ports']).map((port) => port['nodePort']), spec['healthCheckNodePort']];
  return ports.filter((port) => typeof port === 'number' && port > 0);
}
