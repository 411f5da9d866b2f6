import type { JsonObject, KubeObject } from '../../../../../machinery/src/meta.ts';

/** Where a Service or an Ingress can be reached. */
export function endpointsOf(object: KubeObject): readonly JsonObject[] {
  if (object.kind === 'Service') return ofService(object);
  if (object.kind === 'Ingress') return ofIngress(object);
  return [];
}

interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly nodePort?: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
}

interface Balancer {
  readonly ip?: string;
  readonly hostname?: string;
}

const webPorts: Readonly<Record<number, string>> = { 80: 'http', 443: 'https' };

function ofService(service: KubeObject): readonly JsonObject[] {
  const { type = 'ClusterIP', ports = [] } = (service['spec'] ?? {}) as {
    readonly type?: string;
    readonly ports?: readonly ServicePort[];
  };
  const { name = '', namespace = '' } = service.metadata;
  const external = balancersOf(service);
  const isOuter = type === 'LoadBalancer' && external.length > 0;
  const hosts = isOuter ? external : [`${name}.${namespace}`];
  if (type === 'ExternalName') return [];
  return hosts.flatMap((host) =>
    ports.map((port) => ({
      endpoint: {
        protocol: port.protocol ?? 'TCP',
        appProtocol: port.appProtocol ?? webPorts[port.port] ?? '',
        host,
        port: port.port,
        portName: port.name ?? '',
        path: '',
        inner: !isOuter,
      },
    })),
  );
}

interface IngressSpec {
  readonly tls?: readonly { readonly hosts?: readonly string[] }[];
  readonly rules?: readonly {
    readonly host?: string;
    readonly http?: { readonly paths?: readonly { readonly path?: string }[] };
  }[];
}

function ofIngress(ingress: KubeObject): readonly JsonObject[] {
  const { tls = [], rules = [] } = (ingress['spec'] ?? {}) as IngressSpec;
  const secured = new Set(tls.flatMap(({ hosts = [] }) => hosts));
  const [fallback = ''] = balancersOf(ingress);
  return rules.flatMap(({ host = '', http }) =>
    (http?.paths ?? []).map(({ path = '' }) => ({
      endpoint: {
        protocol: 'TCP',
        appProtocol: secured.has(host) ? 'https' : 'http',
        host: host === '' ? fallback : host,
        port: secured.has(host) ? 443 : 80,
        portName: '',
        path,
        inner: false,
      },
    })),
  );
}

function balancersOf(object: KubeObject): readonly string[] {
  const status = (object['status'] ?? {}) as { readonly loadBalancer?: { readonly ingress?: readonly Balancer[] } };
  return (status.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
}
