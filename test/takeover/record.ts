/*
 * Records what a real controller of KubeVela leaves in a cluster, for the tests beside this file:
 *
 *   KUBEVELA_CORE=/path/to/vela-core make record-takeover
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application } from '../../pkg/apis/application.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import {
  applicationsOf,
  finishInstallation,
  installKubeVela,
  KubeVela,
  kubeVelaCore,
  putApplication,
} from './kubevela.ts';
import { recordedObjects } from './recorded.ts';

/** Parts of the installation in the order in which they are delivered, with the gates of the controller. */
const parts: readonly { readonly part: string; readonly gates: readonly string[] }[] = [
  { part: 'first', gates: [] },
  { part: 'second', gates: ['GzipResourceTracker', 'GzipApplicationRevision'] },
  { part: 'third', gates: ['ZstdResourceTracker', 'ZstdApplicationRevision'] },
];

const settled: readonly string[] = ['running', 'workflowSuspending'];

async function whenSettled(client: KubeClient): Promise<void> {
  await eventually('all Applications to settle', async () => {
    const { items } = await client.list<Application>(applicationResource, {});
    for (const { metadata, status } of items)
      if (!settled.includes(status?.status ?? '') || status?.observedGeneration !== metadata.generation)
        throw new Error(
          `${metadata.name ?? ''}: ${JSON.stringify(status?.conditions)} ${JSON.stringify(status?.workflow)}`,
        );
  });
}

async function main(): Promise<void> {
  if (kubeVelaCore === '') throw new Error('KUBEVELA_CORE has to name the program of the controller');
  const cluster = await startCluster('--ready-delay', '50');
  try {
    await installKubeVela(cluster.client, []);
    for (const { part, gates } of parts) {
      const core = new KubeVela(
        cluster,
        gates.map((gate) => `--feature-gates=${gate}=true`),
      );
      try {
        await core.start();
        for (const object of await applicationsOf(part)) await putApplication(cluster.client, object);
        await whenSettled(cluster.client);
        await definitionsAreSettled(cluster.client);
      } finally {
        await core.stop();
      }
    }
    await finishInstallation(cluster.client);
    const objects = await recordedObjects(cluster.client);
    const file = join(import.meta.dirname, 'recorded.json.gz');
    await writeFile(
      file,
      gzipSync(objects.map((object: KubeObject) => JSON.stringify(object)).join('\n'), { level: 9 }),
    );
    process.stdout.write(`${objects.length} objects in ${file}\n`);
  } catch (error) {
    process.stderr.write(`see ${cluster.folder}\n`);
    throw error;
  } finally {
    if (!process.env['KEEP']) await cluster.stop();
  }
}

async function definitionsAreSettled(client: KubeClient): Promise<void> {
  for (const kind of ['ComponentDefinition', 'TraitDefinition', 'WorkflowStepDefinition', 'PolicyDefinition']) {
    const resource = await client.resourceFor('core.oam.dev/v1beta1', kind);
    await eventually(`the status of each ${kind}`, async () => {
      const { items } = await client.list<KubeObject & { status?: { latestRevision?: object } }>(resource, {});
      const open = items.filter(({ status }) => !status?.latestRevision);
      if (open.length > 0) throw new Error(open.map(({ metadata }) => metadata.name).join(' '));
    });
  }
}

await main();
