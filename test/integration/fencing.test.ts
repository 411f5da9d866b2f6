import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import { fenceRefusalOf } from '../../pkg/apis/fence.ts';
import { holderBinding, holderSubjects, roleBindings } from '../../pkg/apis/holder.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { annotations, labels, systemNamespace } from '../../pkg/apis/names.ts';
import { workflowRunResource } from '../../pkg/apis/workflow-run.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import type { Connection } from '../../pkg/client/connection.ts';
import { fixedCredentials } from '../../pkg/client/credentials.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { applicationFamilies } from '../../pkg/controllers/family/application.ts';
import { asOwner, fleetFieldManager } from '../../pkg/controllers/family/families.ts';
import { fieldManager } from '../../pkg/dispatch/field-manager.ts';
import { installSystem } from '../../pkg/install/install.ts';
import { renderSystem } from '../../pkg/install/render.ts';
import { uninstallSystem } from '../../pkg/install/uninstall.ts';
import { acknowledge, requestMove } from '../../pkg/scheduling/handover.ts';
import { ownershipOf } from '../../pkg/scheduling/ownership.ts';
import { deploymentResource, sampleApplication } from '../support/applications.ts';
import { podResource } from '../support/core-process.ts';
import { eventually } from '../support/fleet.ts';
import { startController, until } from '../support/live-controller.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const outside = ['Deployment', 'Service', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
const account = 'kubevela-vela-core';
const clients: ClosableKubeClient[] = [];
const dryRun = { dryRun: true, fieldManager };
const installation = { clock: systemClock, wait: false };
let api: TestApi;
let objects: readonly KubeObject[];
/** A person, and three pods of the fleet. */
let person: KubeClient;
let master: KubeClient;
let old: KubeClient;
let next: KubeClient;
let serial = 0;

function connect(connection: Connection): KubeClient {
  const [clock, random] = [systemClock, systemRandom];
  const client = newKubeClient(connection, { qps: 0, burst: 0, userAgent: 'test', clock, random });
  clients.push(client);
  return client;
}

/** The API as a pod of the fleet sees it: by a token that names the pod. */
async function asPod(connection: Connection, name: string): Promise<KubeClient> {
  const spec = { serviceAccountName: account, containers: [{ name: 'c', image: 'pause' }] };
  const metadata = { name, namespace: systemNamespace };
  const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
  const { uid } = (await person.create(podResource, pod)).metadata;
  const request = { spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } } };
  const path = `/api/v1/namespaces/${systemNamespace}/serviceaccounts/${account}/token`;
  const { status } = await person.raw<{ status: { token: string } }>('POST', path, request);
  const credentials = fixedCredentials({ authorization: `Bearer ${status.token}` });
  return connect({ ...connection, tls: { ...connection.tls, cert: undefined, key: undefined }, credentials });
}

/** Records a pod as the holder of a shard, and waits until the API server judges by that. */
async function hand(shard: string, pod: string, epoch = 1): Promise<void> {
  const name = shard === 'master' ? 'kubevela' : `kubevela-${shard}`;
  const subjects = holderSubjects(shard, `${pod}.pod`, epoch);
  const binding = holderBinding({ name, namespace: systemNamespace }, { [labels.shardId]: shard }, subjects);
  await person.apply(roleBindings, binding, { fieldManager: 'test', force: true });
  await eventually('the holder to be known', async () => {
    for (const subject of subjects) expect(await mayHold(subject)).toBe(true);
    for (const other of ['m', 'old', 'next'].filter((one) => one !== pod))
      expect(await mayHold(`${other}.pod.${shard}`)).toBe(false);
  });
}

async function mayHold(subject: string): Promise<boolean> {
  const user = `system:serviceaccount:${systemNamespace}:${subject}`;
  const resourceAttributes = { namespace: systemNamespace, verb: 'hold', group: 'flotilla.dev', resource: 'shards' };
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user, resourceAttributes },
  };
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  return (await person.raw<{ status: { allowed: boolean } }>('POST', path, review)).status.allowed;
}

/** `done`, or which fence refused. */
async function outcome(write: Promise<unknown>): Promise<string> {
  try {
    await write;
    return 'done';
  } catch (error) {
    const refusal = fenceRefusalOf(error);
    if (!refusal) throw error;
    return `${refusal.layer} ${refusal.kind}`;
  }
}

/** An Application of shard s, without a process that works on it. */
async function newApplication(metadata: object = {}): Promise<Application> {
  const app = sampleApplication(`fenced-${serial++}`, 'default');
  const own = { [labels.scheduledShardId]: 's' };
  return person.create(applicationResource, { ...app, metadata: { ...app.metadata, labels: own, ...metadata } });
}

const patch = (client: KubeClient, app: KubeObject, body: JsonObject, options = {}): Promise<KubeObject> => {
  const { name = '', namespace } = app.metadata;
  const asked = { fieldManager, ...options };
  return client.patch(applicationResource, { name, namespace }, { type: 'merge', body }, asked);
};
const patchStatus = (client: KubeClient, app: KubeObject, status: JsonObject): Promise<KubeObject> =>
  patch(client, app, { status }, { subresource: 'status' });
const note = (notes: JsonObject): JsonObject => ({ metadata: { annotations: notes } });

beforeAll(async () => {
  api = await startTestApi();
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  person = connect(connection);
  const templatesDir = join(packageRoot(), 'templates');
  const given = { sharding: { enabled: true } };
  objects = (await renderSystem(given, { templatesDir, version: '0.0.0' })).filter((o) => !outside.includes(o.kind));
  await installSystem(person, objects, installation, new AbortController().signal);
  [master, old, next] = [await asPod(connection, 'm'), await asPod(connection, 'old'), await asPod(connection, 'next')];
  await hand('master', 'm');
  // a new policy is seen within a second or so
  await eventually('the fences to judge', async () => {
    for (const kind of ['ResourceTracker', 'ConfigMap']) expect(await refusalOf(kind)).toBe('holder');
  });
}, 60_000);

/** Which fence refuses a pod that holds nothing, when it asks for a dry run. */
async function refusalOf(kind: string): Promise<string | undefined> {
  const own = { [labels.scheduledShardId]: 's', [labels.appName]: 'a', [labels.deliveredBy]: 's' };
  const metadata = { name: 'probe', labels: own };
  const write =
    kind === 'ConfigMap'
      ? next.create(configMaps, { apiVersion: 'v1', kind, metadata: { ...metadata, namespace: 'default' } }, dryRun)
      : next.create(resourceTrackerResource, { apiVersion: 'core.oam.dev/v1beta1', kind, metadata }, dryRun);
  return write.then(
    () => undefined,
    (error: unknown) => fenceRefusalOf(error)?.layer,
  );
}

beforeEach(async () => {
  await hand('s', 'old');
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await api.stop();
});

describe('the recorded holder decides', () => {
  test('only the owner writes to a family, whatever other writers believe', async () => {
    const app = await newApplication();
    const meta = { namespace: 'default', labels: { [labels.scheduledShardId]: 's' } };
    const revision = (name: string): KubeObject => ({
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ApplicationRevision',
      metadata: { ...meta, name },
      spec: { application: { ...app, metadata: { name: 'x' } } },
    });
    const tracker = (name: string): KubeObject => ({
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ResourceTracker',
      metadata: { name, labels: meta.labels },
      spec: { type: 'root', applicationGeneration: 0 },
    });
    const writes = (client: KubeClient, id: string): readonly Promise<unknown>[] => [
      patch(client, app, note({ x: id })),
      patchStatus(client, app, { status: id }),
      client.create(applicationRevisionResource, revision(`r-${app.metadata.name}-${id}`)),
      client.create(resourceTrackerResource, tracker(`t-${app.metadata.name}-${id}`)),
    ];
    const outcomes = (client: KubeClient, id: string): Promise<readonly string[]> =>
      Promise.all(writes(client, id).map(outcome));
    const refused = [
      'holder applications',
      'holder applications',
      'holder applicationrevisions',
      'holder resourcetrackers',
    ];
    expect(await outcomes(old, 'a')).toEqual(['done', 'done', 'done', 'done']);
    expect(await outcomes(next, 'b')).toEqual(refused);
    await hand('s', 'next');
    expect(await outcomes(next, 'c')).toEqual(['done', 'done', 'done', 'done']);
    expect(await outcomes(old, 'd')).toEqual(refused);
    expect(await outcomes(person, 'e')).toEqual(['done', 'done', 'done', 'done']);
    expect(await outcome(old.delete(resourceTrackerResource, { name: `t-${app.metadata.name}-c` }))).toBe(
      'holder resourcetrackers',
    );
  });

  test('of a WorkflowRun, its label and its status', async () => {
    const run = await person.create(workflowRunResource, {
      apiVersion: 'core.oam.dev/v1alpha1',
      kind: 'WorkflowRun',
      metadata: { name: `run-${serial++}`, namespace: 'default', labels: { [labels.scheduledShardId]: 's' } },
      spec: { workflowRef: 'w' },
    });
    const target = { name: run.metadata.name, namespace: 'default' };
    const status = (client: KubeClient, shardFence: string): Promise<string> => {
      const body = { status: { status: 'executing', shardFence } };
      const options = { fieldManager, subresource: 'status' };
      return outcome(client.patch(workflowRunResource, target, { type: 'merge', body }, options));
    };
    const relabel = (client: KubeClient): Promise<string> => {
      const body = { metadata: { labels: { [labels.scheduledShardId]: 't' } } };
      const options = { fieldManager: fleetFieldManager };
      return outcome(client.patch(workflowRunResource, target, { type: 'merge', body }, options));
    };
    expect(await status(next, '0.1')).toBe('holder workflowruns');
    expect(await status(old, '3.1')).toBe('done');
    expect(await status(old, '2.1')).toBe('family workflowruns');
    expect(await relabel(old)).toBe('holder workflowruns');
    expect(await relabel(master)).toBe('done');
  });

  test('and the refusal names object, shard and pod', async () => {
    const app = await newApplication();
    await expect(patchStatus(next, app, { status: 'x' })).rejects.toThrow(
      `shard fence (holder): applications "default/${app.metadata.name}" is for the holder of shard "s", and pod next is not`,
    );
  });

  test('nothing is written to what has no shard, or one that no process holds', async () => {
    const unknown = await newApplication({ labels: { [labels.scheduledShardId]: 'unheard' } });
    expect(await outcome(patch(next, unknown, note({ x: '1' })))).toBe('holder applications');
    const none = { apiVersion: 'core.oam.dev/v1beta1', kind: 'ResourceTracker', metadata: { name: 'of-no-shard' } };
    expect(await outcome(next.create(resourceTrackerResource, none, { dryRun: true }))).toBe('holder resourcetrackers');
  });

  test('the spec of an Application that another one delivers may be written by both, its status may not', async () => {
    const inner = await newApplication({ labels: { [labels.scheduledShardId]: 's', [labels.appName]: 'outer' } });
    expect(await outcome(patch(next, inner, note({ x: '1' })))).toBe('done');
    expect(await outcome(patchStatus(next, inner, { status: 'x' }))).toBe('holder applications');
  });

  test('of the master about what divides the work', async () => {
    const app = await newApplication();
    const relabel = (client: KubeClient, shard: string): Promise<string> =>
      outcome(
        patch(
          client,
          app,
          { metadata: { labels: { [labels.scheduledShardId]: shard } } },
          { fieldManager: fleetFieldManager },
        ),
      );
    expect(await relabel(old, 't')).toBe('holder applications');
    expect(await relabel(next, 't')).toBe('holder applications');
    expect(await relabel(master, 't')).toBe('done');
  });
});

test('a shard that acknowledged a move writes no more to the family, until it gets it back', async () => {
  const app = await newApplication();
  const asked = requestMove(ownershipOf(app), { id: 'm', to: 't', at: 0, reason: 'test' });
  if (!asked.ok) throw new Error(asked.problem);
  const requested = await applicationFamilies.writeOwnership(master, app, asked.ownership);
  expect(await outcome(patchStatus(old, app, { status: 'working' }))).toBe('done');
  const read = await old.get<Application>(applicationResource, { name: app.metadata.name ?? '', namespace: 'default' });
  const given = acknowledge(ownershipOf(requested), 's');
  if (!given.ok) throw new Error(given.problem);
  const acknowledged = await applicationFamilies.writeOwnership(asOwner(old), read, given.ownership);
  expect(await outcome(patchStatus(old, app, { status: 'late' }))).toBe('move applications');
  expect(await outcome(patch(old, app, note({ x: 'late' })))).toBe('move applications');
  expect(await outcome(patch(person, app, note({ x: 'anything' })))).toBe('done');
  const fresh = await master.get<Application>(applicationResource, {
    name: app.metadata.name ?? '',
    namespace: 'default',
  });
  await applicationFamilies.writeOwnership(master, fresh, { ...ownershipOf(acknowledged), move: undefined });
  expect(await outcome(patchStatus(old, app, { status: 'again' }))).toBe('done');
});

describe('what is older', () => {
  const { shardFence } = annotations;

  test.each([
    { stored: '0.3', given: '0.2', want: 'family applications' },
    { stored: '0.10', given: '0.9', want: 'family applications' },
    { stored: '1.2', given: '0.7', want: 'family applications' },
    { stored: '0.7', given: '1.2', want: 'done' },
    { stored: '0.3', given: '0.3', want: 'done' },
    { stored: 'nonsense', given: '0.1', want: 'done' },
  ])('than $stored is refused: $given is $want', async ({ stored, given, want }) => {
    const app = await newApplication({ annotations: { [shardFence]: stored } });
    await hand('s', 'old', Number(given.split('.')[1]));
    await patchStatus(person, app, { shardFence: stored });
    expect(await outcome(patch(old, app, note({ [shardFence]: given })))).toBe(want);
    expect(await outcome(patchStatus(old, app, { shardFence: given, status: 'x' }))).toBe(want);
    expect(await outcome(patch(person, app, note({ [shardFence]: '0.0' })))).toBe('done');
  });

  test('is refused for what was delivered, and what is stored can be read from the refusal', async () => {
    const name = `delivered-${serial++}`;
    const object = (fence: string, value: string, owner = 'app'): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        namespace: 'default',
        labels: { [labels.appName]: owner, [labels.appNamespace]: 'default', [labels.deliveredBy]: 's' },
        annotations: { [shardFence]: fence },
      },
      data: { value },
    });
    const apply = (client: KubeClient, one: KubeObject): Promise<KubeObject> =>
      client.apply(configMaps, one, { fieldManager, force: true });
    await hand('s', 'old', 3);
    await apply(old, object('0.3', 'first'));
    await hand('s', 'next', 4);
    await apply(next, object('0.4', 'second'));
    await hand('s', 'old', 3);
    const late = await apply(old, object('0.3', 'late')).catch((error: unknown) => fenceRefusalOf(error));
    expect(late).toEqual({ layer: 'delivered', kind: 'configmaps', stored: { family: 0, lease: 4 } });
    await hand('s', 'old', 5);
    expect(await outcome(apply(old, object('0.5', 'newer')))).toBe('done');
    expect(await outcome(apply(old, object('0.6', 'of another term')))).toBe('epoch configmaps');
    expect(await outcome(apply(person, object('0.1', 'by hand')))).toBe('done');
    await hand('s', 'old', 0);
    expect(await outcome(apply(old, object('0.0', 'of another', 'other')))).toBe('done');
  });
});

test('a failover writes no object, and the next owner what it is asked to', async () => {
  const app = await newApplication();
  const [name, namespace] = [app.metadata.name ?? '', 'default'];
  await hand('s', 'old', 3);
  const first = startController(old, { shard: 's', leaseEpoch: 3 });
  await until(async () => {
    const { status } = await person.get<Application>(applicationResource, { name, namespace });
    return status?.status === 'running' || JSON.stringify(status);
  });
  await first.stop();
  const versions = async (): Promise<readonly string[]> => {
    const labelSelector = `${labels.appName}=${name}`;
    const lists = await Promise.all(
      [applicationRevisionResource, resourceTrackerResource, deploymentResource].map((resource) =>
        person.list(resource, { labelSelector }),
      ),
    );
    const all = [...lists.flatMap(({ items }) => items), await person.get(applicationResource, { name, namespace })];
    return all.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`);
  };
  const before = await versions();
  expect(before.length).toBeGreaterThanOrEqual(4);
  await hand('s', 'next', 4);
  const second = startController(next, { shard: 's', leaseEpoch: 4 });
  await until(() => Promise.resolve(second.reconciled() > 0 || 'not reconciled'));
  expect(await versions()).toEqual(before);
  const replicas = { op: 'replace', path: '/spec/components/0/traits/0/properties/replicas', value: 2 };
  await person.patch(applicationResource, { name, namespace }, { type: 'json', body: [replicas] });
  await until(async () => {
    const live = await person.get(deploymentResource, { name: `${name}-web`, namespace });
    return live.metadata.annotations?.[annotations.shardFence] === '0.4' || JSON.stringify(live.metadata);
  });
  await second.stop();
}, 120_000);

test('uninstalling takes the policies away', async () => {
  const policies = await person.resourceFor('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy');
  const ours = async (): Promise<number> =>
    (await person.list(policies, {})).items.filter(({ metadata }) => metadata.name?.includes('-fence-')).length;
  expect(await ours()).toBeGreaterThanOrEqual(2);
  await uninstallSystem(person, objects, { ...installation, force: true }, new AbortController().signal);
  expect(await ours()).toBe(0);
}, 120_000);
