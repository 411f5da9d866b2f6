/*
 * Moves an Application of each definition from KubeVela's shard to Flotilla's, changes it there, and moves it back, and prints
 * a table of the outcomes and of the writes to delivered objects:
 *
 *   KUBEVELA_CORE=program KUBEVELA_CHART=folder HELM=program CASES=folder make definitions-beside
 *
 * CASES is a folder of YAML files, each with Applications and what they need.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadAll } from 'js-yaml';
import type { Json, JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { labels } from '../../pkg/apis/names.ts';
import { startPlaneCluster } from '../support/plane-cluster.ts';
import type { PlaneCluster } from '../support/plane-cluster.ts';
import type { AuditEvent } from '../support/fleet.ts';
import { installKubeVela, KubeVela, kubeVelaCore, putApplication } from './kubevela.ts';
import { kubeVelaChart } from './chart.ts';

const ours = 'shard-f';
const cases = process.env['CASES'] ?? '';
const only = new RegExp(process.env['ONLY'] ?? '^def-');
/** Longest wait for all Applications to settle in one stage. */
const stageMs = Number(process.env['STAGE'] ?? '150') * 1000;
let answering = '';

interface Case {
  readonly name: string;
  readonly namespace: string;
  readonly needs: readonly KubeObject[];
  readonly apps: readonly KubeObject[];
}

interface Outcome {
  readonly phases: string[];
  readonly writes: number[];
}

async function readCases(): Promise<readonly Case[]> {
  const files = (await readdir(cases)).filter((file) => file.endsWith('.yaml') && only.test(file)).sort();
  return Promise.all(
    files.map(async (file, i) => {
      const objects = (loadAll(await readFile(join(cases, file), 'utf8')) as unknown as (KubeObject | null)[]).filter(
        (object) => object !== null,
      );
      const isApp = ({ kind }: KubeObject): boolean => kind === 'Application';
      const needs = objects.filter((object) => !isApp(object));
      return { name: file.replace('.yaml', ''), namespace: `case-${i}`, needs, apps: objects.filter(isApp) };
    }),
  );
}

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  const given = object.metadata.namespace;
  return given === undefined || given === 'default'
    ? { ...object, metadata: { ...object.metadata, namespace } }
    : object;
}

async function create(cluster: PlaneCluster, { namespace, needs, apps }: Case): Promise<void> {
  const { client } = cluster;
  const all = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...needs];
  for (const given of all) {
    const object = atHome(given as unknown as Json, namespace) as unknown as KubeObject;
    const resource = await client.resourceFor(object.apiVersion, object.kind);
    await client.create(resource, resource.namespaced ? inNamespace(object, namespace) : object).catch(() => undefined);
  }
  for (const app of apps) {
    const spec = atHome(app['spec'] as Json, namespace) as JsonObject;
    await putApplication(client, onMaster({ ...app, spec, metadata: { ...app.metadata, namespace } }));
  }
}

/** References to the default namespace name that of the case, and addresses of this machine that of the answering server. */
function atHome(value: Json, namespace: string): Json {
  if (typeof value === 'string') return value.replace(/http:\/\/127\.0\.0\.1:\d+/, answering);
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => atHome(item, namespace));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as JsonObject).map(([key, item]) =>
    key === 'namespace' && item === 'default'
      ? [key, namespace]
      : [key, item === undefined ? item : atHome(item, namespace)],
  );
  return Object.fromEntries(entries) as JsonObject;
}

/** Answers every request with what it was, as steps that send requests expect. */
async function answerRequests(): Promise<Server> {
  const server = createServer(({ method = '', url = '' }, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ method, path: url, ok: true }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  answering = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return server;
}

function onMaster(app: KubeObject): KubeObject {
  const own = { ...app.metadata.labels, [labels.scheduledShardId]: 'master' };
  return { ...app, metadata: { ...app.metadata, labels: own } };
}

async function move(cluster: PlaneCluster, { namespace, apps }: Case, shard: string): Promise<void> {
  for (const { metadata } of apps) {
    const body = { metadata: { labels: { [labels.scheduledShardId]: shard } } };
    const target = { name: metadata.name ?? '', namespace };
    await cluster.client.patch(applicationResource, target, { type: 'merge', body }).catch(() => undefined);
  }
}

/** Gives each component another image, or an object another datum, as a person changes an Application. */
async function change(cluster: PlaneCluster, { namespace, apps }: Case): Promise<void> {
  for (const { metadata } of apps) {
    const target = { name: metadata.name ?? '', namespace };
    const live = await cluster.client.get<Application>(applicationResource, target).catch(() => undefined);
    if (!live) continue;
    const components = live.spec.components.map((one) => ({ ...one, properties: withChange(one.properties ?? {}) }));
    const next = { ...live, spec: { ...live.spec, components } };
    await cluster.client.update(applicationResource, next).catch(() => undefined);
  }
}

function withChange(properties: JsonObject): JsonObject {
  if ('image' in properties) return { ...properties, image: 'registry.example/changed:2' };
  const objects = properties['objects'] as unknown as readonly KubeObject[] | undefined;
  if (!objects) return properties;
  const changed = objects.map((object) => ({
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, changed: 'yes' } },
  }));
  return { ...properties, objects: changed as unknown as Json };
}

/** Waits until the statuses do not change for some seconds, or for the longest time of a stage. */
async function settled(cluster: PlaneCluster): Promise<void> {
  const until = performance.now() + stageMs;
  let last = '';
  let calm = 0;
  while (performance.now() < until) {
    const { items } = await cluster.client.list<Application>(applicationResource);
    const open = items.filter(
      ({ metadata, status }) =>
        !status || (status.observedGeneration !== metadata.generation && status.status === 'running'),
    );
    const now = JSON.stringify(items.map(({ status }) => [status?.status, status?.workflow?.steps?.length]));
    calm = open.length === 0 && now === last ? calm + 1 : 0;
    const isAllDone = items.every(({ status }) => status?.status === 'running');
    if (calm >= (isAllDone ? 1 : 4)) return;
    last = now;
    await sleep(8_000);
  }
}

async function phaseOf(cluster: PlaneCluster, { namespace, apps }: Case): Promise<string> {
  const phases = await Promise.all(
    apps.map(async ({ metadata }) => {
      const target = { name: metadata.name ?? '', namespace };
      const app = await cluster.client.get<Application>(applicationResource, target).catch(() => undefined);
      return app?.status?.status ?? 'refused';
    }),
  );
  return [...new Set(phases)].join(', ');
}

const ofFamily: readonly (string | undefined)[] = [
  'applications',
  'applicationrevisions',
  'resourcetrackers',
  'events',
];
const verbs: readonly string[] = ['create', 'update', 'patch', 'delete'];

/** Whether a controller of Applications wrote a delivered object. */
const isDelivery = ({ verb, userAgent = '', objectRef: of, responseStatus, requestURI = '' }: AuditEvent): boolean =>
  verbs.includes(verb) &&
  responseStatus.code < 400 &&
  !requestURI.includes('dryRun=') &&
  !ofFamily.includes(of?.resource) &&
  !/^workflow-.*-context$/.test(of?.name ?? '') &&
  !/^(kube-|kubelet|test|vela-core-audit)/.test(userAgent);

/** The embedded API shows which writes changed something; of a real one all are counted. */
async function writesSince(cluster: PlaneCluster, from: number): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const event of (await cluster.audit()).slice(from).filter(isDelivery)) {
    if (!cluster.isReal && event.annotations === undefined) continue;
    const { resource = '', namespace = '', name = '' } = event.objectRef ?? {};
    if (process.env['VERBOSE'])
      process.stderr.write(`  ${event.verb} ${resource} ${namespace}/${name} by ${event.userAgent ?? ''}\n`);
    counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  }
  return counts;
}

async function run(cluster: PlaneCluster, all: readonly Case[]): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map(all.map(({ name }) => [name, { phases: [] as string[], writes: [] as number[] }]));
  const stage = async (title: string, act: (one: Case) => Promise<void>): Promise<void> => {
    const from = (await cluster.audit()).length;
    for (const one of all) await act(one);
    await settled(cluster);
    const writes = await writesSince(cluster, from);
    for (const one of all) {
      outcomes.get(one.name)?.phases.push(await phaseOf(cluster, one));
      outcomes.get(one.name)?.writes.push(writes.get(one.namespace) ?? 0);
    }
    process.stderr.write(`${title}: done\n`);
  };
  await stage('created under KubeVela', (one) => create(cluster, one));
  await stage('moved to Flotilla', (one) => move(cluster, one, ours));
  await stage('changed there', (one) => change(cluster, one));
  await stage('moved back', (one) => move(cluster, one, 'master'));
  return outcomes;
}

function tableOf(outcomes: ReadonlyMap<string, Outcome>): string {
  const head = ['definition', 'case', 'under KubeVela', 'moved to Flotilla', 'writes', 'changed there', 'writes', 'moved back', 'writes']; // prettier-ignore
  const rows = [...outcomes].map(([name, { phases, writes }]) => {
    const [, kind = '', rest = ''] = /^def-([a-z]+)-(.*)$/.exec(name) ?? [undefined, '', name];
    const [definition, variant] = [rest.replace(/-[a-z0-9]+$/, ''), /[a-z0-9]+$/.exec(rest)?.[0] ?? ''];
    const pairs = phases.slice(1).flatMap((phase, i) => [phase, String(writes[i + 1] ?? 0)]);
    return [`${kind} ${definition}`, variant, phases[0] ?? '', ...pairs];
  });
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const heading = `# Definitions on a shard of each controller

Written by \`make definitions-beside\` ([testing.md](../design/testing.md)). KubeVela's controller delivers an Application; then the label
of its shard moves it to a shard of Flotilla, a component is changed there, and the label moves it back to KubeVela's. The phases are
those of the Application after each stage. The writes are those of both controllers that changed a delivered object in that stage.
Some cases fail under both controllers: they use a kind that Kubernetes does not serve any more (ingress), Terraform, an expression that
refers to nothing (apply-object, request), or wait for an Application that does not exist (depends-on-app).
`;

async function main(): Promise<void> {
  if (kubeVelaCore === '' || kubeVelaChart === '' || cases === '')
    throw new Error('KUBEVELA_CORE, KUBEVELA_CHART and CASES have to be set');
  const server = await answerRequests();
  const cluster = await startPlaneCluster();
  const master = new KubeVela(cluster, ['--enable-sharding', '--shard-id=master']);
  try {
    await installKubeVela(cluster, { sharded: true });
    await master.start();
    await cluster.must('install', '--shard-only', `--shard-id=${ours}`, '--rights=admin');
    const table = tableOf(await run(cluster, await readCases()));
    if (process.env['TABLE']) await writeFile(process.env['TABLE'], `${heading}\n${table}\n`);
    else process.stdout.write(`${table}\n`);
  } finally {
    server.close();
    await master.stop();
    await cluster.stop();
  }
}

await main();
