import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application } from '../../pkg/apis/application.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { createNamespace, deploymentResource, sampleApplication } from '../support/applications.ts';
import { eventually } from '../support/fleet.ts';
import type { PlaneCluster } from '../support/plane-cluster.ts';
import { changed } from './changes.ts';
import { application, expectDropped, live, namespace, textOf, whenPhase } from './expectations.ts';
import { putApplication } from './kubevela.ts';
import { startLeftBehind } from './left-behind.ts';
import { recordedObjects } from './recorded.ts';
import { allApplications, recordedApplication, Writes } from './writes.ts';

let cluster: PlaneCluster;
let writes: Writes;
/** The installation as KubeVela left it. */
let before: ReadonlyMap<string, KubeObject>;

const idOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name ?? ''}`;

async function objects(): Promise<ReadonlyMap<string, KubeObject>> {
  return new Map((await recordedObjects(cluster.client)).map((object) => [idOf(object), object]));
}

/** Of the two Applications that share an object the one that may change it: the first to deliver it. */
function ownerOfShared(): string | undefined {
  const { annotations } = before.get(`ConfigMap ${namespace}/notice`)?.metadata ?? {};
  return annotations?.['app.oam.dev/shared-by']?.split(',')[0]?.split('/')[1];
}

beforeAll(async () => {
  cluster = await startLeftBehind();
  writes = new Writes(cluster, namespace);
  before = await objects();
  await writes.mark();
}, 600_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

/** What the Applications deliver, their revisions and their trackers. */
const isFamily = ({ kind, metadata }: KubeObject): boolean =>
  kind === 'ResourceTracker' || (metadata.namespace === namespace && !['Application', 'Pod'].includes(kind));

describe('Flotilla over an installation that KubeVela has left', () => {
  test('vela system diagnose finds nothing that would be written, and writes nothing', async () => {
    const said = await cluster.must('system', 'diagnose');
    expect(said).toMatch(/7 Applications, 16 delivered objects compared/);
    expect(said).toContain('0 delivered objects would be written; 0 findings to repair before an installation');
    expect(said).toMatch(/NOTE +ComponentDefinition worker +was not made by Flotilla, and stays as it is/);
    expect(said).toMatch(/NOTE +ClusterRoleBinding kubevela-vela-core:manager-rolebinding +gives the account/);
    expect(await writes.delivered()).toEqual([]);
  }, 60_000);

  test('vela install keeps definitions, whatever webhooks of the stopped controller refuse', async () => {
    const target = { name: 'kubevela-vela-core', namespace: systemNamespace };
    await cluster.client.patch(deploymentResource, target, { type: 'merge', body: { spec: { replicas: 0 } } });
    const said = await cluster.must('install');
    const now = await objects();
    const definitions = [...before.values()].filter(
      ({ kind }) => kind.endsWith('Definition') && kind !== 'CustomResourceDefinition',
    );
    const kept = definitions.filter(({ metadata }) => said.includes(`/${metadata.name ?? ''} kept: `));
    // the chart of KubeVela has definitions that Flotilla does not
    expect(kept.length).toBeGreaterThanOrEqual(18);
    expect(said).toContain(`${kept.length} definitions are not Flotilla`);
    for (const definition of definitions) expect(now.get(idOf(definition))?.['spec']).toEqual(definition['spec']);
  }, 180_000);

  test('no delivered object, revision or tracker is written, and no workflow runs again', async () => {
    await eventually('each family to be read', async () => {
      const audit = await cluster.audit();
      for (const { metadata } of await allApplications()) {
        const selector = `app.oam.dev%2Fname%3D${metadata.name ?? ''}%2C`;
        const isRead = audit.some(
          ({ verb, objectRef, requestURI = '' }) =>
            verb === 'list' && objectRef?.resource === 'resourcetrackers' && requestURI.includes(selector),
        );
        if (!isRead) throw new Error(`${metadata.name ?? ''} was not reconciled`);
      }
    });
    // what comes after the others in the queue
    await createNamespace(cluster.client, 'later');
    await cluster.client.create(applicationResource, sampleApplication('later', 'later'));
    await eventually('another Application to run', async () => {
      const { status } = await cluster.client.get<Application>(applicationResource, {
        name: 'later',
        namespace: 'later',
      });
      expect(status?.status).toBe('running');
    });
    const now = await objects();
    for (const object of [...before.values()].filter(isFamily)) expect(now.get(idOf(object))).toEqual(object);
    expect(await writes.delivered()).toEqual([]);
    const family = (all: ReadonlyMap<string, KubeObject>): string[] =>
      [...all.values()].filter(isFamily).map(idOf).sort();
    expect(family(now).filter((id) => !id.includes('later'))).toEqual(family(before));
    for (const { metadata } of await allApplications()) {
      const { status } = await application(cluster, metadata.name ?? '');
      const was = before.get(`Application ${namespace}/${metadata.name ?? ''}`) as Application | undefined;
      expect(status?.workflow).toEqual(was?.status?.workflow);
      expect(status?.status).toBe(was?.status?.status);
      expect(status?.latestRevision).toEqual(was?.status?.latestRevision);
    }
  }, 120_000);

  test('a workflow that waited goes on where it was', async () => {
    await writes.mark();
    await cluster.must('workflow', 'resume', 'gate', '-n', namespace);
    const { status } = await whenPhase(cluster, 'gate', 'running');
    expect(status?.workflow?.steps?.map(({ phase }) => phase)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(await writes.changed()).toEqual(['patch configmaps green']);
  }, 60_000);

  test.each([
    { name: 'shop', want: ['patch deployments back', 'patch deployments front', 'patch services front'] },
    { name: 'settings', want: ['patch configmaps limits', 'patch secrets access'] },
    { name: 'left', want: ['patch configmaps left-only'] },
    { name: 'right', want: [] },
    {
      name: 'ledger',
      want: ['patch configmaps archive', 'patch deployments ledger', 'patch ingresses ledger', 'patch services ledger'],
    },
    { name: 'pipeline', want: ['patch configmaps store', 'patch deployments client'] },
  ])(
    'the next change of $name writes what changed and nothing else',
    async ({ name, want }) => {
      const app = await recordedApplication(name);
      await writes.mark();
      await putApplication(cluster.client, changed(app));
      await whenPhase(cluster, name, 'running');
      const shared = ownerOfShared() === name ? ['patch configmaps notice'] : [];
      expect(await writes.changed()).toEqual([...want, ...shared]);
      expect(await writes.of('applicationrevisions')).toContain(`create applicationrevisions ${name}-v2`);
    },
    60_000,
  );

  test('the next change of a workflow with a gate stops before the gate', async () => {
    const app = await recordedApplication('gate');
    await writes.mark();
    await putApplication(cluster.client, changed(app));
    await whenPhase(cluster, 'gate', 'workflowSuspending');
    expect(await writes.changed()).toEqual(['patch configmaps blue']);
    await cluster.must('workflow', 'resume', 'gate', '-n', namespace);
    await whenPhase(cluster, 'gate', 'running');
  }, 60_000);

  test('every field that an Application has dropped is gone, and what others own stays', async () => {
    await expectDropped(cluster);
    // records of KubeVela's controller that Flotilla does not keep
    const front = await live(cluster, 'apps/v1', 'Deployment', 'front');
    expect(textOf(front)).not.toContain('last-applied-time');
  }, 30_000);

  test('vela system diagnose finds nothing to write afterwards', async () => {
    expect(await cluster.must('system', 'diagnose')).toContain(
      '0 delivered objects would be written; 0 findings to repair before an installation',
    );
  }, 60_000);

  test('deleting the Applications leaves what their policies keep, and nothing else', async () => {
    for (const { metadata } of await allApplications())
      await cluster.must('delete', metadata.name ?? '', '-n', namespace);
    const left = [...(await objects()).values()].filter(
      (object) =>
        object.metadata.namespace === namespace ||
        (object.kind === 'ResourceTracker' && !idOf(object).includes('later')),
    );
    expect(left.map(idOf)).toEqual(['ConfigMap market/archive']);
  }, 120_000);
});
