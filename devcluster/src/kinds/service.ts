import {
  absent,
  child,
  copyJson,
  fill,
  isRecord,
  recordOf,
  recordsOf,
  sameJson,
  type JsonRecord,
} from '../contract/json.ts';
import { allocate, usesNodePorts } from './service-allocation.ts';
import {
  isReachableFromOutside,
  serviceProblems,
  serviceStatusProblems,
  serviceUpdateProblems,
  serviceWarnings,
} from './service-validation.ts';
import { endpointSliceProblems } from './endpoint-slice.ts';
import { immutableText, invalid } from '../contract/problems.ts';
import type { KindStrategy } from '../contract/strategy.ts';

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
    if (isReachableFromOutside(spec)) fill(spec, { externalTrafficPolicy: 'Cluster' });
    if (type === 'LoadBalancer') fill(spec, { allocateLoadBalancerNodePorts: true });
    if (type !== 'ExternalName') fill(spec, { internalTrafficPolicy: 'Cluster' });
    fill(child(object, 'status'), { loadBalancer: {} });
    for (const ingress of recordsOf(recordOf(recordOf(object['status'])['loadBalancer'])['ingress'])) {
      if (!blank(ingress['ip'])) fill(ingress, { ipMode: 'VIP' });
    }
  },
  prepareForCreate(object, environment) {
    object['status'] = { loadBalancer: {} };
    allocate(object, environment);
  },
  prepareForUpdate(object, old, environment) {
    keepAllocated(child(object, 'spec'), recordOf(old['spec']));
    allocate(object, environment, old);
  },
  validate: serviceProblems,
  validateUpdate: serviceUpdateProblems,
  validateStatusUpdate: serviceStatusProblems,
  warnings: serviceWarnings,
};

function defaultAffinity(spec: JsonRecord): void {
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
  if (spec['sessionAffinity'] !== 'ClientIP') return;
  fill(child(child(spec, 'sessionAffinityConfig'), 'clientIP'), { timeoutSeconds: dayOfClients });
}

const addressing = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'];

/** What an update leaves out stays: addresses and node ports. */
function keepAllocated(spec: JsonRecord, before: JsonRecord): void {
  followAddress(spec, before);
  const external = before['type'] === 'ExternalName';
  if (spec['type'] === 'ExternalName') {
    for (const key of external ? [] : addressing) Reflect.deleteProperty(spec, key);
    dropOfOtherTypes(spec, before);
    return;
  }
  if (!external && keepsAddress(spec, before)) {
    for (const key of addressing) if (blank(spec[key])) spec[key] = copyJson(before[key]);
  }
  dropOfOtherTypes(spec, before);
  const balanced = spec['type'] === 'LoadBalancer' && before['type'] === 'LoadBalancer';
  if (balanced) fill(spec, { healthCheckNodePort: before['healthCheckNodePort'] });
  keepNodePorts(spec, before);
}

/** A field that only the former type has goes with the type, unless the update changes it. */
function dropOfOtherTypes(spec: JsonRecord, before: JsonRecord): void {
  const drop = (key: string): void => {
    if (sameJson(spec[key], before[key])) Reflect.deleteProperty(spec, key);
  };
  if (spec['type'] === 'ExternalName') drop('internalTrafficPolicy');
  dropNodePorts(spec, before);
  if (!isReachableFromOutside(spec)) drop('externalTrafficPolicy');
  if (spec['type'] === 'LoadBalancer') return;
  for (const key of ['allocateLoadBalancerNodePorts', 'loadBalancerClass', 'healthCheckNodePort']) drop(key);
}

/** An update that changes or clears `clusterIP` alone means `clusterIPs` too. */
function followAddress(spec: JsonRecord, before: JsonRecord): void {
  if (spec['clusterIP'] === before['clusterIP'] || !sameJson(spec['clusterIPs'], before['clusterIPs'])) return;
  if (blank(spec['clusterIP'])) delete spec['clusterIPs'];
  else spec['clusterIPs'] = [spec['clusterIP']];
}

function keepsAddress(spec: JsonRecord, before: JsonRecord): boolean {
  return blank(spec['clusterIP']) || spec['clusterIP'] === before['clusterIP'];
}

function dropNodePorts(spec: JsonRecord, before: JsonRecord): void {
  if (usesNodePorts(spec)) return;
  const old = recordsOf(before['ports']).map((port) => port['nodePort']);
  for (const port of recordsOf(spec['ports'])) if (old.includes(port['nodePort'])) delete port['nodePort'];
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

/** Endpoints and EndpointSlices: ports are TCP unless they say otherwise. */
export const endpoints: KindStrategy = {
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  createOnUpdate: true,
  default(object) {
    for (const subset of recordsOf(object['subsets'])) {
      for (const port of recordsOf(subset['ports'])) fill(port, { protocol: 'TCP' });
    }
  },
};

export const endpointSlice: KindStrategy = {
  hasGeneration: true,
  validate: endpointSliceProblems,
  validateUpdate: ({ addressType }, old) =>
    addressType === old['addressType'] ? [] : [invalid('addressType', addressType ?? '', immutableText)],
  default(object) {
    for (const port of recordsOf(object['ports'])) fill(port, { protocol: 'TCP', name: '' });
    if (!Array.isArray(object['endpoints'])) object['endpoints'] = null;
    if (!Array.isArray(object['ports'])) object['ports'] = null;
    for (const endpoint of recordsOf(object['endpoints'])) {
      if (!isRecord(endpoint['conditions'])) endpoint['conditions'] = {};
    }
  },
};
