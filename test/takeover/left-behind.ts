import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application } from '../../pkg/apis/application.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import { startPlaneCluster } from '../support/plane-cluster.ts';
import type { PlaneCluster } from '../support/plane-cluster.ts';
import {
  applicationsOf,
  finishInstallation,
  installKubeVela,
  KubeVela,
  kubeVelaCore,
  putApplication,
} from './kubevela.ts';
import { readRecorded, seedFolder } from './recorded.ts';
import { judgedKinds } from './writes.ts';

/** Parts of the installation in the order in which they are delivered, with the gates of the controller. */
const parts: readonly { readonly part: string; readonly gates: readonly string[] }[] = [
  { part: 'first', gates: [] },
  { part: 'second', gates: ['GzipResourceTracker', 'GzipApplicationRevision'] },
  { part: 'third', gates: ['ZstdResourceTracker', 'ZstdApplicationRevision'] },
];

const settled: readonly string[] = ['running', 'workflowSuspending'];

/**
 * A cluster as KubeVela's controller left it: on the embedded API from a recording, on a real one by running that controller.
 */
export async function startLeftBehind(): Promise<PlaneCluster> {
  if (process.env['KUBEBUILDER_ASSETS']) {
    const cluster = await startPlaneCluster(judgedKinds);
    await deliverByKubeVela(cluster).catch(async (error: unknown) => {
      await cluster.stop();
      throw error;
    });
    return cluster;
  }
  const folder = await mkdtemp(join(tmpdir(), 'recorded-'));
  await seedFolder(folder, await readRecorded());
  const cluster = await startCluster('--data-dir', folder, '--ready-delay', '50');
  const stop = async (): Promise<void> => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...cluster, stop, isReal: false, webhookUrl: undefined };
}

/** Installs KubeVela, delivers the Applications by its controller, and stops that. */
export async function deliverByKubeVela(cluster: PlaneCluster): Promise<void> {
  if (kubeVelaCore === '') throw new Error('KUBEVELA_CORE has to name the program of the controller');
  await installKubeVela(cluster, { sharded: false });
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
  await finishInstallation(cluster);
}

async function whenSettled(client: KubeClient): Promise<void> {
  const check = async (): Promise<void> => {
    const { items } = await client.list<Application>(applicationResource, {});
    for (const { metadata, status } of items)
      if (!settled.includes(status?.status ?? '') || status?.observedGeneration !== metadata.generation)
        throw new Error(
          `${metadata.name ?? ''}: ${JSON.stringify(status?.conditions)} ${JSON.stringify(status?.workflow)}`,
        );
  };
  await eventually('all Applications to settle', check, 180);
}

async function definitionsAreSettled(client: KubeClient): Promise<void> {
  for (const kind of ['ComponentDefinition', 'TraitDefinition', 'WorkflowStepDefinition', 'PolicyDefinition']) {
    const resource = await client.resourceFor('core.oam.dev/v1beta1', kind);
    const check = async (): Promise<void> => {
      const { items } = await client.list<KubeObject & { status?: { latestRevision?: object } }>(resource, {});
      const open = items.filter(({ status }) => !status?.latestRevision);
      if (open.length > 0) throw new Error(open.map(({ metadata }) => metadata.name).join(' '));
    };
    await eventually(`the status of each ${kind}`, check, 180);
  }
}
