import type { KubeObject } from '../../../machinery/src/meta.ts';
import { addressProblems, hostProblems, rangeProblems, specialAddressProblems } from './address-syntax.ts';
import { labelProblems } from './metadata.ts';
import { absent, at, recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { duplicate, forbidden, invalid, required, unsupported } from '../contract/problems.ts';
import { portsProblems } from './service-ports.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { dnsSubdomain, portNumber, qualifiedName } from '../text/syntax.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const policies = ['Cluster', 'Local'];
const families = ['IPv4', 'IPv6'];
const familyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export function serviceProblems(object: KubeObject): FieldProblem[] {
  const spec = recordOf(object['spec']);
  const ports = recordsOf(spec['ports']);
  const headless = spec['clusterIP'] === 'None';
  return [
    ...(ports.length === 0 && !headless && spec['type'] !== 'ExternalName' ? [required('spec.ports')] : []),
    ...typeProblems(spec, headless),
    ...portsProblems(ports, spec['type']),
    ...labelProblems(spec['selector'], 'spec.selector'),
    ...affinityProblems(spec),
    ...(spec['type'] === 'ExternalName' ? [] : clusterAddressProblems(spec)),
    ...externalAddressProblems(listOf(spec['externalIPs'])),
    ...balancerProblems(spec),
    ...trafficProblems(spec),
  ];
}

function typeProblems(spec: JsonRecord, headless: boolean): FieldProblem[] {
  const { type } = spec;
  if (!types.includes(stringOf(type))) return [unsupported('spec.type', type, types)];
  if (type === 'ExternalName') return externalNameProblems(spec);
  if (headless && type !== 'ClusterIP') {
    return [invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${String(type)} services`)];
  }
  return [];
}

function externalNameProblems(spec: JsonRecord): FieldProblem[] {
  const text = 'may not be set for ExternalName services';
  const isGiven = (key: string): boolean => (Array.isArray(spec[key]) ? spec[key].length > 0 : !absent(spec[key]));
  const given = ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'].filter(isGiven);
  const problems = given.map((key) => forbidden(`spec.${key}`, text));
  const name = stringOf(spec['externalName']).replace(/\.$/, '');
  if (name === '') return [...problems, required('spec.externalName')];
  return [...problems, ...dnsSubdomain(name).map((found) => invalid('spec.externalName', name, found))];
}

const longestAffinity = 86_400;

function affinityProblems(spec: JsonRecord): FieldProblem[] {
  const affinity = spec['sessionAffinity'];
  if (affinity === undefined || affinity === '') return [required('spec.sessionAffinity')];
  if (affinity !== 'None' && affinity !== 'ClientIP') {
    return [unsupported('spec.sessionAffinity', affinity, ['ClientIP', 'None'])];
  }
  const seconds = at(spec, 'sessionAffinityConfig', 'clientIP')['timeoutSeconds'];
  if (affinity === 'None' || typeof seconds !== 'number' || (seconds > 0 && seconds <= longestAffinity)) return [];
  const text = `must be greater than 0 and less than ${longestAffinity}`;
  return [invalid('spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds, text)];
}

function clusterAddressProblems(spec: JsonRecord): FieldProblem[] {
  const addresses = listOf(spec['clusterIPs']);
  const problems = familyProblems(spec);
  const isHeadless = addresses.length === 1 && addresses[0] === 'None';
  if (!isHeadless)
    problems.push(
      ...addresses.flatMap((address, i) =>
        stringOf(address) === '' ? [] : addressProblems(stringOf(address), `spec.clusterIPs[${i}]`),
      ),
    );
  const first = addresses[0];
  if (stringOf(spec['clusterIP']) === '') {
    if (stringOf(first) !== '')
      problems.push(invalid('spec.clusterIPs', addresses, 'must be empty when `clusterIP` is not specified'));
  } else if (first !== undefined && spec['clusterIP'] !== first) {
    problems.push(invalid('spec.clusterIPs', addresses, 'first value must match `clusterIP`'));
  }
  if (addresses.length > 2) problems.push(invalid('spec.clusterIPs', addresses, 'may only hold up to 2 values'));
  return problems;
}

function familyProblems(spec: JsonRecord): FieldProblem[] {
  const given = listOf(spec['ipFamilies']);
  const policy = spec['ipFamilyPolicy'];
  return [
    ...given.flatMap((family, i) => {
      const field = `spec.ipFamilies[${i}]`;
      const problems = families.includes(stringOf(family)) ? [] : [unsupported(field, family, families)];
      return given.indexOf(family) < i ? [...problems, duplicate(field, family)] : problems;
    }),
    ...(absent(policy) || familyPolicies.includes(stringOf(policy))
      ? []
      : [unsupported('spec.ipFamilyPolicy', policy, familyPolicies)]),
  ];
}

function externalAddressProblems(addresses: readonly unknown[]): FieldProblem[] {
  return addresses.flatMap((address, i) => {
    const field = `spec.externalIPs[${i}]`;
    const problems = addressProblems(stringOf(address), field);
    return problems.length > 0 ? problems : specialAddressProblems(stringOf(address), field);
  });
}

const balancerOnly = "may only be used when `type` is 'LoadBalancer'";

function balancerProblems(spec: JsonRecord): FieldProblem[] {
  const isBalanced = spec['type'] === 'LoadBalancer';
  const problems: FieldProblem[] = [];
  const ranges = listOf(spec['loadBalancerSourceRanges']);
  const field = 'spec.LoadBalancerSourceRanges';
  if (ranges.length > 0 && !isBalanced) problems.push(forbidden(field, balancerOnly));
  problems.push(...ranges.flatMap((range, i) => rangeProblems(stringOf(range).trim(), `${field}[${i}]`)));
  const { allocateLoadBalancerNodePorts: allocates, loadBalancerClass: name } = spec;
  if (!absent(allocates) && !isBalanced) problems.push(forbidden('spec.allocateLoadBalancerNodePorts', balancerOnly));
  if (absent(name)) return problems;
  if (!isBalanced) return [...problems, forbidden('spec.loadBalancerClass', balancerOnly)];
  return [...problems, ...qualifiedName(stringOf(name)).map((text) => invalid('spec.loadBalancerClass', name, text))];
}

/** Whether a Service can be reached from outside the cluster. */
export function isReachableFromOutside(spec: JsonRecord): boolean {
  const { type } = spec;
  if (type === 'NodePort' || type === 'LoadBalancer') return true;
  return type === 'ClusterIP' && listOf(spec['externalIPs']).length > 0;
}

function trafficProblems(spec: JsonRecord): FieldProblem[] {
  const { internalTrafficPolicy: internal, trafficDistribution: distribution } = spec;
  return [
    ...externalTrafficProblems(spec['externalTrafficPolicy'], isReachableFromOutside(spec)),
    ...healthCheckProblems(spec),
    ...(absent(internal) || policies.includes(stringOf(internal))
      ? []
      : [unsupported('spec.internalTrafficPolicy', internal, policies)]),
    ...(absent(distribution) || distributions.includes(stringOf(distribution))
      ? []
      : [unsupported('spec.trafficDistribution', distribution, distributions)]),
  ];
}

function externalTrafficProblems(policy: unknown, isReachable: boolean): FieldProblem[] {
  const field = 'spec.externalTrafficPolicy';
  const isGiven = stringOf(policy) !== '';
  if (!isReachable)
    return isGiven ? [invalid(field, policy, 'may only be set for externally-accessible services')] : [];
  if (!isGiven) return [required(field)];
  return policies.includes(stringOf(policy)) ? [] : [unsupported(field, policy, policies)];
}

function healthCheckProblems(spec: JsonRecord): FieldProblem[] {
  const field = 'spec.healthCheckNodePort';
  const port = spec['healthCheckNodePort'];
  if (typeof port !== 'number' || port === 0) return [];
  const isUsed = spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local';
  const text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  return isUsed ? portNumber(port).map((found) => invalid(field, port, found)) : [invalid(field, port, text)];
}

export function serviceUpdateProblems(object: KubeObject, old: KubeObject): FieldProblem[] {
  const spec = recordOf(object['spec']);
  const before = recordOf(old['spec']);
  if (spec['type'] === 'ExternalName' || before['type'] === 'ExternalName') return [];
  const problems: FieldProblem[] = [];
  const isBalanced = spec['type'] === 'LoadBalancer' && before['type'] === 'LoadBalancer';
  const { loadBalancerClass: name } = spec;
  if (isBalanced && name !== before['loadBalancerClass'])
    problems.push(invalid('spec.loadBalancerClass', name, 'may not change once set'));
  if (!before['clusterIP'] || spec['clusterIP'] === before['clusterIP']) return problems;
  return [...problems, invalid('spec.clusterIPs[0]', spec['clusterIPs'], 'may not change once set')];
}

const addressModes = ['Proxy', 'VIP'];

export function serviceStatusProblems(object: KubeObject): FieldProblem[] {
  const field = 'status.loadBalancer.ingress';
  const ingresses = recordsOf(at(object['status'], 'loadBalancer')['ingress']);
  if (recordOf(object['spec'])['type'] !== 'LoadBalancer') {
    const text = "may only be used when `spec.type` is 'LoadBalancer'";
    return ingresses.length === 0 ? [] : [forbidden(field, text)];
  }
  return ingresses.flatMap(({ ip, hostname, ipMode }, i) => {
    const item = `${field}[${i}]`;
    const address = stringOf(ip);
    const problems = address === '' ? [] : addressProblems(address, `${item}.ip`);
    if (absent(ipMode)) {
      if (address !== '') problems.push(required(`${item}.ipMode`, 'must be specified when `ip` is set'));
    } else if (address === '') problems.push(forbidden(`${item}.ipMode`, 'may not be specified when `ip` is not set'));
    else if (!addressModes.includes(stringOf(ipMode)))
      problems.push(unsupported(`${item}.ipMode`, ipMode, addressModes));
    const host = stringOf(hostname);
    return host === '' ? problems : [...problems, ...hostProblems(host, `${item}.hostname`)];
  });
}

export function serviceWarnings(object: KubeObject): string[] {
  const spec = recordOf(object['spec']);
  const isExternal = spec['type'] === 'ExternalName';
  const isHeadless = spec['type'] === 'ClusterIP' && spec['clusterIP'] === 'None';
  const hasAddresses = listOf(spec['externalIPs']).length > 0;
  const warnings: string[] = [];
  if (isHeadless) {
    if (stringOf(spec['loadBalancerIP']) !== '') warnings.push('spec.loadBalancerIP is ignored for headless services');
    if (hasAddresses) warnings.push('spec.externalIPs is ignored for headless services');
    if (spec['sessionAffinity'] !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services');
  } else if (hasAddresses && !isExternal) {
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  }
  if (isExternal && hasAddresses) warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!isExternal && stringOf(spec['externalName']) !== '')
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec['trafficDistribution'] === 'PreferClose')
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return warnings;
}
