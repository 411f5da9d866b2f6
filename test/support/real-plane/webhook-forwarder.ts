import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { ClusterApi } from '../../../devcluster/src/contract/cluster-api.ts';
import { pods, services } from '../../../devcluster/src/contract/builtin.ts';
import { isPodReady, podStatus } from '../../../devcluster/src/controllers/context.ts';

interface ServiceSpec {
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly targetPort?: number | string }[];
}

export interface ForwarderOptions {
  readonly api: ClusterApi;
  readonly service: { readonly namespace: string; readonly name: string };
  readonly port: number;
}

/** Hands connections on to a ready pod of a Service: the API server of a cluster without a network reaches none by its address. */
export function forwardToService({ api, service, port }: ForwarderOptions, signal: AbortSignal): void {
  const open = new Set<Socket>();
  const server = createServer((incoming) => {
    open.add(incoming);
    incoming.on('close', () => open.delete(incoming));
    incoming.on('error', () => undefined);
    const target = targetOf(api, service);
    if (!target) {
      incoming.destroy();
      return;
    }
    const outgoing = connect(target);
    outgoing.on('error', () => incoming.destroy());
    outgoing.on('close', () => incoming.destroy());
    incoming.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing).pipe(incoming);
  });
  server.listen(port, '127.0.0.1');
  signal.addEventListener('abort', () => {
    server.close();
    for (const socket of open) socket.destroy();
  });
}

function targetOf(
  api: ClusterApi,
  { namespace, name }: ForwarderOptions['service'],
): { readonly host: string; readonly port: number } | undefined {
  const { selector = {}, ports = [] } = (api.get(services, namespace, name)?.['spec'] ?? {}) as ServiceSpec;
  const port = Number(ports[0]?.targetPort);
  const fits = (pod: KubeObject): boolean =>
    Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value);
  const pod = api.list(pods, { namespace }).find((each) => isPodReady(each) && fits(each));
  const host = pod && podStatus(pod).podIP;
  return host === undefined || Number.isNaN(port) ? undefined : { host, port };
}
