import { expect, test } from '@jest/globals';
import { newEngines } from '../../../test/support/engines.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { AppPolicy } from '../../apis/application.ts';
import { previewApplication } from './preview.ts';

const definition = (kind: string, name: string, template: string, more: object = {}): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind,
  metadata: { name, namespace: 'vela-system' },
  spec: { ...more, schematic: { cue: { template } } },
});

const configMap = (data: string): string => `output: {apiVersion: "v1", kind: "ConfigMap", data: ${data}}`;
const stored = [
  definition('ComponentDefinition', 'config', configMap('{a: parameter.a, region: context.custom.region}'), {
    workload: { type: 'autodetects.core.oam.dev' },
  }),
  definition(
    'PolicyDefinition',
    'region',
    'output: {labels: tier: "gold", ctx: region: "north", components: [for c in context.appComponents {c & {properties: a: "x"}}]}',
    { scope: 'Application' },
  ),
  definition('PolicyDefinition', 'extra', configMap('{of: parameter.of}')),
  definition(
    'PolicyDefinition',
    'reads',
    'import "vela/kube"\nr: kube.#Read & {$params: value: {apiVersion: "v1", kind: "Node", metadata: name: "n"}}\noutput: labels: a: r.$returns.kind',
    {
      scope: 'Application',
    },
  ),
];

const preview = (policies: readonly AppPolicy[]) =>
  previewApplication(
    {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'Application',
      metadata: { name: 'app', namespace: 'default' },
      spec: { components: [{ name: 'one', type: 'config' }], policies: [...policies] },
    },
    {
      definitions: {
        get: (kind, namespace, name) =>
          stored.find((o) => o.kind === kind && o.metadata.name === name && o.metadata.namespace === namespace),
        list: (kind, namespace) => stored.filter((o) => o.kind === kind && o.metadata.namespace === namespace),
      },
      engines: newEngines(),
      clusterVersion: { major: '1', minor: 36, gitVersion: 'v1.36.0', platform: 'linux/amd64' },
      systemNamespace: 'vela-system',
      revisionNumber: 1,
    },
  );

test('a preview shows the objects of policies, and components as policies change them', async () => {
  const shown = await preview([
    { name: 'r', type: 'region' },
    { name: 'more', type: 'extra', properties: { of: 'policy' } },
  ]);
  if (!shown.ok) throw new Error(shown.problems.join('; '));
  const objects = shown.value.flatMap(({ component, manifests }) =>
    manifests.map(({ object }) => [component, object['data'], object.metadata.labels?.['tier']]),
  );
  expect(objects).toEqual([
    ['more', { of: 'policy' }, undefined],
    ['one', { a: 'x', region: 'north' }, 'gold'],
  ]);
});

test('a preview without a cluster reports a policy that reads objects', async () => {
  expect(await preview([{ name: 'r', type: 'reads' }])).toEqual({
    ok: false,
    problems: ['policy "r" of type "reads": r: kube.read needs a cluster'],
  });
});
