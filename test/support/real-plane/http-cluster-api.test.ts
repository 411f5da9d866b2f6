import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { loadConnection } from '../../../pkg/client/connection.ts';
import { newKubeClient } from '../../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../../machinery/src/clock/system.ts';
import { configMaps } from '../../../devcluster/src/contract/builtin.ts';
import { silentLogger } from '../../../machinery/src/logging/logger.ts';
import { eventually } from '../fleet.ts';
import { startTestApi } from '../test-api.ts';
import type { TestApi } from '../test-api.ts';
import { HttpClusterApi } from './http-cluster-api.ts';

const caller = { user: { name: 'node', groups: [] }, fieldManager: 'kubelet' };
const target = { namespace: 'default', name: 'settings' };
const settings: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: target, data: { a: '1' } };

let server: TestApi;
let client: ClosableKubeClient;
let other: ClosableKubeClient;
let api: HttpClusterApi;
let ending: AbortController;

async function connect(userAgent: string): Promise<ClosableKubeClient> {
  const connection = await loadConnection({ kubeconfig: server.kubeconfig, env: {} });
  return newKubeClient(connection, { qps: 0, burst: 1, userAgent, clock: systemClock, random: systemRandom });
}

beforeEach(async () => {
  server = await startTestApi();
  [client, other] = [await connect('node'), await connect('other')];
  ending = new AbortController();
  const follows = [{ resource: configMaps, namespace: 'default' }];
  api = new HttpClusterApi({ client, follows, logger: silentLogger(), signal: ending.signal });
  await api.start();
});

afterEach(async () => {
  ending.abort();
  await Promise.all([client.close(), other.close()]);
  await server.stop();
});

test('a write can be read at once, until another client writes', async () => {
  await api.create(caller, configMaps, settings);
  await api.mergePatch(caller, configMaps, target, { data: { a: '2' } });
  expect(api.get(configMaps, 'default', 'settings')).toMatchObject({ data: { a: '2' } });
  await other.patch(configMaps, target, { type: 'merge', body: { data: { a: '3' } } });
  await eventually('the change of others', () => {
    expect(api.get(configMaps, 'default', 'settings')).toMatchObject({ data: { a: '3' } });
  });
  await other.delete(configMaps, target);
  await eventually('the deletion', () => {
    expect(api.get(configMaps, 'default', 'settings')).toBeUndefined();
  });
});

test('reports changes from the first object on', async () => {
  await api.create(caller, configMaps, settings);
  const types: string[] = [];
  const handler = ({ type, object }: { type: string; object: KubeObject }): void => {
    if (object.metadata.name === 'settings') types.push(type);
  };
  api.subscribe(configMaps, {}, handler, ending.signal);
  await api.mergePatch(caller, configMaps, target, { data: { a: '2' } });
  await api.delete(caller, configMaps, target);
  await eventually('all three', () => {
    expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });
});

test('a refusal is a StatusError, as in the process of the API server', async () => {
  const patch = api.mergePatch(caller, configMaps, target, { data: { a: '2' } });
  await expect(patch).rejects.toMatchObject({ name: 'StatusError', code: 404 });
});

test('a write waits for an API server that answers nothing but errors', async () => {
  await api.create(caller, configMaps, settings);
  const faults = (rules: readonly object[]): Promise<unknown> => other.raw('PUT', '/flotilla/chaos', { rules });
  await faults([{ userAgent: 'node', effect: 'refuse', code: 500 }]);
  let isWritten = false;
  const patch = api.mergePatch(caller, configMaps, target, { data: { a: '2' } }).then(() => {
    isWritten = true;
  });
  await systemClock.sleep(600);
  expect(isWritten).toBe(false);
  await faults([]);
  await patch;
  expect(api.get(configMaps, 'default', 'settings')).toMatchObject({ data: { a: '2' } });
});
