import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { deploymentResource } from '../support/applications.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

const secrets: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
const pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const addon = 'vela-core-shard-manager';
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster('--ready-delay', '50');
  await cluster.must('install', '--set', 'sharding.enabled=true');
}, 120_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

const namespace = systemNamespace;

async function args(): Promise<readonly string[]> {
  const found = await cluster.client.get(deploymentResource, { name: 'kubevela-vela-core', namespace });
  const { template } = found['spec'] as { template: { spec: { containers: [{ args: string[] }] } } };
  return template.spec.containers[0].args;
}

/** Revision and status of each record, as `helm history` reads them, and the values of the newest. */
async function history(): Promise<{ readonly states: readonly string[]; readonly values: unknown }> {
  const { items } = await cluster.client.list<KubeObject>(secrets, {
    namespace,
    labelSelector: 'owner=helm,name=kubevela',
  });
  const sorted = [...items].sort(
    (a, b) => Number(a.metadata.labels?.['version']) - Number(b.metadata.labels?.['version']),
  );
  const data = sorted.at(-1)?.['data'] as { release: string };
  const packed = Buffer.from(Buffer.from(data.release, 'base64').toString(), 'base64');
  const { config } = JSON.parse(gunzipSync(packed).toString()) as { config: unknown };
  return {
    states: sorted.map(({ metadata: m }) => `${m.labels?.['version']} ${m.labels?.['status']}`),
    values: config,
  };
}

describe('the settings of an installation', () => {
  test('are kept when another one is given', async () => {
    await cluster.must('install', '--set', 'logDebug=true');
    expect(await args()).toEqual(expect.arrayContaining(['--enable-sharding', '--log-debug=true']));
    expect(await history()).toEqual({
      states: ['1 superseded', '2 deployed'],
      values: { sharding: { enabled: true }, logDebug: true },
    });
  }, 90_000);

  test('a second installation of the same writes no revision, and --diff finds nothing', async () => {
    expect(await cluster.must('upgrade')).toContain('0 created, 0 configured');
    expect((await history()).states).toHaveLength(2);
    expect(await cluster.must('install', '--diff')).toBe('Nothing would change.\n');
  }, 90_000);

  test('--diff prints what values of a file would change, and changes nothing', async () => {
    const file = join(cluster.folder, 'values.yaml');
    await writeFile(file, 'logDebug: false\nkubeClient:\n  qps: 77\n');
    const said = await cluster.must('install', '--diff', '-f', file, '--set', 'kubeClient.burst=99');
    expect(said).toMatch(/~ Deployment\/kubevela-vela-core in vela-system[^]*--kube-api-qps=77/);
    expect(said).toContain('--kube-api-burst=99');
    expect(await args()).toContain('--log-debug=true');
    expect(await cluster.must('install', '--dry-run')).toContain('--enable-sharding');
  }, 90_000);

  test('a mode without sharding is refused while shards are at work, with the remedy', async () => {
    await cluster.must('addon', 'enable', addon, 'nShards=2');
    const refused = await cluster.vela('install', '--reset-values');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /shards are at work \(shard-0, shard-1\).*vela addon disable vela-core-shard-manager/,
    );
    expect(await args()).toContain('--enable-sharding');
  }, 120_000);

  test('a forced change ends every shard before the new controller starts', async () => {
    const said = await cluster.must('install', '--reset-values', '--force', '--timeout', '120');
    expect(said).toMatch(/stopping Deployment kubevela-vela-core-shard-1[^]*deleting Application vela-system\/addon-/);
    expect(await args()).not.toContain('--enable-sharding');
    await eventually('the addon to be gone', async () => {
      const { items } = await cluster.client.list(pods, {
        namespace,
        labelSelector: labels.shardId,
        metadataOnly: true,
      });
      expect(items).toEqual([]);
      expect(await cluster.must('ls', '-n', namespace)).not.toContain(addon);
    });
    expect((await history()).values).toEqual({});
  }, 180_000);

  test('go with the installation', async () => {
    await cluster.must('uninstall');
    expect((await cluster.client.list(secrets, { namespace, labelSelector: 'owner=helm' })).items).toEqual([]);
  }, 90_000);
});
