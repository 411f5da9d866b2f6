import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { installSystem } from '../../pkg/install/install.ts';
import { installedObjects } from '../../pkg/install/inventory.ts';
import { renderSystem } from '../../pkg/install/render.ts';
import { uninstallSystem } from '../../pkg/install/uninstall.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';

const { signal } = new AbortController();
const settings = { clock: systemClock, wait: false };
let api: TestApi;
let client: ClosableKubeClient;

beforeAll(async () => {
  api = await startTestApi();
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  const limits = { qps: 0, burst: 0, userAgent: 'test' };
  client = newKubeClient(connection, { ...limits, clock: systemClock, random: systemRandom });
}, 60_000);

afterAll(async () => {
  await client.close();
  await api.stop();
});

async function rendered(values: JsonObject): Promise<readonly KubeObject[]> {
  const all = await renderSystem(values, { templatesDir: join(packageRoot(), 'templates'), version: '0.0.0' });
  return all.filter(({ kind }) => !kind.endsWith('Definition') && kind !== 'Deployment');
}

async function installed(): Promise<readonly string[]> {
  const found = await installedObjects({ client, namespace: systemNamespace, signal });
  return found.map(({ kind, metadata }) => `${kind} ${metadata.name ?? ''}`).sort();
}

const wide = { rights: 'admin', sharding: { enabled: true } };
const narrow = { rights: 'cluster', admissionWebhooks: { enabled: false } };

test('another installation deletes what the one before brought and it does not', async () => {
  await installSystem(client, await rendered(wide), settings, signal);
  const before = await installed();
  expect(before).toContain('ClusterRoleBinding kubevela-vela-core:cluster-admin');
  expect(before).toContain('MutatingAdmissionPolicy kubevela-vela-core-assignment');
  expect(before).toContain('MutatingWebhookConfiguration kubevela-vela-core-admission');
  const deleted: string[] = [];
  const onProgress = (progress: object): void => {
    const { did, object } = progress as { did?: string; object?: KubeObject };
    if (did === 'deleted') deleted.push(`${object?.kind ?? ''} ${object?.metadata.name ?? ''}`);
  };
  await installSystem(client, await rendered(narrow), { ...settings, onProgress }, signal);
  const after = await installed();
  expect(after).not.toContain('ClusterRoleBinding kubevela-vela-core:cluster-admin');
  expect(after.filter((name) => /assignment|admission$/.test(name))).toEqual([]);
  expect(deleted.sort()).toEqual(before.filter((name) => !after.includes(name)));
}, 60_000);

test('uninstalling leaves nothing, whatever the values are that it is given', async () => {
  await installSystem(client, await rendered(wide), settings, signal);
  await uninstallSystem(client, await rendered({}), { ...settings, force: false }, signal);
  expect(await installed()).toEqual([]);
}, 60_000);
