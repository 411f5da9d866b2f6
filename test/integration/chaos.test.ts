import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { startDevCluster } from '../../devcluster/src/dev-cluster.ts';
import type { DevCluster } from '../../devcluster/src/dev-cluster.ts';
import { newLogger } from '../../machinery/src/logging/logger.ts';
import { eventually } from '../support/fleet.ts';
import { credentialsIn, RawApi } from '../support/raw-api.ts';

const path = '/flotilla/chaos';
const configMaps = '/api/v1/namespaces/default/configmaps';

let folder: string;
let file: string;
let cluster: DevCluster;
let api: RawApi;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flotilla-chaos-'));
  file = join(folder, 'chaos.yaml');
  await writeFile(file, 'rules: []\n');
  cluster = await startDevCluster({
    chaosFile: file,
    clock: systemClock,
    random: systemRandom,
    logger: newLogger({ level: 'silent' }),
  });
  api = new RawApi(credentialsIn(cluster.kubeconfig()));
}, 30_000);

afterEach(async () => {
  await api.send('DELETE', path);
});

afterAll(async () => {
  await api.close();
  await cluster.stop();
  await rm(folder, { recursive: true });
}, 30_000);

async function rule(...rules: readonly object[]): Promise<void> {
  expect((await api.send('PUT', path, { rules })).code).toBe(200);
}

const configMap = (name: string): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

describe('faults that were asked for', () => {
  test('refuse: the code and Retry-After, for the resource and verb alone', async () => {
    await rule({ effect: 'refuse', code: 429, retryAfterSeconds: 7, resources: ['configmaps'], verbs: ['list'] });
    const refused = await api.send('GET', configMaps);
    expect({ code: refused.code, retry: refused.headers['retry-after'] }).toEqual({ code: 429, retry: '7' });
    expect((await api.send('GET', '/api/v1/pods')).code).toBe(200);
  });

  test('timeoutAfterWrite: no answer, but the write happened', async () => {
    await rule({ effect: 'timeoutAfterWrite', resources: ['configmaps'] });
    await expect(api.send('POST', configMaps, configMap('written'))).rejects.toThrow(/hang up|ECONNRESET/);
    expect((await api.send('GET', `${configMaps}/written`)).code).toBe(200);
  });

  test('delay: the answer takes its time', async () => {
    await rule({ effect: 'delay', ms: 120, verbs: ['get'] });
    const start = performance.now();
    await api.send('GET', `${configMaps}/kube-root-ca.crt`);
    expect(performance.now() - start).toBeGreaterThan(100);
  });

  test('dropWatch: a watch breaks off', async () => {
    await rule({ effect: 'dropWatch', ms: 50 });
    await expect(api.lines(`${configMaps}?watch=true`, () => undefined)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });

  test('lagWatch: events come late and in order', async () => {
    await rule({ effect: 'lagWatch', ms: 150 });
    const seen: string[] = [];
    const start = performance.now();
    let first = 0;
    await api.lines(`${configMaps}?watch=true&timeoutSeconds=1`, (line) => {
      if (first === 0) first = performance.now() - start;
      seen.push((JSON.parse(line) as { type: string }).type);
    });
    expect(first).toBeGreaterThan(140);
    expect(seen).toContain('ADDED');
  });

  test('restart: every connection ends, the next request is served', async () => {
    const watching = expect(api.lines(`${configMaps}?watch=true`, () => undefined)).rejects.toThrow();
    await api.send('GET', '/readyz');
    await rule({ effect: 'restart', resources: ['secrets'] });
    await expect(api.send('GET', '/api/v1/secrets')).rejects.toThrow();
    await watching;
    expect((await api.send('GET', '/readyz')).code).toBe(200);
  });

  test('the file is read again when it changes; bad rules over HTTP are refused', async () => {
    await writeFile(file, 'rules:\n- {effect: refuse, code: 503, resources: [leases]}\n');
    await eventually('the new rules', async () => {
      expect((await api.send('GET', '/apis/coordination.k8s.io/v1/leases')).code).toBe(503);
    });
    const bad = await api.send('PUT', path, { rules: [{ effect: 'explode' }] });
    expect(bad.code).toBe(400);
    expect(bad.text).toContain('effect: must be');
  });

  test('only administrators may ask for faults', async () => {
    const anonymous = api.anonymous();
    for (const method of ['GET', 'PUT', 'DELETE']) {
      expect((await anonymous.send(method, path, method === 'PUT' ? {} : undefined)).code).toBe(403);
    }
    await anonymous.close();
  });
});
