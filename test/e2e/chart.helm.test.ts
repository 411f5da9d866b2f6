import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { renderSystem } from '../../pkg/install/render.ts';
import { loadYamlDocuments } from '../../pkg/render/yaml.ts';
import { assertAllRunning, deploymentResource, sampleApplication } from '../support/applications.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

const root = packageRoot();
const chart = join(root, 'charts/vela-core');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function helm(kubeconfig: string, ...args: readonly string[]): Promise<string> {
  const homes = ['HELM_CACHE_HOME', 'HELM_CONFIG_HOME', 'HELM_DATA_HOME'].map(
    (name) => [name, join(folder, name)] as const,
  );
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...(Object.fromEntries(homes) as NodeJS.ProcessEnv),
    KUBECONFIG: kubeconfig,
  };
  const program = process.env['HELM'] ?? 'helm';
  return (await promisify(execFile)(program, args, { env, maxBuffer: 64 * 1024 * 1024 })).stdout;
}

async function valuesFile(values: JsonObject): Promise<string> {
  const file = join(folder, 'values.json');
  await writeFile(file, JSON.stringify(values));
  return file;
}

const authenticated = { enabled: true, serviceAccount: 'deployer', namespaces: ['a', 'b'] };
const sharding = { enabled: true };

/** Sets of values that reach every branch of the templates. */
const sets: readonly JsonObject[] = [
  {},
  { sharding },
  {
    sharding: { enabled: true, schedulableShards: 'a,b' },
    featureGates: { validateComponentWhenSharding: true, disableWebhookAutoSchedule: true },
  },
  { replicaCount: 3 },
  { image: { repository: 'r/x', tag: 'v9', pullPolicy: 'Always' }, imagePullSecrets: [{ name: 's' }] },
  { imageRegistry: 'r.example.com/' },
  { resources: { limits: { memory: '2Gi' } }, nodeSelector: { a: 'b' }, affinity: { nodeAffinity: {} } },
  { tolerations: [{ key: 'x', operator: 'Exists' }] },
  { podAnnotations: { 'a/b': '1', c: 'true' }, extraArgs: ['--v=4', '--x="y"'] },
  { podSecurityContext: { fsGroup: 2000, runAsNonRoot: false }, securityContext: { capabilities: { drop: [] } } },
  { logDebug: true, devLogs: true, logFilePath: '/tmp/log' },
  { readinessProbe: { periodSeconds: 9 }, livenessProbe: { timeoutSeconds: 1 } },
  { concurrentReconciles: 16, kubeClient: { qps: 1500, burst: 2_500_000 } },
  { controllerArgs: { reSyncPeriod: '1m' }, applicationRevisionLimit: 2, definitionRevisionLimit: 3 },
  { systemDefinitionNamespace: 'definitions' },
  { workflow: { backoff: { maxTime: { waitState: 1, failedState: 2 } }, step: { errorRetryTimes: 3 } } },
  { workflow: { enableSuspendOnFailure: true }, featureGates: { applyOnce: true } },
  { featureGates: { gzipResourceTracker: true, zstdResourceTracker: true } },
  { featureGates: { gzipApplicationRevision: true, zstdApplicationRevision: true } },
  { healthCheck: { port: 1 }, metrics: { port: 2 }, webhookService: { port: 3, type: 'NodePort' } },
  { podMonitor: { enabled: true, labels: { release: 'p' }, interval: '5s' } },
  { admissionWebhooks: { enabled: false } },
  { admissionWebhooks: { enabled: false }, sharding },
  { admissionWebhooks: { url: 'https://h:1' } },
  { admissionWebhooks: { failurePolicy: 'Fail', definitionFailurePolicy: 'Fail' }, admissionWebhookTimeout: 3 },
  { admissionWebhooks: { certificate: { secretName: 's', mountPath: '/x' } } },
  { admissionWebhooks: { certManager: { enabled: true, revisionHistoryLimit: 7 } } },
  { core: { metrics: { enabled: true } } },
  { core: { metrics: { serviceMonitor: { enabled: true, additionalLabels: { release: 'p' } } } } },
  { serviceAccount: { create: false, name: 'mine' }, sharding },
  { serviceAccount: { name: 'mine', shardName: 'other', annotations: { a: 'b' } }, sharding },
  { serviceAccount: { name: 'mine', shardName: 'mine' }, sharding },
  { rights: 'admin', sharding },
  { rights: 'namespaces=a, b,a', sharding },
  { rbac: { clusterAdmin: true } },
  { rbac: { create: false } },
  { rbac: { listSecrets: true, protectedNamespaces: [], dispatch: [{ apiGroups: ['x'], resources: ['y'], verbs: ['get'] }] } }, // prettier-ignore
  { authentication: { enabled: true } },
  { authentication: { enabled: true }, rights: 'admin' },
  { authentication: authenticated, sharding },
  { authentication: authenticated, rights: 'namespaces=x,a' },
  { authentication: { enabled: true, withUser: false, defaultUser: 'u', groupPattern: 'g' } },
];

const keyOf = ({ kind, metadata }: KubeObject): string =>
  [kind, metadata.namespace, metadata.name].filter(Boolean).join('/');

const sorted = (objects: readonly KubeObject[]): readonly KubeObject[] =>
  objects.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

test.each(sets.map((values) => ({ values, name: JSON.stringify(values) })))(
  'the chart renders what vela install does with $name',
  async ({ values }) => {
    const settings = [
      '-n',
      systemNamespace,
      '--kube-version',
      '1.36.0',
      '--include-crds',
      '-f',
      await valuesFile(values),
    ];
    const text = await helm('', 'template', 'kubevela', chart, ...settings);
    const ofHelm = text.replaceAll(/(managed-by"?: ?"?)Helm/g, '$1vela');
    const rendered = loadYamlDocuments(ofHelm).filter((object) => object !== null) as KubeObject[];
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    const objects = await renderSystem(values, { templatesDir: join(root, 'templates'), version });
    // Helm creates the namespace of a release
    expect(sorted(rendered)).toEqual(sorted(objects.filter(({ kind }) => kind !== 'Namespace')));
  },
  60_000,
);

test('wrong values are refused, and those without effect are named with the reason', async () => {
  const wrong = helm('', 'template', chart, '--kube-version', '1.36.0', '--set', 'rights=none');
  await expect(wrong).rejects.toThrow('rights: must be cluster, namespaces=a,b or admin');
});

describe('a release', () => {
  const namespace = 'default';
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startCluster('--ready-delay', '50');
  }, 60_000);

  afterAll(async () => {
    await cluster.stop();
  }, 30_000);

  const release = (verb: string, ...args: readonly string[]): Promise<string> =>
    helm(cluster.kubeconfig, verb, 'kubevela', ...args, '-n', systemNamespace, '--wait', '--timeout', '120s');

  async function argumentsOfMaster(): Promise<readonly string[]> {
    const target = { name: 'kubevela-vela-core', namespace: systemNamespace };
    const { spec } = await cluster.client.get(deploymentResource, target);
    interface Template {
      template: { spec: { containers: readonly { args: readonly string[] }[] } };
    }
    return (spec as Template).template.spec.containers[0]?.args ?? [];
  }

  test('is installed, and delivers with shards', async () => {
    const notes = await release('install', chart, '--create-namespace', '--set', 'sharding.enabled=true', '--set', 'multicluster.enabled=true'); // prettier-ignore
    expect(notes).toMatch(/these values have no effect:\n {2}multicluster: other clusters are not supported/);
    await cluster.must('addon', 'enable', 'vela-core-shard-manager', 'nShards=1');
    await cluster.client.create(applicationResource, sampleApplication('app-0', namespace));
    await eventually('the Application to run', () => assertAllRunning(cluster.client, namespace, 1), 60);
  }, 180_000);

  test('is upgraded and rolled back', async () => {
    await release('upgrade', chart, '--reuse-values', '--set', 'applicationRevisionLimit=7');
    expect(await argumentsOfMaster()).toContain('--application-revision-limit=7');
    const history = ['rollback', 'kubevela', '1', '-n', systemNamespace, '--wait', '--timeout', '120s'];
    await helm(cluster.kubeconfig, ...history);
    expect(await argumentsOfMaster()).toContain('--application-revision-limit=10');
    await eventually('the Application to run', () => assertAllRunning(cluster.client, namespace, 1), 60);
  }, 300_000);

  test('is uninstalled; vela uninstall takes what the controllers wrote', async () => {
    await cluster.must('delete', 'app-0', '-n', namespace);
    await cluster.must('addon', 'disable', 'vela-core-shard-manager', '--yes');
    await release('uninstall');
    await cluster.must('uninstall');
    const kinds: readonly Resource[] = [
      deploymentResource,
      { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases', namespaced: true },
      {
        group: 'rbac.authorization.k8s.io',
        version: 'v1',
        kind: 'RoleBinding',
        plural: 'rolebindings',
        namespaced: true,
      },
      { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
    ];
    for (const kind of kinds)
      expect((await cluster.client.list(kind, { namespace: systemNamespace })).items).toEqual([]);
    const crds = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition', plural: 'customresourcedefinitions', namespaced: false }; // prettier-ignore
    expect((await cluster.client.list(crds)).items).toEqual([]);
  }, 180_000);
});
