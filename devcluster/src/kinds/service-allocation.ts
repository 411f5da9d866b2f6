import { isIPv4 } from 'node:net';
import { invalid as refused } from '../contract/errors.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { absent, at, child, fill, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { invalid } from '../contract/problems.ts';
import { nodePortsOf } from '../storage/service-index.ts';
import type { Allocations } from '../contract/strategy.ts';
import type { FieldProblem, MutableObject, StrategyEnvironment } from '../contract/strategy.ts';

export function usesNodePorts(spec: JsonRecord): boolean {
  if (spec['type'] === 'NodePort') return true;
  return spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false;
}

/** Gives a Service its address and its node ports. Throws Invalid when it asks for one that another has. */
export function allocate(object: MutableObject, environment: StrategyEnvironment, old?: KubeObject): void {
  const spec = child(object, 'spec');
  if (spec['type'] === 'ExternalName') {
    // refused by validation
    if (stringOf(spec['clusterIP']) !== '') fill(spec, { clusterIPs: [spec['clusterIP']] });
    return;
  }
  // the address of a Service never changes, which validation says
  const before = stringOf(at(old, 'spec')['clusterIP']);
  if (before !== '' && stringOf(spec['clusterIP']) !== '' && spec['clusterIP'] !== before) return;
  const owner = stringOf(object.metadata['uid']);
  const services = environment.services();
  const problems = allocateAddress(spec, owner, services);
  if (usesNodePorts(spec)) problems.push(...allocatePorts(spec, owner, services));
  if (problems.length > 0) throw refused({ group: '', kind: 'Service' }, stringOf(object.metadata['name']), problems);
}

function allocateAddress(spec: JsonRecord, owner: string, { addresses }: Allocations): FieldProblem[] {
  const given = stringOf(spec['clusterIP']) || firstOf(spec['clusterIPs']);
  const address = given || (addresses.free() ?? '');
  spec['clusterIP'] = address;
  if (!Array.isArray(spec['clusterIPs']) || spec['clusterIPs'].length === 0) spec['clusterIPs'] = [address];
  const problems = familyProblems(spec, address);
  fill(spec, { ipFamilies: [address.includes(':') ? 'IPv6' : 'IPv4'], ipFamilyPolicy: 'SingleStack' });
  if (address === 'None' || problems.length > 0) return problems;
  const why = isIPv4(address) && !address.startsWith(serviceRange.start) ? outside(address) : undefined;
  const taken = addresses.isTaken(address, owner) ? 'provided IP is already allocated' : undefined;
  const cause = why ?? taken;
  if (cause === undefined) return [];
  return [invalid('spec.clusterIPs', spec['clusterIPs'], `failed to allocate IP ${address}: ${cause}`)];
}

const serviceRange = { start: '10.96.', text: '10.96.0.0/16' };

function outside(address: string): string {
  return `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${serviceRange.text}`;
}

/** The cluster has addresses of one family only. */
function familyProblems(spec: JsonRecord, address: string): FieldProblem[] {
  const families: unknown[] = Array.isArray(spec['ipFamilies']) ? spec['ipFamilies'] : [];
  if (address === 'None') return [];
  const text = 'this cluster is not configured for dual-stack services';
  return [
    ...families.flatMap((family, i) =>
      family === 'IPv6' ? [invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster')] : [],
    ),
    ...(spec['ipFamilyPolicy'] === 'RequireDualStack'
      ? [invalid('spec.ipFamilyPolicy', spec['ipFamilyPolicy'], text)]
      : []),
  ];
}

function firstOf(value: unknown): string {
  return Array.isArray(value) ? stringOf(value[0]) : '';
}

function allocatePorts(spec: JsonRecord, owner: string, { ports }: Allocations): FieldProblem[] {
  const own = new Set(nodePortsOf(spec));
  const next = (): number | undefined => {
    let port = ports.free();
    while (port !== undefined && own.has(port)) port = ports.free();
    if (port !== undefined) own.add(port);
    return port;
  };
  const problems: FieldProblem[] = [];
  for (const [i, port] of recordsOf(spec['ports']).entries()) {
    const given = port['nodePort'];
    if (absent(given) || given === 0) port['nodePort'] = next();
    else if (typeof given === 'number' && ports.isTaken(given, owner)) {
      problems.push(invalid(`spec.ports[${i}].nodePort`, given, 'provided port is already allocated'));
    }
  }
  const local = spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local';
  if (local && !spec['healthCheckNodePort']) spec['healthCheckNodePort'] = next();
  return problems;
}
