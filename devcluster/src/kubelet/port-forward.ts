import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { ClusterApi } from '../contract/cluster-api.ts';
import { badRequest, notFound } from '../contract/errors.ts';
import type { SpecialHandler } from '../apiserver/handler.ts';
import { pods } from '../contract/builtin.ts';
import { podStatus } from '../controllers/context.ts';
import { serveSpdy } from '../spdy/connection.ts';
import { hostPortOf } from '../controllers/host-ports.ts';
import type { SpdyStream, StreamHandler } from '../spdy/connection.ts';

const protocol = 'portforward.k8s.io';
const upgrade = 'SPDY/3.1';

/** `pods/portforward`: connections to the ports of pods that run as processes. Simulated pods have none. */
export function portForwardHandler(api: ClusterApi): SpecialHandler {
  return async ({ path, incoming, response }) => {
    const name = path.name ?? '';
    const pod = api.get(pods, path.namespace, name);
    if (!pod) throw notFound(pods, name);
    const { podIP } = podStatus(pod);
    if (!isProcess(pod) || podIP === undefined)
      throw badRequest(
        `pod ${name} is simulated and listens on no port; only pods that run as processes can be reached`,
      );
    const { socket } = response;
    if (incoming.headers.upgrade !== upgrade || !socket)
      throw badRequest(`port-forward is served over ${upgrade} only, which kubectl tries by itself`);
    const head = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${upgrade}`];
    socket.write(`${[...head, `X-Stream-Protocol-Version: ${protocol}`].join('\r\n')}\r\n\r\n`);
    try {
      await serveSpdy(socket, forwarding({ host: podIP, portOf: (port) => hostPortOf(pod, port) }, socket));
    } finally {
      socket.destroy();
    }
  };
}

/** `pods/exec` and `pods/attach`: there are no containers to enter. */
export function refuseExec(api: ClusterApi, what: 'exec' | 'attach'): SpecialHandler {
  return ({ path }) => {
    const name = path.name ?? '';
    if (!api.get(pods, path.namespace, name)) return Promise.reject(notFound(pods, name));
    const why = 'its containers are simulated, or processes of this machine';
    return Promise.reject(badRequest(`kubectl ${what} is not possible with pod ${name}: ${why}`));
  };
}

const isProcess = (pod: KubeObject): boolean =>
  ((pod['status'] ?? {}) as { containerStatuses?: readonly { containerID?: string }[] }).containerStatuses?.some(
    ({ containerID = '' }) => containerID.startsWith('process://'),
  ) ?? false;

interface Destination {
  readonly host: string;
  /** Where the pod listens for one of its container ports. */
  readonly portOf: (port: number) => number;
}

/** Each connection is a pair of streams with one request id: one for data, and one for errors. */
function forwarding({ host, portOf }: Destination, client: Socket): StreamHandler {
  const errors = new Map<string, SpdyStream>();
  const targets = new Map<number, Socket>();
  const requestOf = ({ headers }: SpdyStream): string => headers.get('requestid') ?? '';

  const open = (stream: SpdyStream): void => {
    const port = Number(stream.headers.get('port'));
    const target = connect({ host, port: portOf(port), allowHalfOpen: true });
    targets.set(stream.id, target);
    let failure: string | undefined;
    target.on('data', (chunk: Buffer) => {
      if (stream.write(chunk)) return;
      target.pause();
      client.once('drain', () => target.resume());
    });
    target.once('error', (error) => (failure = `cannot reach port ${port} of the pod: ${error.message}`));
    target.once('end', () => {
      stream.end();
    });
    target.once('close', () => {
      targets.delete(stream.id);
      if (failure !== undefined) stream.end();
      errors.get(requestOf(stream))?.end(Buffer.from(failure ?? ''));
      errors.delete(requestOf(stream));
    });
  };
  return {
    opened: (stream) => {
      if (stream.headers.get('streamtype') === 'error') errors.set(requestOf(stream), stream);
      else open(stream);
    },
    data: (stream, data) => {
      const target = targets.get(stream.id);
      if (!target?.writable || target.write(data)) return undefined;
      return new Promise<void>((resolve) => {
        const go = (): void => {
          target.off('drain', go).off('close', go);
          resolve();
        };
        target.on('drain', go).on('close', go);
      });
    },
    ended: (stream) => {
      targets.get(stream.id)?.end();
    },
  };
}
