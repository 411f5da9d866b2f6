import { beforeEach, describe, expect, test } from '@jest/globals';
import { gunzipSync, gzipSync } from 'node:zlib';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import type { JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { beginRelease, latestRelease, releaseHistory, removeReleases } from './record.ts';
import type { ReleaseStatus } from './record.ts';

const secrets: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
const namespace = 'vela-system';
const { signal } = new AbortController();
let cluster: FakeCluster;
let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock(Date.UTC(2026, 0, 1));
  cluster = new FakeCluster({ resources: [secrets], now: () => clock.now() });
});

const place = () => ({ client: cluster.client(), namespace, signal });
const objects: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'x' } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace } },
];
const begin = (values: JsonObject, version = '1.0.0') =>
  beginRelease(place(), { values, version, appVersion: '1.10.0', objects, clock });

async function install(
  values: JsonObject,
  status: 'deployed' | 'failed' = 'deployed',
  version?: string,
): Promise<void> {
  const release = await begin(values, version);
  await release?.end(status, status === 'deployed' ? 'Install complete' : 'no rights');
}

const history = async (): Promise<readonly (readonly [number, ReleaseStatus])[]> =>
  (await releaseHistory(place())).map(({ revision, status }) => [revision, status]);

/** The release as Helm reads it. */
function helmRelease(revision: number): JsonObject {
  const { data } = cluster.get(secrets, {
    name: `sh.helm.release.v1.kubevela.v${revision}`,
    namespace,
  }) as KubeObject & { data: { release: string } };
  return JSON.parse(
    gunzipSync(Buffer.from(Buffer.from(data.release, 'base64').toString(), 'base64')).toString(),
  ) as JsonObject;
}

describe('the record of an installation', () => {
  test('is none at first', async () => {
    expect(await latestRelease(place())).toBeUndefined();
  });

  test('is pending until its objects are applied', async () => {
    const release = await begin({ replicaCount: 2 });
    expect(await latestRelease(place())).toMatchObject({
      revision: 1,
      status: 'pending-install',
      values: { replicaCount: 2 },
    });
    await release?.end('deployed', 'Install complete');
    expect(await latestRelease(place())).toMatchObject({
      revision: 1,
      status: 'deployed',
      description: 'Install complete',
      chart: { name: 'vela-core', version: '1.0.0', appVersion: '1.10.0' },
    });
  });

  test('has one deployed revision, the newest', async () => {
    await install({ a: 1 });
    await install({ a: 2 });
    await install({ a: 3 });
    expect(await history()).toEqual([
      [3, 'deployed'],
      [2, 'superseded'],
      [1, 'superseded'],
    ]);
  });

  test('keeps the deployed revision where the next one fails, and begins anew after it', async () => {
    await install({ a: 1 });
    await install({ a: 2 }, 'failed');
    expect(await history()).toEqual([
      [2, 'failed'],
      [1, 'deployed'],
    ]);
    await install({ a: 2 });
    expect(await history()).toEqual([
      [3, 'deployed'],
      [2, 'failed'],
      [1, 'superseded'],
    ]);
  });

  test('is not written again for the same version, values and objects', async () => {
    await install({ a: 1 });
    const { version } = cluster;
    expect(await begin({ a: 1 })).toBeUndefined();
    expect(cluster.version).toBe(version);
    expect(await begin({ a: 1 }, '1.0.1')).toMatchObject({ revision: 2 });
  });

  test('is written again after a failure, although nothing differs', async () => {
    await install({ a: 1 }, 'failed');
    expect(await begin({ a: 1 })).toMatchObject({ revision: 2 });
  });

  test('keeps the time of the first revision', async () => {
    await install({ a: 1 });
    await clock.advance(60_000);
    await install({ a: 2 });
    expect(await latestRelease(place())).toMatchObject({
      firstDeployed: '2026-01-01T00:00:00.000Z',
      lastDeployed: '2026-01-01T00:01:00.000Z',
    });
  });

  test('holds ten revisions', async () => {
    for (let a = 1; a <= 13; a += 1) await install({ a });
    expect((await history()).map(([revision]) => revision)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
  });

  test("is Helm's: a Secret with its labels, and a manifest without CRDs and namespaces", async () => {
    await install({ a: 1 });
    const { metadata, type } = cluster.get(secrets, {
      name: 'sh.helm.release.v1.kubevela.v1',
      namespace,
    }) as KubeObject & { type: string };
    expect({ labels: metadata.labels, type }).toEqual({
      labels: { name: 'kubevela', owner: 'helm', status: 'deployed', version: '1' },
      type: 'helm.sh/release.v1',
    });
    expect(helmRelease(1)).toMatchObject({
      name: 'kubevela',
      namespace,
      version: 1,
      info: { status: 'deployed' },
      config: { a: 1 },
      manifest: '---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  namespace: vela-system\n',
    });
  });

  test('of another chart is read, with its default values', async () => {
    const release = {
      version: 4,
      info: { status: 'deployed', first_deployed: 'a', last_deployed: 'b', description: 'd' },
      chart: {
        metadata: { name: 'vela-core', version: '1.9.0', appVersion: '1.9.0' },
        values: { image: { repository: 'oamdev/vela-core' } },
      },
      manifest: '',
    };
    const packed = gzipSync(JSON.stringify(release)).toString('base64');
    put('sh.helm.release.v1.kubevela.v4', Buffer.from(packed).toString('base64'));
    expect(await latestRelease(place())).toMatchObject({
      revision: 4,
      chart: { version: '1.9.0' },
      chartValues: { image: { repository: 'oamdev/vela-core' } },
    });
  });

  test.each(['', 'x', Buffer.from('no gzip').toString('base64')])(
    'that cannot be read counts as none: %j',
    async (release) => {
      put('broken', release);
      expect(await releaseHistory(place())).toEqual([]);
    },
  );

  test('is removed with the installation; Secrets of others stay', async () => {
    await install({ a: 1 });
    await install({ a: 2 });
    cluster.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'other', namespace } });
    await removeReleases(place());
    expect(cluster.all().map(({ metadata }) => metadata.name)).toEqual(['other']);
  });
});

function put(name: string, release: string): void {
  cluster.create(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: { owner: 'helm', name: 'kubevela' } },
    data: { release },
  });
}
