import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../cmd/vela/cli.ts';
import { applicationKind, applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionKind, applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import { customResourceDefinition } from '../../pkg/apis/custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { resourceTrackerKind, resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { createNamespace } from '../support/applications.ts';
import { eventually, runCommand } from '../support/fleet.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';
import { runVela, textIo } from '../support/vela.ts';
import type { Ended } from '../support/vela.ts';

const resource = (group: string, kind: string, plural: string, namespaced = true): Resource => ({
  group,
  version: 'v1',
  kind,
  plural,
  namespaced,
});
const crdResource = resource('apiextensions.k8s.io', 'CustomResourceDefinition', 'customresourcedefinitions', false);
const serviceResource = resource('', 'Service', 'services');
const leaseResource = resource('coordination.k8s.io', 'Lease', 'leases');

const namespace = 'cli';
let api: TestApi;
let client: ClosableKubeClient;
let folder: string;

const vela = (...args: readonly string[]): Promise<Ended> => runVela(args, { env: { KUBECONFIG: api.kubeconfig } });

const webLabels = { 'app.oam.dev/name': 'web', 'app.oam.dev/namespace': namespace };

const application = (name: string, image = 'nginx', more: object = {}): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name, namespace },
  spec: { components: [{ name: 'front', type: 'webservice', properties: { image } }], ...more },
});

const revision = (number: number, image: string): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'ApplicationRevision',
  metadata: { name: `web-v${number}`, namespace, labels: webLabels },
  spec: { application: application('web', image), traitDefinitions: { scaler: { kind: 'TraitDefinition' } } },
});

async function setStatus(name: string, status: object): Promise<void> {
  const body = { status: { observedGeneration: 1, ...status } } as never;
  await client.patch(applicationResource, { name, namespace }, { type: 'merge', body }, { subresource: 'status' });
}

beforeAll(async () => {
  api = await startTestApi();
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  const options = { qps: 1000, burst: 2000, userAgent: 'test', clock: systemClock, random: systemRandom };
  client = newKubeClient(connection, options);
  for (const kind of [applicationKind, applicationRevisionKind, resourceTrackerKind])
    await client.create(crdResource, customResourceDefinition(kind) as KubeObject);
  for (const name of [systemNamespace, namespace]) await createNamespace(client, name);
  await eventually('the kinds to be served', async () => {
    for (const one of [applicationResource, applicationRevisionResource, resourceTrackerResource])
      await client.list(one);
  });
  await client.create(applicationResource, application('web'));
  await client.create(applicationRevisionResource, revision(1, 'nginx:1'));
  await client.create(applicationRevisionResource, revision(2, 'nginx:2'));
  await client.create(applicationRevisionResource, revision(10, 'nginx:2'));
  const labels = { ...webLabels, 'app.oam.dev/component': 'front' };
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'front', namespace, labels } };
  await client.create(serviceResource, { ...service, spec: { ports: [{ port: 80 }], selector: { a: 'b' } } });
  await client.create(resourceTrackerResource, {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'ResourceTracker',
    metadata: { name: 'web-v1-cli', labels: webLabels },
    spec: {
      type: 'versioned',
      applicationGeneration: 1,
      managedResources: [
        { apiVersion: 'v1', kind: 'Service', name: 'front', namespace },
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', namespace },
      ],
    },
  });
}, 60_000);

afterAll(async () => {
  await client.close();
  await api.stop();
  await rm(folder, { recursive: true });
}, 30_000);

test('revisions are listed in order, compared, and give their definitions', async () => {
  const { stdout } = await vela('revision', 'list', 'web', '-n', namespace);
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/)[0]),
  ).toEqual(['NAME', 'web-v1', 'web-v2', 'web-v10']);
  const compared = await vela('revision', 'diff', 'web-v2', '-n', namespace);
  expect(compared.stdout).toMatch(/^--- web-v1\n\+\+\+ web-v2\n[^]*-\s+image: nginx:1\n\+\s+image: nginx:2\n/);
  expect((await vela('revision', 'diff', 'web-v10', 'web-v2', '-n', namespace)).stdout).toContain('are equal');
  expect((await vela('revision', 'get', 'web-v1', '-n', namespace, '-d', 'trait/scaler')).stdout).toContain(
    'TraitDefinition',
  );
  expect(await vela('revision', 'get', 'web-v1', '-n', namespace, '-d', 'trait/x')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('it holds trait/scaler'),
  });
  expect(await vela('revision', 'list', 'nothing', '-n', namespace)).toMatchObject({ code: 3 });
}, 30_000);

test('status shows the resources as a tree, and the endpoints', async () => {
  const tree = (await vela('status', 'web', '-n', namespace, '--tree')).stdout;
  expect(tree).toMatch(/local +─── +cli +─┬─ +ConfigMap\/gone +not-deployed\n +└─ +Service\/front +updated\n/);
  const endpoints = (await vela('status', 'web', '-n', namespace, '--endpoint')).stdout;
  expect(endpoints).toMatch(/local +front +Service\/cli\/front +front\.cli:80 +true\n/);
  expect((await vela('status', 'web', '-n', namespace, '--pod')).stdout).toMatch(/^CLUSTER +COMPONENT +POD NAME/);
}, 30_000);

test('top counts the phases, and follows changes until it is stopped', async () => {
  const { code, stdout } = await vela('top');
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^SHARD .*\n[^]*\n1 Applications?: 1 /) });
  const stopping = new AbortController();
  const env = { KUBECONFIG: api.kubeconfig };
  const io = textIo({ env, clock: systemClock, signal: stopping.signal });
  const printed = io.stdout;
  const watching = runCli(io, ['top', '--watch']);
  await eventually('the first state', () => {
    expect(printed.text).toContain('1 Application');
    return Promise.resolve();
  });
  await client.create(applicationResource, application('late'));
  await eventually('the next state', () => {
    expect(printed.text).toContain('2 Applications');
    return Promise.resolve();
  });
  stopping.abort();
  await watching;
  await client.delete(applicationResource, { name: 'late', namespace });
}, 60_000);

test('names alone are printed as kubectl prints them', async () => {
  expect(await vela('ls', '-n', namespace, '-o', 'name')).toEqual({
    code: 0,
    stdout: 'application.core.oam.dev/web\n',
    stderr: '',
  });
}, 30_000);

describe('vela up', () => {
  const fileWith = async (object: KubeObject): Promise<string> => {
    const file = join(folder, `${object.metadata.name}.yaml`);
    await writeFile(file, JSON.stringify(object));
    return file;
  };

  test('reads standard input', async () => {
    const object = application('piped');
    const env = { ...process.env, KUBECONFIG: api.kubeconfig };
    const command = join(packageRoot(), 'bin/vela');
    const { code, stdout } = await runCommand(command, ['up', '-f', '-', '--wait=false'], {
      env,
      stdin: JSON.stringify(object),
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Application cli/piped created\n' });
  }, 60_000);

  test('ends at a failure that lasts, before its timeout', async () => {
    const object = application('broken');
    await client.create(applicationResource, object);
    const message = 'component "front" uses unknown trait "scalr"';
    const lastTransitionTime = '2026-01-01T00:00:00Z';
    const condition = { type: 'Parsed', status: 'False', reason: 'ReconcileError', message, lastTransitionTime };
    await setStatus('broken', { status: 'rendering', conditions: [condition] });
    const { code, stderr } = await vela('up', '-f', await fileWith(object));
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: `Error: application cli/broken failed: rendering (${message})\nHint: vela status broken -n cli\n`,
    });
  }, 60_000);

  test('names the command that resumes a suspended workflow, and does not wait for it', async () => {
    const object = application('held');
    await client.create(applicationResource, object);
    const workflow = { mode: 'StepByStep', suspend: true, finished: false, terminated: false };
    await setStatus('held', { status: 'workflowSuspending', workflow });
    const { code, stdout } = await vela('up', '-f', await fileWith(object));
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('the workflow is suspended; vela workflow resume held -n cli\n'),
    });
  }, 60_000);

  test('warns of a shard where none is known, and refuses one that does not exist', async () => {
    const flags = ['--shard-id', 'shard-9', '--wait=false'];
    const file = await fileWith(application('placed'));
    expect(await vela('up', '-f', file, ...flags)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^Warning: .*shard-9/),
    });
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', spec: { holderIdentity: 'x' } };
    await client.create(leaseResource, {
      ...lease,
      metadata: { name: 'kubevela-shard-0', namespace: systemNamespace },
    });
    await client.delete(applicationResource, { name: 'placed', namespace });
    expect(await vela('up', '-f', file, ...flags)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('shard shard-9 does not exist; did you mean "shard-0"'),
    });
  }, 60_000);

  test('warns of keys that are given twice', async () => {
    const file = join(folder, 'twice.yaml');
    const spec = 'spec: {components: []}\n';
    await writeFile(
      file,
      `apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: twice, namespace: cli}\n${spec}${spec}`,
    );
    const { code, stderr } = await vela('up', '-f', file, '--wait=false');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('duplicated mapping key') });
  }, 60_000);
});

describe('a command that cannot succeed says why', () => {
  test.each<{ args: readonly string[]; code: number; says: RegExp }>([
    { args: ['status', 'nothing', '-n', namespace], code: 3, says: /applications.*"nothing" not found/ },
    { args: ['delete', 'nothing', '-n', namespace], code: 3, says: /nothing was deleted: no such Application/ },
    {
      args: ['workflow', 'resume', 'nothing', '-n', namespace],
      code: 3,
      says: /no Application and no WorkflowRun cli\/nothing/,
    },
    { args: ['addon', 'status', 'vela-core-shard-manger'], code: 3, says: /did you mean "vela-core-shard-manager"/ },
    { args: ['addon', 'disable', 'nothing'], code: 1, says: /addon nothing is not enabled/ },
    { args: ['addon', 'registry', 'get', 'nothing'], code: 1, says: /registry "nothing" does not exist; known: none/ },
    { args: ['addon', 'registry', 'add', 'x'], code: 2, says: /--endpoint is missing/ },
    { args: ['addon', 'enable', './nothing/'], code: 1, says: /metadata.yaml is missing/ },
    {
      args: ['def', 'vet', '/nonexistent.cue'],
      code: 1,
      says: /cannot read \/nonexistent.cue: no such file or folder/,
    },
    { args: ['ls', '--kubeconfig', '/nonexistent'], code: 1, says: /nonexistent/ },
    { args: ['ls', '--context', 'nowhere'], code: 1, says: /nowhere/ },
  ])(
    '$args',
    async ({ args, code, says }) => {
      const ended = await vela(...args);
      expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code, stderr: expect.stringMatching(says) });
      expect(ended.stderr).toMatch(/Error: /);
      expect(ended.stderr).not.toMatch(/\n\s+at /);
    },
    30_000,
  );
});
