import { describe, expect, test } from '@jest/globals';
import type { Component } from '../apis/application.ts';
import type { ComponentDefinition } from '../apis/component-definition.ts';
import type { JsonObject } from '../../machinery/src/meta.ts';
import type { TraitDefinition, TraitDefinitionSpec } from '../apis/trait-definition.ts';
import type { ComponentToRender } from './component.ts';
import { renderComponent } from './component.ts';
import type { RenderContext } from './context.ts';
import { newEngines } from '../../test/support/engines.ts';

const engines = newEngines();
const context: RenderContext = {
  name: 'web',
  namespace: 'prod',
  appName: 'shop',
  appRevision: 'shop-v1',
  appRevisionNum: 1,
  appLabels: {},
  appAnnotations: {},
  cluster: 'local',
  clusterVersion: { major: '1', minor: 36, gitVersion: '', platform: '' },
};

const componentOf = (template: string, parameters?: JsonObject): ComponentDefinition => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'ComponentDefinition',
  metadata: { name: 'thing' },
  spec: { workload: {}, schematic: { handlebars: { template, ...(parameters && { parameters }) } } },
});
const traitOf = (name: string, template: string, spec: Partial<TraitDefinitionSpec> = {}): TraitDefinition => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'TraitDefinition',
  metadata: { name },
  spec: { schematic: { handlebars: { template } }, ...spec },
});

const web: Component = { name: 'web', type: 'thing' };
const thing = componentOf('output: {apiVersion: v1, kind: ConfigMap, data: {a: "1"}}');

async function render(input: Partial<ComponentToRender> & { readonly definitions?: readonly TraitDefinition[] }) {
  const { definitions = [], ...rest } = input;
  const traits = definitions.map((definition) => ({ trait: { type: definition.metadata.name ?? '' }, definition }));
  return renderComponent({ component: web, definition: thing, traits, context, ...rest }, engines);
}

async function rendered(input: Parameters<typeof render>[0]) {
  const outcome = await render(input);
  if (!outcome.ok) throw new Error(outcome.problems.join('\n'));
  return outcome.value;
}

describe('names and namespaces', () => {
  test('a workload is called like its component and lives where the Application does', async () => {
    const { workload } = await rendered({});
    expect(workload?.metadata).toEqual({ name: 'web', namespace: 'prod' });
  });

  test('what the template says stays', async () => {
    const definition = componentOf('output: {apiVersion: v1, kind: Pod, metadata: {name: mine, namespace: there}}');
    expect((await rendered({ definition })).workload?.metadata).toEqual({ name: 'mine', namespace: 'there' });
  });

  test('a kind without namespace gets none', async () => {
    const definition = componentOf('output: {apiVersion: v1, kind: Namespace, metadata: {namespace: x}}');
    expect((await rendered({ definition })).workload?.metadata).toEqual({ name: 'web' });
  });

  test('other objects without a name get one that depends on what they hold', async () => {
    const template = (data: string) =>
      `outputs: {a: {apiVersion: v1, kind: ConfigMap, data: {k: ${data}}}, b: {apiVersion: v1, kind: Pod, metadata: {generateName: g-}}}`;
    const [one, again, other] = await Promise.all(
      ['x', 'x', 'z'].map(async (data) => (await rendered({ definition: componentOf(template(data)) })).objects),
    );
    expect(one?.[0]?.object.metadata.name).toMatch(/^web-auxiliaryworkload-[0-9a-f]{10}$/);
    expect(again?.[0]?.object.metadata.name).toBe(one?.[0]?.object.metadata.name);
    expect(other?.[0]?.object.metadata.name).not.toBe(one?.[0]?.object.metadata.name);
    expect(one?.[0]).toMatchObject({ trait: 'AuxiliaryWorkload', resource: 'a', stage: 'DefaultDispatch' });
  });
});

describe('traits', () => {
  test('see what came before them, in order', async () => {
    const { workload } = await rendered({
      definitions: [
        traitOf('first', 'patch: {data: {b: "2"}}'),
        traitOf('second', 'patch: {data: {c: {{json context.output.data.b}}, d: {{json context.componentType}} }}'),
      ],
    });
    expect(workload?.['data']).toEqual({ a: '1', b: '2', c: '2', d: 'thing' });
  });

  test('add objects in their stage, refer to the workload, and change auxiliaries', async () => {
    const { objects } = await rendered({
      definition: componentOf(
        'output: {apiVersion: apps/v1, kind: Deployment}\noutputs: {extra: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}}',
      ),
      definitions: [
        traitOf(
          'scale',
          'outputs: {s: {apiVersion: x/v1, kind: Scaler, metadata: {name: s}}}\npatchOutputs: {extra: {data: {k: v}}}',
          { stage: 'PostDispatch', workloadRefPath: 'spec.workloadRef' },
        ),
      ],
    });
    expect(objects.map(({ trait, resource, stage }) => [trait, resource, stage])).toEqual([
      ['AuxiliaryWorkload', 'extra', 'DefaultDispatch'],
      ['scale', 's', 'PostDispatch'],
    ]);
    expect(objects[0]?.object['data']).toEqual({ k: 'v' });
    expect(objects[1]?.object['spec']).toEqual({
      workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    });
  });

  test('read the status of the live workload, which is not applied', async () => {
    const liveOutput = { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, status: { ready: 3 } };
    const { workload } = await rendered({
      context: { ...context, liveOutput },
      definitions: [traitOf('t', 'patch: {data: {ready: "{{context.output.status.ready}}"}}')],
    });
    expect(workload).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'web', namespace: 'prod' },
      data: { a: '1', ready: '3' },
    });
  });
});

describe('problems', () => {
  const cue = (template: string): ComponentDefinition => ({
    ...thing,
    spec: { workload: {}, schematic: { cue: { template } } },
  });
  const schema = { type: 'object', required: ['image'], properties: { port: { type: 'integer' } } };
  test.each<{ name: string; input: Parameters<typeof render>[0]; want: readonly unknown[] }>([
    {
      name: 'every wrong parameter is named',
      input: {
        definition: componentOf('', schema),
        component: { ...web, properties: { port: '80' } },
      },
      want: ['component "web": properties.image: is required', 'component "web": properties.port: must be integer'],
    },
    {
      name: 'the template complains',
      input: { definition: componentOf('errs: [first, second]') },
      want: ['component "web": first', 'component "web": second'],
    },
    {
      name: 'a field is misspelt',
      input: { definition: componentOf('ouput: {}') },
      want: ['component "web": template: unknown ouput; known are output, outputs, errs'],
    },
    {
      name: 'an object has no kind',
      input: { definition: componentOf('outputs: {a: {apiVersion: v1}}') },
      want: ['component "web": template: outputs.a.kind is missing'],
    },
    {
      name: 'the definition is written in CUE',
      input: { definition: cue('output: {kind: none}') },
      want: ['component "web": template: line 1: reference "none" not found'],
    },
    {
      name: 'several traits fail at once',
      input: { definitions: [traitOf('one', 'a: b: c'), traitOf('two', 'patchOutputs: {gone: {a: 1}}')] },
      want: [
        expect.stringMatching(/^trait "one" of component "web": template: the output is not YAML/),
        'trait "two" of component "web": patchOutputs.gone: there is no such output',
      ],
    },
    {
      name: 'there is nothing to patch',
      input: { definition: componentOf('output: {}'), definitions: [traitOf('one', 'patch: {a: 1}')] },
      want: ['trait "one" of component "web": patch: there is no workload to patch'],
    },
    {
      name: 'a JSON patch does not fit',
      input: { definitions: [traitOf('one', 'jsonPatch: [{op: remove, path: /nothing}]')] },
      want: [expect.stringMatching(/^trait "one" of component "web": patch: remove operation does not apply/)],
    },
  ])('$name', async ({ input, want }) => {
    const outcome = await render(input);
    expect(outcome.ok ? [] : outcome.problems).toEqual(want);
  });
});
