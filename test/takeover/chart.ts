import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '../../machinery/src/meta.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { newClusterKeys } from '../../devcluster/src/auth/pki.ts';
import { freePort } from '../support/core-process.ts';
import { runCommand } from '../support/fleet.ts';
import type { PlaneCluster } from '../support/plane-cluster.ts';

/** KubeVela's own Helm chart, where it is at hand (KUBEVELA_CHART, its folder, and helm or HELM). */
export const kubeVelaChart = process.env['KUBEVELA_CHART'] ?? '';
const helm = process.env['HELM'] ?? 'helm';

/** Where a controller serves the webhooks of the chart. */
export interface ServedWebhooks {
  readonly port: number;
  readonly certDir: string;
}

const configurations = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const;
const served = new WeakMap<PlaneCluster, ServedWebhooks & { readonly caCert: string }>();

/** The webhooks of a cluster's chart; undefined where it was not installed by the chart. */
export const webhooksOf = (cluster: PlaneCluster): ServedWebhooks | undefined => served.get(cluster);

/** Installs the chart, or installs it again over what is there. Its webhooks are served by a program beside the cluster. */
export async function installChart(
  cluster: PlaneCluster,
  { sharded, customize }: { readonly sharded: boolean; readonly customize?: (client: KubeClient) => Promise<void> },
): Promise<void> {
  const own = served.get(cluster) ?? (await certificates(cluster));
  served.set(cluster, own);
  const values = [
    // no gateway to other clusters
    'multicluster.enabled=false',
    `sharding.enabled=${sharded}`,
    // not of this chart: the installation that follows keeps it
    ...(cluster.webhookUrl === undefined ? [] : [`admissionWebhooks.url=${cluster.webhookUrl}`]),
  ];
  const args = [
    'upgrade',
    '--install',
    'kubevela',
    kubeVelaChart,
    '-n',
    systemNamespace,
    '--create-namespace',
    '--no-hooks',
  ];
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig, HOME: cluster.folder };
  const { code, stdout, stderr } = await runCommand(helm, [...args, ...values.flatMap((one) => ['--set', one])], {
    env,
  });
  if (code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
  await keepCertificate(cluster, own);
  // before the webhooks need a controller
  await customize?.(cluster.client);
  await pointWebhooks(cluster, own);
}

async function keepCertificate({ client }: PlaneCluster, { certDir }: ServedWebhooks): Promise<void> {
  const read = async (name: string): Promise<string> => (await readFile(join(certDir, name))).toString('base64');
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'kubevela-vela-core-admission', namespace: systemNamespace },
    type: 'Opaque',
    data: { ca: await read('ca.crt'), 'tls.crt': await read('tls.crt'), 'tls.key': await read('tls.key') },
  };
  const resource = await client.resourceFor('v1', 'Secret');
  await client.apply(resource, secret, { fieldManager: 'certgen', force: true });
}

/** Makes what the Jobs of the chart make: a certificate, in a Secret. */
async function certificates(cluster: PlaneCluster): Promise<ServedWebhooks & { readonly caCert: string }> {
  const { serverCert, serverKey, caCert } = await newClusterKeys(Date.now());
  const certDir = join(cluster.folder, 'webhook-certs');
  await mkdir(certDir);
  for (const [name, text] of [
    ['tls.crt', serverCert],
    ['tls.key', serverKey],
    ['ca.crt', caCert],
  ] as const)
    await writeFile(join(certDir, name), text);
  return { port: await freePort(), certDir, caCert };
}

interface Webhook {
  readonly clientConfig: { readonly service?: { readonly path?: string }; readonly url?: string };
}

/** Does what the Jobs of the chart do. The API server has no network of pods: it reaches the controller by its address. */
async function pointWebhooks(
  { client }: PlaneCluster,
  { port, caCert }: ServedWebhooks & { caCert: string },
): Promise<void> {
  const caBundle = Buffer.from(caCert).toString('base64');
  for (const kind of configurations) {
    const resource = await client.resourceFor('admissionregistration.k8s.io/v1', kind);
    const target = { name: 'kubevela-vela-core-admission' };
    const { webhooks } = await client.get<KubeObject & { webhooks: readonly Webhook[] }>(resource, target);
    const body = webhooks.flatMap(({ clientConfig: { service, url } }, i) => [
      {
        op: 'replace',
        path: `/webhooks/${i}/clientConfig`,
        value: { caBundle, url: url ?? `https://127.0.0.1:${port}${service?.path ?? ''}` },
      },
      { op: 'replace', path: `/webhooks/${i}/failurePolicy`, value: 'Fail' },
    ]);
    await client.patch(resource, target, { type: 'json', body });
  }
}
