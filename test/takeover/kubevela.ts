import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { openSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadAll } from 'js-yaml';
import { isConflict } from '../../pkg/apis/api-error.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { freePort, podResource } from '../support/core-process.ts';
import { endProcess, eventually } from '../support/fleet.ts';
import type { PlaneCluster } from '../support/plane-cluster.ts';
import { installChart, kubeVelaChart, webhooksOf } from './chart.ts';

/** The program of KubeVela's controller. */
export const kubeVelaCore = process.env['KUBEVELA_CORE'] ?? '';
/** The program of KubeVela's command line. */
export const kubeVelaCli = process.env['KUBEVELA_CLI'] ?? '';

const here = import.meta.dirname;
const templates = join(packageRoot(), 'templates');

/** What an installation of KubeVela by Helm makes: definitions that the Applications here use. */
const definitions = [
  'annotations',
  'apply-component',
  'apply-once',
  'deploy',
  'garbage-collect',
  'gateway',
  'k8s-objects',
  'labels',
  'override',
  'print-message-in-status',
  'scaler',
  'shared-resource',
  'sidecar',
  'step-group',
  'suspend',
  'topology',
  'webservice',
  'worker',
];
const kinds = [
  'applicationrevisions',
  'applications',
  'componentdefinitions',
  'definitionrevisions',
  'policies',
  'policydefinitions',
  'resourcetrackers',
  'traitdefinitions',
  'workflows',
  'workflowstepdefinitions',
  'workloaddefinitions',
];

export async function readObjects(file: string): Promise<readonly KubeObject[]> {
  return loadAll(await readFile(file, 'utf8')) as unknown as KubeObject[];
}

export const applicationsOf = (part: string): Promise<readonly KubeObject[]> =>
  readObjects(join(here, 'applications', `${part}.yaml`));

/** Brings KubeVela into a cluster: by its own chart where that is at hand, otherwise what the chart would bring. */
export async function installKubeVela(
  cluster: PlaneCluster,
  { sharded }: { readonly sharded: boolean },
): Promise<void> {
  const { client } = cluster;
  if (kubeVelaChart !== '') {
    await installChart(cluster, { sharded, customize: customizeWorker });
    await createAll(client, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'market' } }]);
    return;
  }
  for (const kind of kinds)
    await createAll(client, await readObjects(join(templates, 'crds', `core.oam.dev_${kind}.gen.yaml`)));
  await createAll(client, await readObjects(join(here, 'installation.yaml')));
  await eventually('the kinds to be served', () =>
    client.resourceFor('core.oam.dev/v1beta1', 'WorkflowStepDefinition'),
  );
  for (const name of definitions)
    await createAll(client, (await readObjects(join(templates, 'definitions', `${name}.yaml`))).map(customized));
  const args = sharded ? ['--enable-sharding'] : [];
  await createAll(
    client,
    (await readObjects(join(here, 'controller.yaml'))).map((object) => withArgs(object, args)),
  );
}

/** Changes a definition as a user does. */
async function customizeWorker(client: KubeClient): Promise<void> {
  const resource = await client.resourceFor('core.oam.dev/v1beta1', 'ComponentDefinition');
  const live = await client.get(resource, { name: 'worker', namespace: systemNamespace });
  await client.update(resource, customized(live), { fieldManager: 'editor' });
}

async function createAll(client: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const resource = await client.resourceFor(object.apiVersion, object.kind);
    await client.create(resource, object, { fieldManager: 'helm' });
  }
}

/** Brings back what Helm makes of the controller, after another installation was removed. */
export async function restoreController(cluster: PlaneCluster): Promise<void> {
  const { client } = cluster;
  if (webhooksOf(cluster)) {
    await installChart(cluster, { sharded: false });
    return;
  }
  const objects = [
    ...(await readObjects(join(here, 'installation.yaml'))),
    ...(await readObjects(join(here, 'controller.yaml'))),
  ];
  for (const object of objects) {
    const resource = await client.resourceFor(object.apiVersion, object.kind);
    await client.apply(resource, object, { fieldManager: 'helm', force: true });
  }
}

/** What Helm leaves beside the controller: webhooks, which nothing answers in a test, and the record of the release. */
export async function finishInstallation(cluster: PlaneCluster): Promise<void> {
  const { client } = cluster;
  if (webhooksOf(cluster)) return;
  await createAll(client, await readObjects(join(here, 'admission.yaml')));
  await createAll(client, [helmRelease({ concurrentReconciles: 2, multicluster: { enabled: false } })]);
}

function helmRelease(config: JsonObject): KubeObject {
  const release = {
    name: 'kubevela',
    namespace: systemNamespace,
    version: 1,
    info: {
      first_deployed: '2025-01-01T00:00:00Z',
      last_deployed: '2025-01-01T00:00:00Z',
      deleted: '',
      description: 'Install complete',
      status: 'deployed',
    },
    chart: {
      metadata: { apiVersion: 'v1', name: 'vela-core', version: '1.10.5', appVersion: '1.10.5' },
      templates: [],
      values: { imageRegistry: '', image: { repository: 'oamdev/vela-core', tag: 'latest' } },
    },
    config,
    manifest: '',
  };
  const packed = gzipSync(JSON.stringify(release)).toString('base64');
  const labels = { name: 'kubevela', owner: 'helm', status: 'deployed', version: '1' };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'sh.helm.release.v1.kubevela.v1', namespace: systemNamespace, labels },
    type: 'helm.sh/release.v1',
    data: { release: Buffer.from(packed).toString('base64') },
  };
}

/** A definition that was customized: its template sets a label that Flotilla's own does not. */
function customized(object: KubeObject): KubeObject {
  if (object.metadata.name !== 'worker') return object;
  const changed = structuredClone(object) as { spec: { schematic: { cue: { template: string } } } } & KubeObject;
  changed.spec.schematic.cue.template += '\noutput: metadata: labels: "example.com/custom": "yes"\n';
  return changed;
}

function withArgs(object: KubeObject, args: readonly string[]): KubeObject {
  if (object.kind !== 'Deployment') return object;
  const copy = structuredClone(object) as KubeObject & {
    spec: { template: { metadata: { labels: Record<string, string> }; spec: { containers: [{ args: string[] }] } } };
  };
  copy.spec.template.spec.containers[0].args.push(...args);
  if (args.includes('--enable-sharding'))
    copy.spec.template.metadata.labels['controller.core.oam.dev/shard-id'] = 'master';
  return copy;
}

/** Writes a kubeconfig with a token that the pod of the controller would have: policies of the API server see no difference. */
async function asAccount({ client, kubeconfig, folder }: PlaneCluster): Promise<string> {
  const selection = { namespace: systemNamespace, labelSelector: 'app.kubernetes.io/instance=kubevela' };
  const { name = '', uid } = await eventually('the pod of the controller', async () => {
    const { items } = await client.list(podResource, selection);
    const [pod] = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (!pod) throw new Error('there is none');
    return pod.metadata;
  });
  const request = { spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } } };
  const path = `/api/v1/namespaces/${systemNamespace}/serviceaccounts/kubevela-vela-core/token`;
  const { status } = await client.raw<{ status: { token: string } }>('POST', path, request);
  const config = JSON.parse(await readFile(kubeconfig, 'utf8')) as { users: { user: object }[] };
  const file = join(folder, 'kubevela.kubeconfig');
  await writeFile(file, JSON.stringify({ ...config, users: [{ ...config.users[0], user: { token: status.token } }] }));
  return file;
}

/** Rejects where nothing listens. */
async function connected(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

/** KubeVela's controller as a process beside the cluster. */
export class KubeVela {
  readonly #cluster: PlaneCluster;
  readonly #args: readonly string[];
  readonly #isShard: boolean;
  #child: ChildProcess | undefined;

  /** A shard beside the master serves no webhooks. */
  constructor(
    cluster: PlaneCluster,
    args: readonly string[],
    { isShard = false }: { readonly isShard?: boolean } = {},
  ) {
    this.#cluster = cluster;
    this.#args = args;
    this.#isShard = isShard;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { folder } = this.#cluster;
    const log = openSync(join(folder, 'kubevela.log'), 'a');
    const webhooks = this.#isShard ? undefined : webhooksOf(this.#cluster);
    const [metrics, health] = [await freePort(), await freePort()];
    const args = [
      `--metrics-addr=127.0.0.1:${metrics}`,
      `--health-addr=127.0.0.1:${health}`,
      '--concurrent-reconciles=4',
      '--kube-api-qps=400',
      '--kube-api-burst=600',
      '--optimize-disable-component-revision',
      ...(webhooks
        ? ['--use-webhook=true', `--webhook-port=${webhooks.port}`, `--webhook-cert-dir=${webhooks.certDir}`]
        : ['--use-webhook=false']),
      ...this.#args,
    ];
    const own = await asAccount(this.#cluster);
    const env = { ...process.env, KUBECONFIG: own, HOME: folder };
    const child = spawn(kubeVelaCore, args, { env, stdio: ['ignore', log, log] });
    this.#child = child;
    await eventually('the controller of KubeVela to be ready', async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}; see ${folder}/kubevela.log`);
      const answer = await fetch(`http://127.0.0.1:${health}/readyz`);
      if (!answer.ok) throw new Error(await answer.text());
    });
    // it is ready before its webhooks are served
    if (webhooks) await eventually('the webhooks of KubeVela', () => connected(webhooks.port));
  }

  async stop(): Promise<void> {
    if (this.#child) await endProcess(this.#child);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

/** Writes an Application as a person does: `update` keeps its labels and annotations, those included that others write at the same time. */
export async function putApplication(client: KubeClient, object: KubeObject): Promise<void> {
  const resource = await client.resourceFor(object.apiVersion, object.kind);
  const { name = '', namespace } = object.metadata;
  const options = { fieldManager: 'editor' };
  for (;;) {
    const live = await client.get(resource, { name, namespace }).catch(() => undefined);
    if (!live) {
      await client.create(resource, object, options);
      return;
    }
    const { labels, annotations } = object.metadata;
    const metadata = {
      ...live.metadata,
      labels: { ...live.metadata.labels, ...labels },
      annotations: { ...live.metadata.annotations, ...annotations },
    };
    try {
      await client.update(resource, { ...live, metadata, spec: object['spec'] as JsonObject }, options);
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}
