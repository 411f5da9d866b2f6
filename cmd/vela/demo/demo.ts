import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Application } from '../../../pkg/apis/application.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { labels } from '../../../pkg/apis/names.ts';
import { systemClock } from '../../../machinery/src/clock/system.ts';
import { withCluster } from '../connect.ts';
import { isRunning } from '../progress.ts';
import { CliError, exitCodes, printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { printReport, readFleet } from '../fleet.ts';
import type { FleetPod } from '../fleet.ts';
import { end, vela, velaInBackground } from './process.ts';
import type { Shell } from './process.ts';

const shards = ['shard-0', 'shard-1', 'shard-2'];
const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};

export interface DemoOptions {
  /** Tear everything down at the end instead of staying up. */
  readonly once: boolean;
  /** The folder of the installation. */
  readonly root: string;
}

/**
 * Shows the whole system on this machine with the commands that a user would type, kills one slave, and checks after
 * each act that the world is as promised. Throws when it is not.
 */
export async function runDemo(io: Io, { once, root }: DemoOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'flotilla-demo-'));
  const shell: Shell = { io, root, kubeconfig: join(folder, 'kubeconfig') };
  printLine(io, 'An embedded Kubernetes API, one master, three slaves, and what they deliver.\n');
  const cluster = velaInBackground(shell, 'dev', 'up', '--port', '0', '--kubeconfig', shell.kubeconfig);
  try {
    await until(io, 30, 'the cluster to start', () => exists(shell.kubeconfig));
    await vela(shell, 'install', '--set', 'sharding.enabled=true');
    await vela(shell, 'addon', 'enable', 'vela-core-shard-manager', `nShards=${shards.length}`);
    await vela(shell, 'up', '-f', join(root, 'docs/examples'));
    await inCluster(shell, async (client) => {
      await printReport(io, client);
      await checkDelivered(client);
      await killOne(io, client);
      await printReport(io, client);
    });
    if (once) await tearDown(shell);
    else await stayUp(shell);
  } finally {
    await end(cluster);
    await rm(folder, { recursive: true, force: true });
  }
  if (once) printLine(io, '\nEverything was as it should be.');
}

const inCluster = <T>(shell: Shell, work: (client: KubeClient) => Promise<T>): Promise<T> =>
  withCluster(
    shell.io,
    {
      kubeconfig: shell.kubeconfig,
      context: undefined,
      cluster: undefined,
      user: undefined,
      namespace: undefined,
      requestTimeout: 30,
    },
    ({ client }) => work(client),
  );

/** Every example runs, on a slave, and nothing is left without an owner. */
async function checkDelivered(client: KubeClient): Promise<void> {
  const apps = await client.list<Application>(applicationResource, { namespace: 'default' });
  for (const app of apps.items) {
    const shard = app.metadata.labels?.[labels.scheduledShardId] ?? '';
    if (!isRunning(app))
      throw new CliError(`application ${app.metadata.name} is ${app.status?.status ?? 'not worked on'}`);
    if (!shards.includes(shard))
      throw new CliError(`application ${app.metadata.name} is assigned to "${shard}", not to a slave`);
  }
  const used = new Set(apps.items.map((app) => app.metadata.labels?.[labels.scheduledShardId]));
  if (used.size !== shards.length)
    throw new CliError(`${apps.items.length} Applications are spread over ${used.size} of ${shards.length} shards`);
}

/** Kills the process of one shard: its resources stay as they are, another shard goes on, and the process comes back. */
async function killOne(io: Io, client: KubeClient): Promise<void> {
  const victim = (await readFleet(client)).find((pod) => pod.shard === 'shard-0');
  if (victim?.pid === undefined) throw new CliError('shard-0 has no process to kill');
  const before = await fingerprint(client, victim.shard);
  printLine(io, `\n$ kill -9 ${victim.pid}    # the process of ${victim.name} (${victim.shard})`);
  process.kill(victim.pid, 'SIGKILL');
  await until(io, 30, `the kubelet to notice that ${victim.name} died`, async () =>
    hasDied(await readFleet(client), victim),
  );
  const other = await anApplicationOf(client, shards.slice(1));
  await touch(client, other);
  await until(
    io,
    60,
    `${other.metadata.name} to be delivered by ${other.metadata.labels?.[labels.scheduledShardId]} in between`,
    async () => {
      const { name = '', namespace } = other.metadata;
      const now = await client.get<Application>(applicationResource, { name, namespace });
      return isRunning(now) && (now.status?.observedGeneration ?? 0) > (other.metadata.generation ?? 0);
    },
  );
  await until(io, 60, `${victim.shard} to come back`, async () =>
    (await readFleet(client)).some((pod) => pod.name === victim.name && pod.ready && pod.restarts > victim.restarts),
  );
  const after = await fingerprint(client, victim.shard);
  if (after !== before)
    throw new CliError(`resources of ${victim.shard} changed while it was down:\n${before}\n${after}`);
  printLine(
    io,
    `The Applications of ${victim.shard} were undisturbed; the other shards went on; ${victim.shard} is back.`,
  );
}

function hasDied(pods: readonly FleetPod[], victim: FleetPod): boolean {
  const now = pods.find((pod) => pod.name === victim.name);
  return now === undefined || !now.ready || now.restarts > victim.restarts || now.pid !== victim.pid;
}

async function anApplicationOf(client: KubeClient, candidates: readonly string[]): Promise<Application> {
  const selector = `${labels.scheduledShardId} in (${candidates.join(',')})`;
  const apps = await client.list<Application>(applicationResource, { namespace: 'default', labelSelector: selector });
  const app =
    apps.items.find((item) => item.spec.components.some((c) => c.traits?.some((t) => t.type === 'scaler'))) ??
    apps.items[0];
  if (!app) throw new CliError('no Application on the other shards');
  return app;
}

/** Changes one property of the first component: a label trait that the resource then carries. */
async function touch(client: KubeClient, app: Application): Promise<void> {
  const [first, ...rest] = app.spec.components;
  if (!first) return;
  const trait = { type: 'labels', properties: { 'demo.flotilla/touched': 'yes' } };
  const components = [{ ...first, traits: [...(first.traits ?? []), trait] }, ...rest];
  const { name = '', namespace, resourceVersion = '' } = app.metadata;
  const body = JSON.parse(JSON.stringify({ metadata: { resourceVersion }, spec: { components } })) as Record<
    string,
    never
  >;
  await client.patch(applicationResource, { name, namespace }, { type: 'merge', body });
}

/** uid and generation of every Deployment that the shard's Applications delivered. */
async function fingerprint(client: KubeClient, shard: string): Promise<string> {
  const apps = await client.list(applicationResource, {
    namespace: 'default',
    labelSelector: `${labels.scheduledShardId}=${shard}`,
    metadataOnly: true,
  });
  const names = apps.items.map(({ metadata }) => metadata.name ?? '');
  const list = await client.list(deployments, {
    namespace: 'default',
    labelSelector: `${labels.appName} in (${names.join(',')})`,
  });
  if (list.items.length === 0) throw new CliError(`${shard} has delivered no Deployment`);
  const line = ({ metadata }: KubeObject): string => `${metadata.name} ${metadata.uid} ${metadata.generation ?? 0}`;
  return list.items.map(line).sort().join('\n');
}

async function tearDown(shell: Shell): Promise<void> {
  await vela(shell, 'delete', '--all', '-n', 'default');
  await inCluster(shell, async (client) => {
    const left = await client.list(deployments, { namespace: 'default' });
    if (left.items.length > 0)
      throw new CliError(`left behind: ${left.items.map((item) => item.metadata.name).join(', ')}`);
  });
  await vela(shell, 'addon', 'disable', 'vela-core-shard-manager', '--yes');
  await vela(shell, 'uninstall');
}

async function stayUp({ io, kubeconfig }: Shell): Promise<void> {
  printLine(
    io,
    `
Try these commands in another terminal:

  export KUBECONFIG=${kubeconfig}
  vela ls
  vela status shop --tree
  kubectl get applications -A -L ${labels.scheduledShardId}
  kubectl get deploy,po -A -o wide
  kubectl -n vela-system logs deploy/kubevela-vela-core

Ctrl-C ends it all.`,
  );
  while (!io.signal.aborted) await systemClock.sleep(1000, io.signal).catch(() => undefined);
}

async function until(io: Io, seconds: number, what: string, reached: () => Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + seconds * 1000;
  while (!(await reached())) {
    if (systemClock.monotonic() > deadline)
      throw new CliError(`gave up waiting for ${what}`, { exitCode: exitCodes.notReady });
    await systemClock.sleep(100, io.signal);
  }
  printLine(io, `  waited for ${what}`);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
