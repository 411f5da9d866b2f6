import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { packageRoot } from '../../pkg/assets/root.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { deploymentResource } from '../support/applications.ts';
import { eventually, runCommand } from '../support/fleet.ts';
import type { PlaneCluster } from '../support/plane-cluster.ts';
import { application, namespace } from './expectations.ts';
import { setFailurePolicy, shardTheMaster } from './old-master.ts';
import { startLeftBehind } from './left-behind.ts';
import { recordedObjects } from './recorded.ts';
import { Writes } from './writes.ts';

let cluster: PlaneCluster;
let writes: Writes;
let before: readonly KubeObject[];
/** The shell commands of the page, by the heading above them. */
let commands: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  commands = commandsOf(await readFile(join(packageRoot(), 'docs/migrate.md'), 'utf8'));
  cluster = await startLeftBehind();
  writes = new Writes(cluster, namespace);
  before = (await recordedObjects(cluster.client)).filter(isDelivered);
  await writes.mark();
}, 600_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

const isDelivered = ({ kind, metadata }: KubeObject): boolean =>
  metadata.namespace === namespace && ['ConfigMap', 'Secret', 'Deployment', 'Service', 'Ingress'].includes(kind);

function commandsOf(page: string): ReadonlyMap<string, readonly string[]> {
  const parts = page.split(/^## /m).slice(1);
  return new Map(
    parts.map((part) => [
      part.slice(0, part.indexOf('\n')),
      [...part.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap((match) => (match[1] ?? '').trim().split('\n')),
    ]),
  );
}

/** Runs a command of the page as a user does, and returns what it prints. */
async function run(command: string): Promise<string> {
  const path = [join(packageRoot(), 'bin'), process.env['PATH']].join(delimiter);
  const env = { ...process.env, PATH: path, KUBECONFIG: cluster.kubeconfig };
  const { code, stdout, stderr } = await runCommand('sh', ['-c', command], { env });
  if (code !== 0) throw new Error(`${command} ended with ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

async function assertUntouched(): Promise<void> {
  const now = new Map((await recordedObjects(cluster.client)).map((object) => [object.metadata.uid, object]));
  for (const object of before) expect(now.get(object.metadata.uid)).toEqual(object);
  expect(await writes.delivered()).toEqual([]);
}

const shardOf = async (name: string): Promise<string | undefined> =>
  (await application(cluster, name)).metadata.labels?.[labels.scheduledShardId];

describe('the commands of docs/migrate.md, on what KubeVela has left', () => {
  test("one shard under KubeVela's master", async () => {
    const [install = '', move = '', back = '', uninstall = '', ...others] = commands.get(
      "First step: one shard under KubeVela's master",
    ) as string[];
    expect(others).toEqual([]);
    await expect(run(install)).rejects.toThrow('runs without --enable-sharding');
    await shardTheMaster(cluster);
    // the webhooks of a controller that runs would answer
    await setFailurePolicy(cluster, 'Ignore');
    expect(await run(install)).toContain('Installed shard shard-f');
    await run(move);
    await eventually('the family to follow', async () => {
      expect(await shardOf('shop')).toBe('shard-f');
      const { status } = await application(cluster, 'shop');
      expect(status?.status).toBe('running');
      const trackers = (await recordedObjects(cluster.client)).filter(({ metadata }) =>
        metadata.name?.startsWith('shop-v1'),
      );
      expect(trackers.map(({ metadata }) => metadata.labels?.[labels.scheduledShardId])).toEqual([
        'shard-f',
        'shard-f',
      ]);
    });
    await expect(run(uninstall)).rejects.toThrow('shard shard-f has Applications (market/shop)');
    await run(back);
    await eventually('the family to be back', async () => {
      const shop = (await recordedObjects(cluster.client)).filter(({ metadata }) =>
        metadata.name?.startsWith('shop-v1'),
      );
      expect(shop.map(({ metadata }) => metadata.labels?.[labels.scheduledShardId])).toEqual(['master', 'master']);
    });
    expect(await run(uninstall)).toContain('Uninstalled shard shard-f');
    await setFailurePolicy(cluster, 'Fail');
    await assertUntouched();
  }, 240_000);

  test('the whole installation', async () => {
    const [diagnose = '', stop = '', install = '', again = '', ...others] = commands.get(
      'The whole installation',
    ) as string[];
    expect(others).toEqual([]);
    const nothing = '0 delivered objects would be written; 0 findings to repair before an installation';
    expect(await run(diagnose)).toContain(nothing);
    await run(stop);
    await run(install);
    expect(await run(again)).toContain(nothing);
    await assertUntouched();
  }, 240_000);

  test('the way back', async () => {
    const all = commands.get('The way back') as string[];
    expect(all).toHaveLength(1);
    await run(all[0] ?? '');
    await assertUntouched();
    const { items } = await cluster.client.list(deploymentResource, { namespace: systemNamespace });
    expect(items).toEqual([]);
  }, 240_000);
});
