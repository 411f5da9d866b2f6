import { describe, expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { canListenOn, choosePorts, hostPortOf, hostPortsAnnotation } from './host-ports.ts';

const podWith = (annotations: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n', annotations },
});

describe('ports of pods that share an address', () => {
  test('differ for each container port, and are kept while they are free', async () => {
    const first = await choosePorts([8080, 9440], '127.0.0.1', {});
    expect(Object.keys(first)).toEqual(['8080', '9440']);
    expect(first['8080']).not.toBe(first['9440']);
    expect(await choosePorts([8080, 9440], '127.0.0.1', first)).toEqual(first);
  });

  test('are chosen anew when another process has them', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const chosen = await choosePorts([8080, 9440], '127.0.0.1', { 8080: port });
    server.close();
    expect(chosen['8080']).not.toBe(port);
  });

  test('are found by the container port', () => {
    const pod = podWith({ [hostPortsAnnotation]: '{"8080":41001}' });
    expect([hostPortOf(pod, 8080), hostPortOf(pod, 9440), hostPortOf(undefined, 80)]).toEqual([41001, 9440, 80]);
    expect(hostPortOf(podWith({ [hostPortsAnnotation]: 'nonsense' }), 8080)).toBe(8080);
  });

  test('an address that the host does not have cannot be listened on', async () => {
    expect(await canListenOn('127.0.0.1')).toBe(true);
    expect(await canListenOn('192.0.2.1')).toBe(false);
  });
});
