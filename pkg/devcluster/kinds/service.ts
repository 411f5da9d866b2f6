import type { KubeObject } from '../../apis/meta.ts';
import { absent, child, copyJson, fill, isRecord, recordOf, recordsOf, stringOf, type JsonRecord } from './json.ts';
import { serviceProblems, serviceUpdateProblems } from './service-validation.ts';
import type { KindStrategy, MutableObject, StrategyEnvironment } from './strategy.ts';

/** The part of 10.96.0.0/16 that is given out; .1 is the API server's own. */
const firstAddress = 2;
const addresses = 65_534;
const firstPort = 30_000;
const lastPort = 32_767;
const dayOfClients = 10_800;

export const service: KindStrategy = {
  returnsDeleted: true,
  createOnUpdate: true,
  name: 'service',
  default(object) {
    const spec = child(object, 'spec');
    fill(spec, { sessionAffinity: 'None', type: 'ClusterIP' });
    defaultAffinity(spec);
    for (const port of recordsOf(spec['ports'])) {
      fill(port, { protocol: 'TCP' });
      if (absent(port['targetPort']) || port['targetPort'] === 0 || port['targetPort'] === '') {
        port['targetPort'] = port['port'];
      }
    }
    const type = spec['type'];
    if (type === 'NodePort' || type === 'LoadBalancer') fill(spec, { externalTrafficPolicy: 'Cluster' });
    if (type === 'LoadBalancer') fill(spec, { allocateLoadBalancerNodePorts: true });
    if (type !== 'ExternalName') fill(spec, { internalTrafficPolicy: 'Cluster' });
    fill(child(object, 'status'), { loadBalancer: {} });
  },
  prepareForCreate(object, environment) {
    object['status'] = { loadBalancer: {} };
    allocate(object, environment);
  },
  prepareForUpdate(object, old, environment) {
    keepAllocated(child(object, 'spec'), recordOf(old['spec']));
    allocate(object, environment);
  },
  validate: serviceProblems,
  validateUpdate: serviceUpdateProblems,
};

function defaultAffinity(spec: JsonRecord): void {
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
  if (spec['sessionAffinity'] !== 'ClientIP') return;
  fill(child(child(spec, 'sessionAffinityConfig'), 'clientIP'), { timeoutSeconds: dayOfClients });
}

const addressing = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'];

/** What an update leaves out stays: addresses and node ports. */
function keepAllocated(spec: JsonRecord, before: JsonRecord): void {
  const external = before['type'] === 'ExternalName';
  if (spec['type'] === 'ExternalName') {
    for (const key of external ? [] : addressing) Reflect.deleteProperty(spec, key);
    return;
  }
  if (!external && keepsAddress(spec, before)) {
    for (const key of addressing) if (blank(spec[key])) spec[key] = copyJson(before[key]);
  }
  const balanced = spec['type'] === 'LoadBalancer' && before['type'] === 'LoadBalancer';
  if (balanced) fill(spec, { healthCheckNodePort: before['healthCheckNodePort'] });
  keepNodePorts(spec, before);
}

function keepsAddress(spec: JsonRecord, before: JsonRecord): boolean {
  return blank(spec['clusterIP']) || spec['clusterIP'] === before['clusterIP'];
}

function blank(value: unknown): boolean {
  return absent(value) || value === '';
}

function keepNodePorts(spec: JsonRecord, before: JsonRecord): void {
  const old = recordsOf(before['ports']);
  for (const port of recordsOf(spec['ports'])) {
    if (!usesNodePorts(spec)) continue;
    const match = old.find((o) => o['port'] === port['port'] && o['protocol'] === port['protocol']);
    if (match?.['nodePort'] && !port['nodePort']) port['nodePort'] = match['nodePort'];
  }
}

function usesNodePorts(spec: JsonRecord): boolean {
  if (spec['type'] === 'NodePort') return true;
  return spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false;
}

function allocate(object: MutableObject, environment: StrategyEnvironment): void {
  const spec = child(object, 'spec');
  if (spec['type'] === 'ExternalName') return;
  const others = environment.list('', 'services').filter((other) => other.metadata.uid !== object.metadata['uid']);
  allocateAddress(spec, others);
  if (usesNodePorts(spec)) allocatePorts(spec, others);
  else for (const port of recordsOf(spec['ports'])) delete port['nodePort'];
}

function allocateAddress(spec: JsonRecord, others: readonly KubeObject[]): void {
  const given = stringOf(spec['clusterIP']) || firstOf(spec['clusterIPs']);
  const address = given || freeAddress(new Set(others.map((o) => stringOf(recordOf(o['spec'])['clusterIP']))));
  spec['clusterIP'] = address;
  if (!Array.isArray(spec['clusterIPs']) || spec['clusterIPs'].length === 0) spec['clusterIPs'] = [address];
  fill(spec, { ipFamilies: [address.includes(':') ? 'IPv6' : 'IPv4'], ipFamilyPolicy: 'SingleStack' });
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

function allocatePorts(spec: JsonRecord, others: readonly KubeObject[]): void {
  const used = new Set<unknown>();
  for (const other of others) {
    const taken = recordOf(other['spec']);
    for (const port of recordsOf(taken['ports'])) used.add(port['nodePort']);
    used.add(taken['healthCheckNodePort']);
  }
  const mine = recordsOf(spec['ports']);
  for (const port of mine) used.add(port['nodePort']);
  const next = () => {
    for (let n = firstPort; n <= lastPort; n++) {
      if (used.has(n)) continue;
      used.add(n);
      return n;
    }
    return undefined;
  };
  for (const port of mine) {
    const given = port['nodePort'];
    if (absent(given) || given === 0) port['nodePort'] = next();
  }
  const local = spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local';
  if (local && !spec['healthCheckNodePort']) spec['healthCheckNodePort'] = next();
}

/** Endpoints and EndpointSlices: ports are TCP unless they say otherwise. */
export const endpoints: KindStrategy = {
  createOnUpdate: true,
  default(object) {
    for (const subset of recordsOf(object['subsets'])) {
      for (const port of recordsOf(subset['ports'])) fill(port, { protocol: 'TCP' });
    }
  },
};

export const endpointSlice: KindStrategy = {
  hasGeneration: true,
  default(object) {
    for (const port of recordsOf(object['ports'])) fill(port, { protocol: 'TCP', name: '' });
    if (!Array.isArray(object['endpoints'])) object['endpoints'] = null;
    if (!Array.isArray(object['ports'])) object['ports'] = null;
    for (const endpoint of recordsOf(object['endpoints'])) {
      if (!isRecord(endpoint['conditions'])) endpoint['conditions'] = {};
    }
  },
};
