import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../../../machinery/src/meta.ts';

/** Container port → port of this machine, for pods that share one address: `{"8080":41001}`. */
export const hostPortsAnnotation = 'dev.flotilla/host-ports';

export type HostPorts = Readonly<Record<string, number>>;

/** Whether processes can listen on an address; false where the host's loopback has 127.0.0.1 only, as on macOS. */
export async function canListenOn(host: string): Promise<boolean> {
  return (await listenOnce(host, 0)) !== undefined;
}

/** A free port of the host for each of these container ports; ports of an earlier start are kept while they are free. */
export async function choosePorts(wanted: readonly number[], host: string, before: HostPorts): Promise<HostPorts> {
  const chosen: Record<string, number> = {};
  for (const port of new Set(wanted)) {
    const kept = before[port] === undefined ? undefined : await listenOnce(host, before[port]);
    const free = kept ?? (await listenOnce(host, 0));
    if (free === undefined) throw new Error(`no port of ${host} is free`);
    chosen[port] = free;
  }
  return chosen;
}

/** Where a pod listens for one of its container ports: the port itself unless the pod shares its address. */
export function hostPortOf(pod: KubeObject | undefined, port: number): number {
  return hostPortsOf(pod)[port] ?? port;
}

export function hostPortsOf(pod: KubeObject | undefined): HostPorts {
  const text = pod?.metadata.annotations?.[hostPortsAnnotation];
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as HostPorts;
  } catch {
    return {};
  }
}

/** Listens for a moment; the port, or undefined when the address or port cannot be used. */
async function listenOnce(host: string, port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch {
    return undefined;
  } finally {
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  }
}
