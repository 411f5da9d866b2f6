import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock, systemRandom } from '../../../machinery/src/clock/system.ts';
import { silentLogger } from '../../../machinery/src/logging/logger.ts';
import { credentialsIn, RawApi } from '../../../test/support/raw-api.ts';
import { startDevCluster } from '../dev-cluster.ts';
import type { DevCluster } from '../dev-cluster.ts';

let cluster: DevCluster;
let api: RawApi;
let serial = 0;
const configMaps = '/api/v1/namespaces/default/configmaps';

beforeAll(async () => {
  cluster = await startDevCluster({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger(),
    hasControllers: false,
  });
  api = new RawApi(credentialsIn(cluster.kubeconfig()));
}, 30_000);

afterAll(async () => {
  await api.close();
  await cluster.stop();
});

async function made(metadata = {}): Promise<string> {
  const path = `${configMaps}/answer-${serial++}`;
  await api.send('POST', configMaps, { metadata: { name: path.split('/').at(-1), ...metadata } });
  return path;
}

const patch = (path: string, body: object, type = 'merge'): ReturnType<RawApi['send']> =>
  api.send('PATCH', path, body, { 'content-type': `application/${type}-patch+json` });

test('a deletion takes its options from the body alone where it has one', async () => {
  const path = await made();
  expect((await api.send('DELETE', `${path}?dryRun=All`, { kind: 'DeleteOptions', apiVersion: 'v1' })).code).toBe(200);
  expect((await api.send('GET', path)).code).toBe(404);
});

test('options of a deletion that cannot be read are refused whether or not the object exists', async () => {
  const { code, json } = await api.send('DELETE', `${configMaps}/none`, { gracePeriodSeconds: 'x' });
  expect(code).toBe(400);
  expect(json).toMatchObject({
    message: 'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
  });
  const odd = await api.send('DELETE', configMaps, { propagationPolicy: 'Odd' });
  expect(odd.code).toBe(422);
});

test('a deletion with a grace period that is no number is refused', async () => {
  const path = await made();
  const { code, json } = await api.send('DELETE', `${path}?gracePeriodSeconds=x`);
  expect(code).toBe(400);
  expect(json).toMatchObject({ message: 'strconv.ParseInt: parsing "x": invalid syntax' });
  expect((await api.send('GET', path)).code).toBe(200);
});

test('a deletion that is to wait for dependents is accepted', async () => {
  const path = await made({ finalizers: ['example.com/f'] });
  expect((await api.send('DELETE', path, { orphanDependents: false })).code).toBe(202);
});

test('an owner that stands twice is stored once, with a warning', async () => {
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u-1' };
  const metadata = { name: 'owned', ownerReferences: [owner, owner, { ...owner, uid: 'u-2' }] };
  const { json, headers } = await api.send('POST', configMaps, { metadata });
  expect(json).toMatchObject({ metadata: { ownerReferences: [owner, { ...owner, uid: 'u-2' }] } });
  expect(headers.warning).toContain('duplicate UID(s) observed: u-1');
});

test('finalizers of built-in kinds are qualified names', async () => {
  const { code, json } = await patch(await made(), { metadata: { finalizers: ['mine'] } });
  expect(code).toBe(422);
  expect(json).toMatchObject({ details: { causes: [{ field: 'metadata.finalizers[0]' }] } });
});

test.each([
  ['labelSelector=a%20in%20(1', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['labelSelector=%3Da', "found '=', expected: !, identifier, or 'end of string'"],
  ['labelSelector=a%3Db%20c', "found 'c', expected: ',' or 'end of string'"],
  ['limit=x', 'strconv.ParseInt: parsing "x": invalid syntax'],
  ['continue=%21', 'invalid continue token: continue key is not valid: illegal base64 data at input byte 0'],
])('a list with ?%s is refused', async (query, message) => {
  const { code, json } = await api.send('GET', `${configMaps}?${query}`);
  expect(code).toBe(400);
  expect(json).toMatchObject({ message });
});

test('a list with limit=0 holds everything', async () => {
  await made();
  await made();
  const { json } = await api.send('GET', `${configMaps}?limit=0`);
  const { items, metadata } = json as { items: unknown[]; metadata: { continue?: string } };
  expect(items.length).toBeGreaterThan(1);
  expect(metadata.continue).toBeUndefined();
});

test('a resourceVersion that is no number is an error of the server, as kube-apiserver has it', async () => {
  const path = await made();
  expect((await api.send('GET', `${path}?resourceVersion=x`)).code).toBe(500);
  expect((await patch(path, { metadata: { resourceVersion: 'x' } })).code).toBe(500);
});

test('an unknown media type has another refusal than an unknown view', async () => {
  const path = await made();
  const text = await api.send('GET', path, undefined, { accept: 'text/plain' });
  expect(text.json).toMatchObject({ code: 406, message: expect.stringMatching(/^406: Not Acceptable\n\nAvailable/) });
  const odd = await api.send('GET', path, undefined, { accept: 'application/json;as=Odd;v=v1;g=meta.k8s.io' });
  expect(odd.json).toMatchObject({ code: 406, message: expect.stringMatching(/^only the following media types/) });
});

test('lists that must be there are null when they are empty, and owned as such', async () => {
  const limitRanges = '/api/v1/namespaces/default/limitranges';
  const { json } = await api.send('POST', limitRanges, { metadata: { name: 'l' }, spec: { limits: [] } });
  expect(json).toMatchObject({ spec: { limits: null } });
});

test('containers belong to their writer one by one, and their list to no writer', async () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const spec = { selector: { matchLabels: { a: 'b' } }, template };
  const { json } = await api.send('POST', '/apis/apps/v1/namespaces/default/deployments', {
    metadata: { name: 'd' },
    spec,
  });
  const [entry] = (json as { metadata: { managedFields: { fieldsV1: object }[] } }).metadata.managedFields;
  const containers = (entry?.fieldsV1 as { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': object } } } })[
    'f:spec'
  ]['f:template']['f:spec']['f:containers'];
  expect(Object.keys(containers)).toEqual(['k:{"name":"c"}']);
});

test('an apply of a scale conflicts with the owner of the replicas, and takes them over by force', async () => {
  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const spec = { replicas: 0, selector: { matchLabels: { a: 'b' } }, template };
  await api.send('POST', `${deployments}?fieldManager=maker`, { metadata: { name: 'scaled' }, spec });
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'scaled' }, spec: { replicas: 2 } };
  const headers = { 'content-type': 'application/apply-patch+yaml' };
  const path = `${deployments}/scaled/scale?fieldManager=scaler`;
  const refused = await api.send('PATCH', path, scale, headers);
  expect(refused.json).toMatchObject({
    code: 409,
    details: { causes: [{ field: '.spec.replicas', message: 'conflict with "maker" using autoscaling/v1' }] },
  });
  const other = { ...scale, metadata: { ...scale.metadata, uid: 'other' } };
  const replaced = await api.send('PUT', `${deployments}/scaled/scale`, other);
  expect(replaced.json).toMatchObject({ code: 409, reason: 'Conflict' });
  expect((await api.send('PATCH', `${path}&force=true`, scale, headers)).code).toBe(200);
  const { json } = await api.send('GET', `${deployments}/scaled`);
  expect(json).toMatchObject({
    spec: { replicas: 2 },
    metadata: {
      managedFields: [
        { manager: 'scaler', operation: 'Apply', subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
        { manager: 'maker', operation: 'Update' },
      ],
    },
  });
});
