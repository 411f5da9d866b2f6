import { keyOf, splitKey } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { ChangeEvent } from '../contract/cluster-api.ts';
import { endpointSlices, endpoints, pods, services } from '../contract/builtin.ts';
import { callerOf, controllerRef, isFinished, isPodReady, podStatus } from './context.ts';
import type { ControllerContext } from './context.ts';
import { hostPortOf, hostPortsAnnotation } from './host-ports.ts';
import { hasAll, LabelIndex } from './label-index.ts';
import type { Labels } from './label-index.ts';
import { Loop } from './loop.ts';
import { sameStatus } from './replica-set.ts';

const caller = callerOf('endpoint-controller');
const managedBy = 'endpointslice.kubernetes.io/managed-by';

interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly targetPort?: number | string;
}

interface ServiceSpec {
  readonly selector?: Labels;
  readonly ports?: readonly ServicePort[];
  readonly type?: string;
}

/** Keeps Endpoints and an EndpointSlice for each Service with a selector, and gives LoadBalancers an address. */
export function startEndpoints(context: ControllerContext, signal: AbortSignal): void {
  const { api, clock, logger } = context;
  const podIndex = new LabelIndex();
  // each Service is found by one of its labels, so that a pod asks for few of them
  const serviceIndex = new LabelIndex();
  const reconciler = (key: string): Promise<undefined> => reconcile(context, podIndex, key);
  const loop = new Loop({ name: 'endpoints', clock, logger, reconcile: reconciler });
  const onService = ({ type, object }: ChangeEvent): void => {
    if (type === 'DELETED') serviceIndex.delete(object);
    else serviceIndex.set(object, Object.fromEntries(Object.entries(selectorOf(object)).slice(0, 1)));
    loop.add(keyOf(object));
  };
  const onPod = ({ type, object }: ChangeEvent): void => {
    const { namespace, labels = {} } = object.metadata;
    const before = (type === 'DELETED' ? podIndex.delete(object) : podIndex.set(object, labels)) ?? {};
    for (const key of [...serviceIndex.withAny(namespace, before), ...serviceIndex.withAny(namespace, labels)]) {
      const service = api.get(services, namespace, splitKey(key).name);
      const selector = service && selectorOf(service);
      if (selector && (hasAll(selector, before) || hasAll(selector, labels))) loop.add(key);
    }
  };
  api.subscribe(services, {}, onService, signal);
  api.subscribe(pods, {}, onPod, signal);
  loop.start(signal);
}

const selectorOf = (service: KubeObject): Labels => (service['spec'] as ServiceSpec).selector ?? {};

async function reconcile(context: ControllerContext, podIndex: LabelIndex, key: string): Promise<undefined> {
  const { api } = context;
  const { namespace, name } = splitKey(key);
  const service = api.get(services, namespace, name);
  if (!service) {
    if (api.get(endpoints, namespace, name)) await api.delete(caller, endpoints, { namespace, name });
    return;
  }
  const spec = service['spec'] as ServiceSpec;
  if (spec.type === 'LoadBalancer') await giveAddress(context, service);
  if (!spec.selector || Object.keys(spec.selector).length === 0 || service.metadata.deletionTimestamp) return;
  const backing = podIndex
    .withAll(namespace, spec.selector)
    .flatMap((podKey) => api.get(pods, namespace, splitKey(podKey).name) ?? [])
    .filter((pod) => podStatus(pod).podIP !== undefined && !isFinished(pod))
    .sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  await writeEndpoints(context, service, backing);
  await writeSlice(context, service, backing);
}

async function giveAddress({ api }: ControllerContext, service: KubeObject): Promise<void> {
  const status = { loadBalancer: { ingress: [{ ip: '127.0.0.1', ipMode: 'VIP' }] } };
  if (sameStatus((service['status'] as { loadBalancer?: unknown } | undefined)?.loadBalancer, status.loadBalancer))
    return;
  const target = { namespace: service.metadata.namespace, name: service.metadata.name ?? '' };
  await api.mergePatch(caller, services, { ...target, subresource: 'status' }, { status });
}

function portsOf(
  service: KubeObject,
  pod: KubeObject | undefined,
): { name?: string; port: number; protocol: string }[] {
  const named = (
    (pod?.['spec'] as { containers?: { ports?: { name?: string; containerPort: number }[] }[] } | undefined)
      ?.containers ?? []
  ).flatMap((c) => c.ports ?? []);
  return ((service['spec'] as ServiceSpec).ports ?? []).flatMap(
    ({ name, port, protocol = 'TCP', targetPort = port }) => {
      const number =
        typeof targetPort === 'number'
          ? targetPort
          : named.find((candidate) => candidate.name === targetPort)?.containerPort;
      if (number === undefined) return [];
      return [{ ...(name !== undefined && { name }), port: hostPortOf(pod, number), protocol }];
    },
  );
}

const referenceTo = ({ metadata }: KubeObject): object => ({
  kind: 'Pod',
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
});

async function writeEndpoints(
  { api }: ControllerContext,
  service: KubeObject,
  backing: readonly KubeObject[],
): Promise<void> {
  const address = (pod: KubeObject): object => ({
    ip: podStatus(pod).podIP,
    nodeName: (pod['spec'] as { nodeName?: string }).nodeName,
    targetRef: referenceTo(pod),
  });
  const subsetOf = (members: readonly KubeObject[]): object => {
    const ready = members.filter(isPodReady).map(address);
    const notReady = members.filter((pod) => !isPodReady(pod)).map(address);
    return {
      ...(ready.length > 0 && { addresses: ready }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady }),
      ports: portsOf(service, members[0]),
    };
  };
  // pods that share an address listen on ports of their own
  const byPorts = new Map<string, KubeObject[]>();
  for (const pod of backing) {
    const ports = pod.metadata.annotations?.[hostPortsAnnotation] ?? '';
    byPorts.set(ports, [...(byPorts.get(ports) ?? []), pod]);
  }
  const { namespace = '', name = '', labels } = service.metadata;
  const wanted = { subsets: [...byPorts.values()].map(subsetOf) };
  const present = api.get(endpoints, namespace, name);
  if (!present)
    await api.create(caller, endpoints, {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace, ...(labels && { labels }) },
      ...wanted,
    });
  else if (!sameStatus(present['subsets'] ?? [], wanted.subsets))
    await api.mergePatch(caller, endpoints, { namespace, name }, wanted);
}

async function writeSlice(
  { api }: ControllerContext,
  service: KubeObject,
  backing: readonly KubeObject[],
): Promise<void> {
  if (!api.resourceFor('discovery.k8s.io/v1', 'EndpointSlice')) return;
  const { namespace = '', name = '' } = service.metadata;
  const addresses = backing.map((pod) => {
    const ready = isPodReady(pod);
    return {
      addresses: [podStatus(pod).podIP],
      conditions: { ready, serving: ready, terminating: pod.metadata.deletionTimestamp !== undefined },
      nodeName: (pod['spec'] as { nodeName?: string }).nodeName,
      targetRef: referenceTo(pod),
    };
  });
  const wanted = { addressType: 'IPv4', endpoints: addresses, ports: portsOf(service, backing[0]) };
  const sliceName = `${name}-flotilla`;
  const present = api.get(endpointSlices, namespace, sliceName);
  const metadata = {
    name: sliceName,
    namespace,
    labels: { 'kubernetes.io/service-name': name, [managedBy]: 'endpointslice-controller.k8s.io' },
    ownerReferences: [controllerRef(service, services)],
  };
  if (!present)
    await api.create(caller, endpointSlices, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata,
      ...wanted,
    });
  else if (
    !sameStatus(
      { endpoints: present['endpoints'] ?? [], ports: present['ports'] ?? [] },
      { endpoints: wanted.endpoints, ports: wanted.ports },
    )
  ) {
    await api.mergePatch(
      caller,
      endpointSlices,
      { namespace, name: sliceName },
      { endpoints: wanted.endpoints, ports: wanted.ports },
    );
  }
}
