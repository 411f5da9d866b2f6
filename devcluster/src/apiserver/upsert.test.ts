import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock, systemRandom } from '../../../machinery/src/clock/system.ts';
import { silentLogger } from '../../../machinery/src/logging/logger.ts';
import { credentialsIn, RawApi } from '../../../test/support/raw-api.ts';
import type { RawAnswer } from '../../../test/support/raw-api.ts';
import { startDevCluster } from '../dev-cluster.ts';
import type { DevCluster } from '../dev-cluster.ts';

let cluster: DevCluster;
let api: RawApi;
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const configMaps = '/api/v1/namespaces/default/configmaps';
const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';

beforeAll(async () => {
  cluster = await startDevCluster({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger(),
    hasControllers: false,
  });
  api = new RawApi(credentialsIn(cluster.kubeconfig()));
  await grant('writer', ['get', 'update', 'patch']);
  await grant('creator', ['create', 'get', 'update', 'patch']);
}, 30_000);

afterAll(async () => {
  await api.close();
  await cluster.stop();
});

async function grant(user: string, verbs: readonly string[]): Promise<void> {
  const rules = [
    { apiGroups: [''], resources: ['configmaps'], verbs },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs },
  ];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user };
  await api.send('POST', `${roles}/roles`, { metadata: { name: user }, rules });
  await api.send('POST', `${roles}/rolebindings`, {
    metadata: { name: user },
    roleRef,
    subjects: [{ kind: 'User', name: user }],
  });
}

const as = (user: string): Record<string, string> => ({ 'impersonate-user': user });
const lease = (name: string, metadata = {}): object => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, ...metadata },
  spec: { holderIdentity: 'a' },
});

function apply(user: string, name: string): Promise<RawAnswer> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { k: 'v' } };
  const headers = { ...as(user), 'content-type': 'application/apply-patch+yaml' };
  return api.send('PATCH', `${configMaps}/${name}?fieldManager=m`, body, headers);
}

test('an apply creates only for a user that may create', async () => {
  const refused = await apply('writer', 'applied');
  expect(refused.code).toBe(403);
  expect(refused.json).toMatchObject({
    message:
      'configmaps "applied" is forbidden: User "writer" cannot create resource "configmaps" in API group "" in the namespace "default"',
  });
  expect((await api.send('GET', `${configMaps}/applied`)).code).toBe(404);
  expect((await apply('creator', 'applied')).code).toBe(201);
  expect((await apply('writer', 'applied')).code).toBe(200);
});

test('an update creates only for a user that may create', async () => {
  expect((await api.send('PUT', `${leases}/put`, lease('put'), as('writer'))).code).toBe(403);
  expect((await api.send('PUT', `${leases}/put`, lease('put'), as('creator'))).code).toBe(201);
});

test('an update that names the uid of an object that is gone is a conflict', async () => {
  const made = (await api.send('POST', leases, lease('gone'))).json as { metadata: { uid: string } };
  await api.send('DELETE', `${leases}/gone`);
  const { code, json } = await api.send('PUT', `${leases}/gone`, made);
  expect(code).toBe(409);
  expect(json).toMatchObject({ reason: 'Conflict' });
  expect((await api.send('GET', `${leases}/gone`)).code).toBe(404);
});
