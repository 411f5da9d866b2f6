import { expect, test } from '@jest/globals';
import { newEngines } from '../../../test/support/engines.ts';
import type { Application, ApplicationSpec } from '../../apis/application.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { ParsedApplication } from '../../appfile/parse.ts';
import { renderProblems } from './render-check.ts';

const cue = (kind: string, name: string, template: string, more: object = {}): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind,
  metadata: { name },
  spec: { schematic: { cue: { template } }, ...more },
});

const definitions = {
  componentDefinitions: {
    web: cue(
      'ComponentDefinition',
      'web',
      [
        'output: {apiVersion: "v1", kind: "ConfigMap", data: port: "\\(parameter.port)"}',
        'parameter: {port: int, mode: *"a" | string, deep: {low: string, high: *1 | int}, extra?: {x: int}}',
      ].join('\n'),
    ),
    chart: cue('ComponentDefinition', 'chart', 'import "vela/helm"\n_r: helm.#Render & {$params: chart: "x"}'),
  },
  traitDefinitions: {
    patch: cue('TraitDefinition', 'patch', 'patch: data: port: parameter.port\nparameter: port: string'),
    late: cue('TraitDefinition', 'late', 'patch: data: port: "9"\nparameter: {}', { stage: 'PostDispatch' }),
  },
  workflowStepDefinitions: {},
};

function problemsOf(spec: ApplicationSpec, requiresParameters = false): Promise<readonly string[]> {
  const app: Application = {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'app', namespace: 'default' },
    spec,
  };
  const parsed = { app, components: spec.components, policies: spec.policies ?? [], definitions };
  return renderProblems(parsed as unknown as ParsedApplication, {
    engines: newEngines(),
    clusterVersion: { major: '1', minor: 36, gitVersion: 'v1.36.0', platform: '' },
    requiresParameters,
  });
}

const web = (port: unknown, more: object = {}) =>
  ({
    name: 'c',
    type: 'web',
    properties: { port, deep: { low: 'l' } },
    ...more,
  }) as ApplicationSpec['components'][number];

test('a component that cannot be rendered is a problem, with the field', async () => {
  expect(await problemsOf({ components: [web(80)] })).toEqual([]);
  expect(await problemsOf({ components: [web('80')] })).toEqual([
    expect.stringContaining('properties.port: must be integer'),
  ]);
});

test('a trait that does not fit its component is a problem', async () => {
  const trait = { type: 'patch', properties: { port: '81' } };
  expect(await problemsOf({ components: [web(80, { traits: [trait] })] })).toEqual([
    expect.stringContaining('conflicting values'),
  ]);
});

test('what is completed later is not rendered', async () => {
  const inputs = [{ from: 'x', parameterKey: 'port' }];
  expect(await problemsOf({ components: [web('80', { inputs })] })).toEqual([]);
  const policies = [{ name: 'o', type: 'override', properties: { components: [{ properties: { port: 1 } }] } }];
  expect(await problemsOf({ components: [web('80')], policies })).toEqual([]);
  expect(await problemsOf({ components: [web(80, { traits: [{ type: 'late' }] })] })).toEqual([]);
});

test('a chart is refused with what to use instead', async () => {
  expect(await problemsOf({ components: [{ name: 'c', type: 'chart' }] })).toEqual([
    expect.stringMatching(/component "c": type "chart": .*fluxcd/),
  ]);
});

test('EnableCueValidation names every required parameter that nothing gives', async () => {
  const components = [{ name: 'c', type: 'web', properties: {} }];
  expect(await problemsOf({ components }, true)).toEqual(['component "c": missing parameters: port,deep.low']);
  const properties = { components: [{ properties: { port: 1, deep: { low: 'x' } } }] };
  expect(await problemsOf({ components, policies: [{ name: 'o', type: 'override', properties }] }, true)).toEqual([]);
  const inputs = ['port', 'deep.low'].map((parameterKey) => ({ from: 'x', parameterKey }));
  const steps = [{ name: 's', type: 'deploy', inputs }];
  expect(await problemsOf({ components, workflow: { steps } }, true)).toEqual([]);
});
