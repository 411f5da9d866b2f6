import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels } from '../../pkg/apis/names.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { startDevCluster } from '../../devcluster/src/dev-cluster.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { namespaceResource } from './applications.ts';
import { eventually } from './fleet.ts';
import { playKubelet } from './play-kubelet.ts';

/** A Kubernetes API for tests of the runtime. */
export interface TestApi {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** The API of the kubeconfig in TEST_KUBECONFIG, of which nothing is left as it was, or else one of our own. */
export async function startTestApi(): Promise<TestApi> {
  const given = process.env['TEST_KUBECONFIG'];
  if (given) return useRealApi(given);
  const folder = await mkdtemp(join(tmpdir(), 'test-api-'));
  const cluster = await startDevCluster({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger(),
  });
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  const stop = async (): Promise<void> => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { kubeconfig, stop };
}

/** A control plane without nodes, empty at the start, on which pods are said to run. */
async function useRealApi(kubeconfig: string): Promise<TestApi> {
  const limits = { qps: 1000, burst: 1000, userAgent: 'test-support' };
  const connection = await loadConnection({ kubeconfig, env: {} });
  const client = newKubeClient(connection, { ...limits, clock: systemClock, random: systemRandom });
  try {
    await mustBeSpare(client);
    await clean(client);
  } catch (error) {
    // its connections would keep jest from ending
    await client.close();
    throw error;
  }
  const playing = new AbortController();
  const kubelet = playKubelet(client, playing.signal);
  const stop = async (): Promise<void> => {
    playing.abort();
    await kubelet;
    await client.close();
  };
  return { kubeconfig, stop };
}

const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/** Protects a real cluster against a wrong variable: a cluster with nodes is in use. */
async function mustBeSpare(client: KubeClient): Promise<void> {
  const nodes: Resource = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
  const { items } = await client.list(nodes);
  if (items.length > 0 && process.env['TEST_EMPTY'] !== 'yes')
    throw new Error(
      'TEST_KUBECONFIG: this cluster has nodes; TEST_EMPTY=yes says that everything in it may be removed',
    );
}

const admission = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
const policies = ['ValidatingAdmissionPolicy', 'MutatingAdmissionPolicy'];

/** What the Applications of tests deliver into the namespace default. */
const delivered = [
  ['apps/v1', 'Deployment'],
  ['v1', 'Service'],
  ['v1', 'ConfigMap'],
] as const;

/** Removes custom kinds with their objects, webhooks, policies, and all namespaces that a cluster does not begin with. */
async function clean(client: KubeClient): Promise<void> {
  for (const kind of [...admission, ...policies.flatMap((policy) => [`${policy}Binding`, policy])]) {
    // an old API server does not have all of them
    const resource = await client.resourceFor('admissionregistration.k8s.io/v1', kind).catch(() => undefined);
    if (resource) await client.deleteCollection(resource, {});
  }
  for (const [apiVersion, kind] of delivered) {
    const resource = await client.resourceFor(apiVersion, kind);
    await client.deleteCollection(resource, { namespace: 'default', labelSelector: labels.appName });
  }
  const isOurs = ({ metadata: { name = '' } }: KubeObject): boolean => !/^(default|kube-.*)$/.test(name);
  const remove = (resource: Resource, { metadata: { name = '' } }: KubeObject): Promise<unknown> =>
    client.delete(resource, { name }).catch(() => undefined);
  await eventually(
    'the API to be empty',
    async () => {
      const kinds = (await client.list(definitions)).items;
      const namespaces = (await client.list(namespaceResource)).items.filter(isOurs);
      for (const kind of kinds) await release(client, kind);
      for (const kind of kinds) await remove(definitions, kind);
      for (const namespace of namespaces) await remove(namespaceResource, namespace);
      if (kinds.length + namespaces.length > 0)
        throw new Error(`${kinds.length} kinds, ${namespaces.length} namespaces`);
    },
    60,
  );
}

/** No controller is left that would remove the finalizers. */
async function release(client: KubeClient, definition: KubeObject): Promise<void> {
  const { group, versions, names } = definition['spec'] as {
    group: string;
    versions: readonly { name: string; storage: boolean }[];
    names: { kind: string };
  };
  const version = versions.find(({ storage }) => storage)?.name ?? '';
  const resource = await client.resourceFor(`${group}/${version}`, names.kind).catch(() => undefined);
  if (!resource) return;
  for (const { metadata } of (await client.list(resource)).items) {
    const target = { name: metadata.name ?? '', namespace: metadata.namespace };
    const body = { metadata: { finalizers: null } };
    if (metadata.finalizers) await client.patch(resource, target, { type: 'merge', body }).catch(() => undefined);
  }
}
