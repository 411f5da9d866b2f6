import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { shardResource } from '../../pkg/apis/shard.ts';
import type { Shard } from '../../pkg/apis/shard.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import {
  assertAllRunning,
  assertNothingLeft,
  createNamespace,
  deploymentResource,
  sampleApplication,
} from '../support/applications.ts';
import { podResource } from '../support/core-process.ts';
import { endProcess, eventually, runCommand } from '../support/fleet.ts';
import { playKubelet } from '../support/play-kubelet.ts';

/** The kubeconfig of a real control plane without a kubelet; `make test-real` sets it. */
const kubeconfig = process.env['REAL_KUBECONFIG'];

const basePort = 19_440;
const webhookUrl = `https://127.0.0.1:${basePort + 20}`;

describe('master and slaves outside a real control plane', () => {
  const processes: ChildProcess[] = [];
  const playing = new AbortController();
  const root = packageRoot();
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  let client: KubeClient & { close(): Promise<void> | void };

  beforeAll(async () => {
    const connection = await loadConnection({ kubeconfig, env: {} });
    client = newKubeClient(connection, {
      qps: 500,
      burst: 500,
      userAgent: 'test',
      clock: systemClock,
      random: systemRandom,
    });
    const installed = await runCommand(
      join(root, 'bin/vela'),
      ['install', '--set', 'sharding.enabled=true', '--wait=false', '--webhook-url', webhookUrl],
      { env },
    );
    expect(installed.stderr).toBe('');
    expect(installed.code).toBe(0);
    for (const [i, id] of ['master', 'shard-0', 'shard-1'].entries()) {
      await eventually('the pod to be accepted', () =>
        client.apply(podResource, announcement(id), { fieldManager: 'test', force: true }),
      );
      processes.push(startCore(id, i));
    }
    void playKubelet(client, playing.signal);
    const webhookAnswers = (): Promise<unknown> =>
      client.create(applicationResource, sampleApplication('probe', 'default'), { dryRun: true }).then((app) => {
        if (!app.metadata.labels?.[labels.scheduledShardId]) throw new Error('not assigned yet');
      });
    await eventually('the webhooks to assign', webhookAnswers, 60);
  }, 120_000);

  afterAll(async () => {
    playing.abort();
    await Promise.all(processes.map(endProcess));
    await client.close();
  }, 30_000);

  function startCore(id: string, i: number): ChildProcess {
    const args = [
      `--kubeconfig=${kubeconfig ?? ''}`,
      '--enable-sharding',
      `--shard-id=${id}`,
      '--enable-leader-election',
      `--leader-election-namespace=${systemNamespace}`,
      '--shard-lease-duration=3s',
      '--shard-lease-renew-deadline=2s',
      '--shard-lease-retry-period=500ms',
      `--health-addr=127.0.0.1:${basePort + i}`,
      `--metrics-addr=127.0.0.1:${basePort + 10 + i}`,
      ...(id === 'master' ? ['--use-webhook', `--webhook-port=${basePort + 20}`, `--webhook-url=${webhookUrl}`] : []),
    ];
    return spawn(join(root, 'bin/vela-core'), args, {
      env: { ...env, POD_NAMESPACE: systemNamespace, POD_NAME: `core-${id}` },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  test('Applications are assigned, delivered, updated and deleted', async () => {
    const namespace = `real-${Date.now()}`;
    await createNamespace(client, namespace);
    const names = Array.from({ length: 6 }, (_, i) => `app-${i}`);
    await Promise.all(names.map((name) => client.create(applicationResource, sampleApplication(name, namespace))));
    const apps = await eventually('all to run', () => assertAllRunning(client, namespace, names.length), 90);
    expect(new Set(apps.map((app) => app.metadata.labels?.[labels.scheduledShardId]))).toEqual(
      new Set(['shard-0', 'shard-1']),
    );
    const body = {
      spec: {
        components: [{ ...apps[0]?.spec.components[0], traits: [{ type: 'scaler', properties: { replicas: 2 } }] }],
      },
    };
    const target = { name: apps[0]?.metadata.name ?? '', namespace };
    await client.patch<Application>(applicationResource, target, {
      type: 'merge',
      body: JSON.parse(JSON.stringify(body)) as never,
    });
    await eventually('the update to arrive', async () => {
      const deployment = await client.get(deploymentResource, { name: `${target.name}-web`, namespace });
      expect(deployment['spec']).toMatchObject({ replicas: 2 });
      await assertAllRunning(client, namespace, names.length);
    });
    await client.deleteCollection(applicationResource, { namespace });
    await eventually('everything to be gone', () => assertNothingLeft(client, namespace), 60);
  }, 240_000);

  test('an Application moves, is adopted with its shard, and given back, and what it delivered is untouched', async () => {
    const namespace = `moving-${Date.now()}`;
    await createNamespace(client, namespace);
    const target = { name: 'app', namespace };
    await client.create(applicationResource, sampleApplication('app', namespace));
    const [app] = await eventually('it to run', () => assertAllRunning(client, namespace, 1), 90);
    const delivered = { name: 'app-web', namespace };
    const before = await client.get(deploymentResource, delivered);
    const to = app?.metadata.labels?.[labels.scheduledShardId] === 'shard-0' ? 'shard-1' : 'shard-0';
    const moved = await runCommand(join(root, 'bin/vela'), ['up', 'app', '-n', namespace, '--shard-id', to], { env });
    expect(moved.stdout).toContain(`Application scheduled to ${to}`);

    const i = to === 'shard-0' ? 1 : 2;
    const there = await client.get(applicationResource, target);
    processes[i]?.kill('SIGKILL');
    const phase = async (): Promise<string | undefined> =>
      (await client.get<Shard>(shardResource, { name: to })).status?.phase;
    await eventually('the adoption', async () => {
      expect(await phase()).toBe('Adopted');
    });
    expect((await client.get(applicationResource, target)).metadata.resourceVersion).toBe(
      there.metadata.resourceVersion,
    );
    await client.delete(deploymentResource, { name: 'app-web', namespace });
    await eventually('the adopter to put back what is missing', async () => {
      const { metadata } = await client.get(deploymentResource, delivered);
      expect(metadata.uid).not.toBe(before.metadata.uid);
    });
    processes[i] = startCore(to, i);
    await eventually('the shard to be given back', async () => {
      expect(await phase()).toBe('Ready');
    });
    await client.deleteCollection(applicationResource, { namespace });
    await eventually('everything to be gone', () => assertNothingLeft(client, namespace), 60);
  }, 240_000);
});

/** There is no kubelet: the shards announce themselves by pods that are objects only. */
function announcement(id: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `core-${id}`,
      namespace: systemNamespace,
      labels: { 'app.kubernetes.io/name': 'vela-core', [labels.shardId]: id },
    },
    spec: { containers: [{ name: 'kubevela', image: 'elsewhere' }] },
  };
}
