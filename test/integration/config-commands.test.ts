import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { applicationKind, applicationResource } from '../../pkg/apis/application.ts';
import { customResourceDefinition } from '../../pkg/apis/custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { createNamespace } from '../support/applications.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

jest.setTimeout(120_000);

const core = (kind: string): Resource => ({
  group: '',
  version: 'v1',
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced: true,
});
const template = `
metadata: name: "registry"
template: {
	output: {
		apiVersion: "v1"
		kind:       "Secret"
		metadata: {name: context.name, namespace: context.namespace}
		stringData: user: parameter.user
	}
	outputs: note: {apiVersion: "v1", kind: "ConfigMap", metadata: name: "note-" + context.name, data: user: parameter.user}
	validation: $returns: {
		result:  parameter.user != "none"
		message: string
		if parameter.user == "none" {message: "there is no such user"}
		if parameter.user != "none" {message: ""}
	}
	parameter: user: string
}
`;
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster();
  const { client } = cluster;
  await createNamespace(client, 'vela-system');
  const crds = await client.resourceFor('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
  await client.create(crds, customResourceDefinition(applicationKind) as KubeObject);
  await client.create(core('ConfigMap'), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'config-template-registry', namespace: 'vela-system' },
    data: { template },
  });
  await eventually('Applications to be served', () => client.list(applicationResource, {}));
}, 60_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

test('vela config creates, lists, distributes and deletes a config by its template', async () => {
  const { client } = cluster;
  const must = (...args: readonly string[]): Promise<string> => cluster.must(...args);
  const at = { name: 'mine', namespace: 'vela-system' };
  expect(await must('config', 'create', 'mine', 'user=jane', '-t', 'registry', '--alias', 'Mine')).toContain('created');
  const secret = await client.get(core('Secret'), at);
  expect(secret).toMatchObject({ data: { user: Buffer.from('jane').toString('base64') } });
  expect(await client.get(core('ConfigMap'), { ...at, name: 'note-mine' })).toMatchObject({ data: { user: 'jane' } });
  expect(await must('config', 'list')).toMatch(/mine +Mine +registry/);
  expect(await must('config', 'distribute', 'mine', '-t', 'local/default')).toContain('distribute-mine');
  expect(await client.get(applicationResource, { ...at, name: 'distribute-mine' })).toBeDefined();
  await must('config', 'delete', 'mine');
  expect(await must('config', 'list')).not.toContain('mine');
  await expect(client.get(core('Secret'), at)).rejects.toThrow('not found');
});

test.each([
  [['create', 'other', 'user=none', '-t', 'registry'], 'the validation failed: there is no such user'],
  [['create', 'other', 'user', '-t', 'registry'], 'write key=value'],
  [['create', 'other', 'user=jane', '-t', 'absent'], 'config template vela-system/absent does not exist'],
  [['delete', 'absent'], 'there is no config vela-system/absent'],
])('vela config %j says what is wrong: %s', async (args, message) => {
  const { code, stderr } = await cluster.vela('config', ...args);
  expect(code).not.toBe(0);
  expect(stderr).toContain(message);
});
