import type { Application } from '../../pkg/apis/application.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels } from '../../pkg/apis/names.ts';
import type { Session } from './connect.ts';
import { printLine, printTable } from './io.ts';
import type { Io } from './io.ts';
import { podsOf } from './pods.ts';

const serviceResource: Resource = { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true };
const ingressResource: Resource = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  namespaced: true,
};
const componentLabel = 'app.oam.dev/component';

const selectorOf = (app: Application, component: string | undefined): string =>
  [`${labels.appName}=${app.metadata.name ?? ''}`, component && `${componentLabel}=${component}`]
    .filter(Boolean)
    .join(',');

/** Prints the pods that the workloads of an Application have made. */
export async function printPods(
  io: Io,
  { client }: Session,
  app: Application,
  component: string | undefined,
): Promise<void> {
  const pods = await podsOf(client, app, component);
  const rows = pods.map(({ component: own, pod }) => {
    const { metadata } = pod;
    const status = (pod['status'] ?? {}) as { readonly phase?: string; readonly hostIP?: string };
    const revision = metadata.labels?.['app.oam.dev/revision'] ?? '';
    const { name = '', namespace = '', creationTimestamp } = metadata;
    return ['local', own, name, namespace, status.phase ?? '', creationTimestamp ?? '', revision, status.hostIP ?? ''];
  });
  const heading = ['CLUSTER', 'COMPONENT', 'POD NAME', 'NAMESPACE', 'PHASE', 'CREATE TIME', 'REVISION', 'HOST'];
  printTable(io, [heading, ...rows]);
}

/** Prints the addresses at which an Application answers: those of its Services and Ingresses. */
export async function printEndpoints(
  io: Io,
  { client }: Session,
  app: Application,
  component: string | undefined,
): Promise<void> {
  const selection = { namespace: app.metadata.namespace, labelSelector: selectorOf(app, component) };
  const [services, ingresses] = await Promise.all(
    [serviceResource, ingressResource].map(async (resource) => (await client.list(resource, selection)).items),
  );
  const rows = [
    ...(services ?? []).flatMap((service) => rowsOf(service, 'Service', serviceEndpoints(service))),
    ...(ingresses ?? []).flatMap((ingress) => rowsOf(ingress, 'Ingress', ingressEndpoints(ingress))),
  ];
  if (rows.length === 0) {
    printLine(io, `application ${app.metadata.name ?? ''} has no endpoint: it delivers no Service and no Ingress`);
    return;
  }
  printLine(io, `Please access ${app.metadata.name ?? ''} from the following endpoints:`);
  printTable(io, [['CLUSTER', 'COMPONENT', 'REF(KIND/NAMESPACE/NAME)', 'ENDPOINT', 'INNER'], ...rows]);
}

interface Endpoint {
  readonly address: string;
  /** Whether it is reached from inside of the cluster only. */
  readonly isInner: boolean;
}

const rowsOf = ({ metadata }: KubeObject, kind: string, endpoints: readonly Endpoint[]): string[][] =>
  endpoints.map(({ address, isInner }) => [
    'local',
    metadata.labels?.[componentLabel] ?? '',
    `${kind}/${metadata.namespace ?? ''}/${metadata.name ?? ''}`,
    address,
    String(isInner),
  ]);

interface ServiceSpec {
  readonly type?: string;
  readonly ports?: readonly { readonly port: number; readonly nodePort?: number }[];
}
interface LoadBalancer {
  readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
}

function serviceEndpoints(service: KubeObject): readonly Endpoint[] {
  const { name = '', namespace = '' } = service.metadata;
  const { type, ports = [] } = (service['spec'] ?? {}) as ServiceSpec;
  const { loadBalancer } = (service['status'] ?? {}) as LoadBalancer;
  const inner = ports.map(({ port }) => ({ address: `${name}.${namespace}:${port}`, isInner: true }));
  const outer = (loadBalancer?.ingress ?? []).flatMap(({ ip, hostname = ip ?? '' }) =>
    ports.map(({ port }) => ({ address: `${hostname}:${port}`, isInner: false })),
  );
  const nodes = type === 'NodePort' ? ports.flatMap(({ nodePort }) => (nodePort ? [nodePort] : [])) : [];
  return [...outer, ...nodes.map((port) => ({ address: `NODE:${port}`, isInner: false })), ...inner];
}

interface IngressSpec {
  readonly tls?: readonly { readonly hosts?: readonly string[] }[];
  readonly rules?: readonly {
    readonly host?: string;
    readonly http?: { readonly paths?: readonly { readonly path?: string }[] };
  }[];
}

function ingressEndpoints(ingress: KubeObject): readonly Endpoint[] {
  const { tls = [], rules = [] } = (ingress['spec'] ?? {}) as IngressSpec;
  const secure = tls.flatMap(({ hosts = [] }) => hosts);
  const { loadBalancer } = (ingress['status'] ?? {}) as LoadBalancer;
  const [first] = loadBalancer?.ingress ?? [];
  const fallback = first?.hostname ?? first?.ip ?? '*';
  return rules.flatMap(({ host = fallback, http }) =>
    (http?.paths ?? [{}]).map(({ path = '/' }) => ({
      address: `${secure.includes(host) ? 'https' : 'http'}://${host}${path}`,
      isInner: false,
    })),
  );
}
