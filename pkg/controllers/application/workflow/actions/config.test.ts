import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps, oneAction } from '../../../../../test/support/application-bed.ts';
import type { JsonObject, KubeObject, Resource } from '../../../../../machinery/src/meta.ts';

const secrets: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };

const text = `
metadata: {name: "registry", alias: "Registry", scope: "system", sensitive: false}
template: {
	output: {
		apiVersion: "v1"
		kind:       "Secret"
		metadata: {name: context.name, namespace: context.namespace, labels: "of": "template"}
		type: "kubernetes.io/basic-auth"
		stringData: username: parameter.user
	}
	if parameter.more {
		outputs: note: {apiVersion: "v1", kind: "ConfigMap", metadata: name: "note", data: user: parameter.user}
	}
	parameter: {user: string, more: *false | bool}
}
context: {
	name:      string
	namespace: string
}
`;

function template(name: string, content: string, sensitive = 'false'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `config-template-${name}`,
      namespace: 'vela-system',
      labels: { 'config.oam.dev/scope': 'system' },
      annotations: { 'config.oam.dev/sensitive': sensitive },
    },
    data: { template: content },
  };
}

async function run(params: JsonObject, ...templates: readonly KubeObject[]): Promise<ApplicationBed> {
  const bed = new ApplicationBed({ retry: { maxFailures: 1, maxWaitBackoffMs: 1000, maxFailedBackoffMs: 1000 } });
  for (const each of templates) bed.cluster.create(configMaps, each);
  const target = { name: 'mine', namespace: 'default' };
  bed.defineStep(
    'create',
    oneAction('config.create', () => ({ ...target, ...params })),
  );
  bed.defineStep(
    'read',
    oneAction('config.read', () => target),
  );
  const steps = ['create', 'read'].map((type) => ({ name: type, type }));
  bed.put(application({ components: [], workflow: { steps } }));
  await bed.settle();
  return bed;
}

const messageOf = (bed: ApplicationBed, name: string) =>
  bed.app()?.status?.workflow?.steps?.find((step) => step.name === name)?.message;

const withValidation = (validation: string): string =>
  text.replace('template: {', `template: {\n\tvalidation: ${validation}`);

describe('config.#CreateConfig with a template', () => {
  test('makes the Secret and the objects of the template, with the properties beside', async () => {
    const bed = await run({ template: 'registry', config: { user: 'jane', more: true } }, template('registry', text));
    expect(bed.app()?.status?.status).toBe('running');
    const secret = bed.cluster.find(secrets, { name: 'mine', namespace: 'default' });
    expect(secret).toMatchObject({
      type: 'kubernetes.io/basic-auth',
      data: { username: Buffer.from('jane').toString('base64') },
      metadata: {
        labels: {
          of: 'template',
          'config.oam.dev/catalog': 'velacore-config',
          'config.oam.dev/type': 'registry',
          'config.oam.dev/scope': 'system',
        },
        annotations: {
          'config.oam.dev/sensitive': 'false',
          'config.oam.dev/template-namespace': 'vela-system',
        },
      },
    });
    const { 'input-properties': properties = '', 'objects-reference': references = '' } = (secret?.['data'] ??
      {}) as Record<string, string>;
    const decoded = (base64: string): unknown => JSON.parse(Buffer.from(base64, 'base64').toString());
    expect(decoded(properties)).toEqual({ user: 'jane', more: true });
    expect(decoded(references)).toEqual([{ kind: 'ConfigMap', namespace: 'default', name: 'note', apiVersion: 'v1' }]);
    expect(bed.cluster.find(configMaps, { name: 'note', namespace: 'default' })?.['data']).toEqual({ user: 'jane' });
  });

  test.each([
    { name: 'that does not exist', templates: [], says: 'config template vela-system/registry does not exist' },
    {
      name: 'of wrong properties',
      templates: [template('registry', text)],
      says: 'config template vela-system/registry',
    },
    {
      name: 'with a validation that refuses the properties',
      templates: [template('registry', withValidation('$returns: {result: false, message: "no such user"}'))],
      says: 'config template vela-system/registry: the validation failed: no such user',
    },
    {
      name: 'with a validation that cannot be performed',
      templates: [template('registry', `import "vela/kube"\n${withValidation('kube.#Read & {$params: value: {}}')}`)],
      says: 'a config template cannot do kube.read',
    },
  ])('$name fails the step: $says', async ({ templates, says }) => {
    const bed = await run(
      { template: 'registry', config: { user: says.includes('validat') || says.includes('cannot do') ? 'jane' : 1 } },
      ...templates,
    );
    expect(messageOf(bed, 'create')).toContain(says);
    expect(bed.cluster.find(secrets, { name: 'mine', namespace: 'default' })).toBeUndefined();
  });

  test.each([
    { path: '/good', config: { user: 'jane' }, says: undefined },
    { path: '/absent', config: { user: 'jane' }, says: '/absent/index.yaml answered 404' },
    { path: '/text', config: { user: 'jane' }, says: '/text/index.yaml is no index of charts' },
  ])('validates a repository of charts at $path', async ({ path, config, says }) => {
    const server = createServer((request, response) => {
      if (request.url === '/good/index.yaml') response.end('apiVersion: v1\nentries: {}\n');
      else response.writeHead(request.url === '/text/index.yaml' ? 200 : 404).end('text');
    });
    server.unref();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    const validation = `config.#HelmRepository & {$params: {url: "${url}"}}`;
    const bed = await run(
      { template: 'registry', config },
      template('registry', `import "vela/config"\n${withValidation(validation)}`),
    );
    server.close();
    const message = messageOf(bed, 'create') ?? '';
    if (says === undefined) expect(message).toBe('');
    else expect(message).toContain(says);
    expect(bed.cluster.find(secrets, { name: 'mine', namespace: 'default' }) === undefined).toBe(says !== undefined);
  });

  test('that is sensitive is not read by a step', async () => {
    const bed = await run({ template: 'registry', config: { user: 'jane' } }, template('registry', text, 'true'));
    expect(messageOf(bed, 'read')).toContain('config default/mine is sensitive and not shown');
  });
});
