import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { systemClock } from '../../machinery/src/clock/system.ts';
import { labels } from '../../pkg/apis/names.ts';
import { workflowResource } from '../../pkg/apis/workflow.ts';
import type { WorkflowRun, WorkflowRunSpec } from '../../pkg/apis/workflow-run.ts';
import { workflowRunResource } from '../../pkg/apis/workflow-run.ts';
import { workflowStepDefinitionResource } from '../../pkg/apis/workflow-step-definition.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { installSystem } from '../../pkg/install/install.ts';
import { renderSystem } from '../../pkg/install/render.ts';
import { createNamespace } from '../support/applications.ts';
import { announceShard, startCore, whenReady } from '../support/core-process.ts';
import type { CoreProcess } from '../support/core-process.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

jest.setTimeout(180_000);

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const outside = ['Deployment', 'Service', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
const namespace = 'runs';
const fleet = new Map<string, CoreProcess>();
let cluster: TestCluster;

async function start(shard: string): Promise<void> {
  const flags = ['--enable-sharding', ...(shard === 'master' ? [] : [`--shard-id=${shard}`])];
  fleet.set(shard, await startCore({ kubeconfig: cluster.kubeconfig, pod: shard, flags }));
}

beforeAll(async () => {
  cluster = await startCluster();
  const templatesDir = join(packageRoot(), 'templates');
  const objects = await renderSystem({}, { templatesDir, version: '0.0.0' });
  const kinds = objects.filter(({ kind }) => !outside.includes(kind));
  await installSystem(cluster.client, kinds, { clock: systemClock, wait: false }, new AbortController().signal);
  await createNamespace(cluster.client, namespace);
  await define(
    'greet',
    `import "vela/util"
log: util.#Log & {$params: data: "hello \\(parameter.to)"}
parameter: to: string`,
  );
  const shards = ['master', 'shard-0', 'shard-1'];
  await Promise.all(shards.map(start));
  await Promise.all(shards.map((shard) => announceShard(cluster.client, shard)));
  await Promise.all([...fleet.values()].map(whenReady));
}, 120_000);

afterAll(async () => {
  await Promise.all([...fleet.values()].map((core) => core.stop()));
  await cluster.stop();
}, 60_000);

const define = (name: string, template: string): Promise<KubeObject> =>
  cluster.client.create(workflowStepDefinitionResource, {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'WorkflowStepDefinition',
    metadata: { name, namespace },
    spec: { schematic: { cue: { template } } },
  });

const create = (name: string, spec: WorkflowRunSpec): Promise<WorkflowRun> =>
  cluster.client.create(workflowRunResource, {
    apiVersion: 'core.oam.dev/v1alpha1',
    kind: 'WorkflowRun',
    metadata: { name, namespace },
    spec,
  });

const read = (name: string): Promise<WorkflowRun> => cluster.client.get(workflowRunResource, { name, namespace });

const reach = (name: string, phase: string): Promise<WorkflowRun> =>
  eventually(
    `run ${name} to be ${phase}`,
    async () => {
      const run = await read(name);
      expect(run.status).toMatchObject({ status: phase });
      return run;
    },
    60,
  );

const store = (name: string) => ({
  name: `store-${name}`,
  type: 'apply-object',
  properties: { value: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { a: 'b' } } },
});

test('runs are spread over the shards, executed and marked', async () => {
  const names = Array.from({ length: 6 }, (_, i) => `spread-${i}`);
  await Promise.all(names.map((name) => create(name, { workflowSpec: { steps: [store(name)] } })));
  const runs = await Promise.all(names.map((name) => reach(name, 'succeeded')));
  const shards = new Set(runs.map(({ metadata }) => metadata.labels?.[labels.scheduledShardId]));
  expect(shards.size).toBeGreaterThan(1);
  expect(runs[0]?.status?.shardFence).toMatch(/^\d+\.\d+$/);
  const stored = await cluster.client.get(configMaps, { name: 'spread-0', namespace });
  expect(stored.metadata.labels).toMatchObject({ [labels.workflowRunName]: 'spread-0' });
  // a run that is gone takes nothing with it
  await cluster.client.delete(workflowRunResource, { name: 'spread-0', namespace }, {});
  expect(await cluster.client.get(configMaps, { name: 'spread-0', namespace })).toBeDefined();
});

test('the command line lists, suspends, resumes, restarts and ends a run, and prints its logs', async () => {
  const greet = { name: 'greet', type: 'greet', properties: { to: 'fleet' } };
  const wait = { name: 'wait', type: 'suspend' };
  await cluster.client.create(workflowResource, {
    apiVersion: 'core.oam.dev/v1alpha1',
    kind: 'Workflow',
    metadata: { name: 'greeting', namespace },
    steps: [greet, wait],
  });
  await create('by-hand', { workflowRef: 'greeting' });
  await reach('by-hand', 'suspending');
  const vela = (...args: readonly string[]): Promise<string> =>
    cluster.must('workflow', ...args, '--namespace', namespace);
  expect(await vela('list')).toMatch(/by-hand +WorkflowRun +suspending/);
  expect(await vela('logs', 'by-hand', '--step', 'greet')).toBe('hello fleet\n');
  await vela('resume', 'by-hand');
  await reach('by-hand', 'succeeded');
  await vela('restart', 'by-hand');
  await reach('by-hand', 'suspending');
  await vela('terminate', 'by-hand');
  await reach('by-hand', 'terminated');
  const { code, stderr } = await cluster.vela('workflow', 'resume', 'nothing', '--namespace', namespace);
  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('no Application and no WorkflowRun') });
});

test('another process of the shard goes on where the last one was killed, and repeats no step', async () => {
  await create('interrupted', {
    workflowSpec: { steps: [store('once'), { name: 'wait', type: 'suspend' }, store('after')] },
  });
  const { metadata } = await reach('interrupted', 'suspending');
  const shard = metadata.labels?.[labels.scheduledShardId] ?? '';
  const before = await cluster.client.get(configMaps, { name: 'once', namespace });
  fleet.get(shard)?.child.kill('SIGKILL');
  await cluster.must('workflow', 'resume', 'interrupted', '--namespace', namespace);
  await start(shard);
  await reach('interrupted', 'succeeded');
  const after = await cluster.client.get(configMaps, { name: 'once', namespace });
  expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
});
