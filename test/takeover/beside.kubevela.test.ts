import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Json, JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { podResource } from '../support/core-process.ts';
import { eventually, runCommand } from '../support/fleet.ts';
import { startPlaneCluster } from '../support/plane-cluster.ts';
import type { PlaneCluster } from '../support/plane-cluster.ts';
import { changed } from './changes.ts';
import {
  application,
  assertFamiliesWhole,
  expectDropped,
  expectNothingLeftWithout,
  live,
  namespace,
  textOf,
  untilSettled,
  whenPhase,
} from './expectations.ts';
import { installKubeVela, KubeVela, kubeVelaCli, putApplication } from './kubevela.ts';
import { recordedObjects } from './recorded.ts';
import { pidOfShard } from './shard-process.ts';
import { allApplications, judgedKinds, Writes } from './writes.ts';

const ours = 'shard-f';
let cluster: PlaneCluster;
let writes: Writes;
let kubeVela: KubeVela;
let habits: readonly string[];

const phaseOf = (name: string): string => (name === 'gate' ? 'workflowSuspending' : 'running');

beforeAll(async () => {
  cluster = await startPlaneCluster(judgedKinds);
  writes = new Writes(cluster, namespace);
  await installKubeVela(cluster, { sharded: true });
  kubeVela = new KubeVela(cluster, ['--enable-sharding', '--shard-id=master']);
  await kubeVela.start();
  for (const app of await allApplications()) await putApplication(cluster.client, onShard(app, 'master'));
  await allSettled();
  // what KubeVela's controller writes anew whenever it starts
  await kubeVela.stop();
  await writes.mark();
  await kubeVela.start();
  await untilSettled(cluster);
  habits = await writes.delivered();
}, 600_000);

afterAll(async () => {
  await kubeVela.stop();
  await cluster.stop();
}, 60_000);

/** An object without what its controllers report on it. */
function withoutState(object: KubeObject | undefined): object | undefined {
  if (!object) return undefined;
  const { managedFields: _, resourceVersion: __, ...metadata } = object.metadata;
  return { ...object, metadata, status: undefined };
}

function onShard(app: KubeObject, shard: string): KubeObject {
  const { metadata } = app;
  return { ...app, metadata: { ...metadata, labels: { ...metadata.labels, [labels.scheduledShardId]: shard } } };
}

/** Moves an Application as people do: with KubeVela's command line, which relabels its family, or by its label alone. */
async function move(name: string, shard: string, how: 'command' | 'label'): Promise<void> {
  if (how === 'label') {
    const body = { metadata: { labels: { [labels.scheduledShardId]: shard } } };
    await cluster.client.patch(applicationResource, { name, namespace }, { type: 'merge', body });
    return;
  }
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig, HOME: cluster.folder };
  await eventually(`the command line to move ${name}`, async () => {
    const { code, stderr } = await runCommand(kubeVelaCli, ['up', name, '-n', namespace, '--shard-id', shard], { env });
    if (code !== 0) throw new Error(stderr);
  });
}

const hows = ['command', 'label'] as const;

/** Moves all Applications, in both ways, and waits until their families carry the shard and are read by its controller. */
async function moveAll(shard: string): Promise<void> {
  const apps = await allApplications();
  for (const [i, { metadata }] of apps.entries()) await move(metadata.name ?? '', shard, hows[i % 2] ?? 'label');
  await eventually('families to follow', () => assertFamiliesWhole(cluster));
}

describe("one shard of Flotilla under KubeVela's own master", () => {
  test('its installation changes nothing that is there', async () => {
    const before = await recordedObjects(cluster.client);
    const from = (await cluster.audit()).length;
    await cluster.must('install', '--shard-only', `--shard-id=${ours}`);
    const now = new Map((await recordedObjects(cluster.client)).map((object) => [object.metadata.uid, object]));
    const stays = before.filter(({ kind }) => kind !== 'ConfigMap');
    for (const object of stays) expect(withoutState(now.get(object.metadata.uid))).toEqual(withoutState(object));
    const written = (await cluster.audit())
      .slice(from)
      .filter(({ verb, userAgent = '' }) => /^vela(\/|$)/.test(userAgent) && !['get', 'list', 'watch'].includes(verb));
    expect(written.length).toBeGreaterThan(0);
    for (const { objectRef } of written) expect(objectRef?.name).toMatch(/^kubevela-vela-core-shard-f(:|$)/);
  }, 120_000);

  test('a move to it writes no delivered object', async () => {
    await writes.mark();
    await moveAll(ours);
    await untilSettled(cluster);
    expect(await writes.delivered()).toEqual([]);
    expect(await writes.of('applicationrevisions')).not.toContain(expect.stringMatching('^create'));
  }, 120_000);

  test('the next change drops the fields that KubeVela had set', async () => {
    for (const app of await allApplications()) await putApplication(cluster.client, onShard(changed(app), ours));
    await allSettled();
    await expectDropped(cluster);
    await eventually('families to be whole', () => assertFamiliesWhole(cluster));
  }, 120_000);

  test('a move back writes no delivered object', async () => {
    await writes.mark();
    await moveAll('master');
    await untilSettled(cluster);
    expect((await writes.delivered()).filter((write) => !habits.includes(write))).toEqual([]);
  }, 120_000);
});

describe('moves while Applications change', () => {
  const sizes = new Map<string, number>();

  /** Changes an Application in a way that every delivered Deployment or ConfigMap of it shows. */
  async function change(name: string, step: number): Promise<void> {
    await eventually(`a change of ${name}`, async () => {
      const app = await application(cluster, name);
      const components = app.spec.components.map((component) => ({
        ...component,
        properties: withStep(component.properties ?? {}, step),
      }));
      const annotations = {
        ...app.metadata.annotations,
        ...(name === 'ledger' && { 'app.oam.dev/publishVersion': `step-${step}` }),
      };
      const metadata = { ...app.metadata, annotations };
      await cluster.client.update(applicationResource, { ...app, metadata, spec: { ...app.spec, components } });
    });
    sizes.set(name, step);
  }

  function withStep(properties: JsonObject, step: number): JsonObject {
    if (!('objects' in properties)) return { ...properties, image: `registry.example/step:${step}` };
    const [first, ...others] = properties['objects'] as unknown as readonly (KubeObject & { data: JsonObject })[];
    return { objects: [{ ...first, data: { ...first?.data, step: String(step) } }, ...others] as unknown as Json };
  }

  const names = ['shop', 'settings', 'ledger', 'pipeline', 'gate'];

  test.each(['nothing', 'the shard of Flotilla', "KubeVela's controller"])(
    'lose nothing, with SIGKILL of %s',
    async (victim) => {
      for (let round = 0; round < 4; round += 1) {
        for (const [i, name] of names.entries()) {
          const step = (sizes.get(name) ?? 0) + 1;
          const to = (i + round) % 2 === 0 ? ours : 'master';
          await Promise.all([change(name, step), move(name, to, hows[(i + round) % 2] ?? 'label')]);
          if (i === 2 && round % 2 === 1) await kill(victim);
        }
      }
      for (const name of names) await resumed(name);
      await eventually('families to be whole', () => assertFamiliesWhole(cluster), 90);
      for (const name of names) await assertStep(name, sizes.get(name) ?? 0);
    },
    240_000,
  );

  async function kill(victim: string): Promise<void> {
    if (victim.startsWith('the')) process.kill(await pidOfShard(cluster, ours), 'SIGKILL');
    if (!victim.startsWith('Kube')) return;
    await kubeVela.kill();
    await kubeVela.start();
  }

  /** Waits until an Application runs, and approves what waits for that. */
  async function resumed(name: string): Promise<void> {
    await eventually(
      `${name} to run`,
      async () => {
        const { metadata, status } = await application(cluster, name);
        if (status?.status === 'workflowSuspending' && status.observedGeneration === metadata.generation)
          await cluster.must('workflow', 'resume', name, '-n', namespace);
        if (status?.status !== 'running' || status.observedGeneration !== metadata.generation)
          throw new Error(
            `generation ${metadata.generation ?? 0}: ${JSON.stringify({ status, labels: metadata.labels })}`,
          );
      },
      120,
      500,
    );
  }

  async function assertStep(name: string, step: number): Promise<void> {
    const { spec } = await application(cluster, name);
    for (const { name: component, type, properties } of spec.components) {
      // written once by its policy; KubeVela's controller does not update what it never collects
      if (component === 'once' || component === 'archive') continue;
      const kind = type === 'k8s-objects' ? 'ConfigMap' : 'Deployment';
      const object = await live(cluster, kind === 'ConfigMap' ? 'v1' : 'apps/v1', kind, component);
      const shown = kind === 'ConfigMap' ? `"step":"${step}"` : `registry.example/step:${step}`;
      expect(JSON.stringify(properties)).toContain(shown);
      expect(textOf(object)).toContain(shown);
    }
  }

  test('deleting the Applications leaves nothing, and the shard can be removed', async () => {
    await expectNothingLeftWithout(cluster, await allApplications());
    await cluster.must('uninstall', '--shard-only', `--shard-id=${ours}`);
    const { items } = await cluster.client.list(podResource, {
      namespace: systemNamespace,
      labelSelector: `${labels.shardId}=${ours}`,
    });
    expect(items).toEqual([]);
  }, 180_000);
});

async function allSettled(): Promise<void> {
  for (const { metadata } of await allApplications())
    await whenPhase(cluster, metadata.name ?? '', phaseOf(metadata.name ?? ''));
}
