import { describe, expect, test } from '@jest/globals';
import type { Application, ApplicationSpec } from '../apis/application.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import type { DefinitionSource } from './definition-lookup.ts';
import { findDefinition } from './definition-lookup.ts';
import { findCycle } from './depends-on.ts';
import { applyOverride } from './override.ts';
import { parseApplication } from './parse.ts';
import { resourcePolicies, selects } from './resource-policy.ts';
import { nearest } from '../apis/suggest.ts';

const object = (kind: string, namespace: string, name: string, more: object = {}): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind,
  metadata: { namespace, name },
  ...more,
});

function source(...objects: readonly KubeObject[]): DefinitionSource {
  const of = (kind: string, namespace: string) =>
    objects.filter((o) => o.kind === kind && o.metadata.namespace === namespace);
  return {
    get: (kind, namespace, name) => of(kind, namespace).find((o) => o.metadata.name === name),
    list: of,
  };
}

const definitions = source(
  object('ComponentDefinition', 'vela-system', 'webservice'),
  object('ComponentDefinition', 'vela-system', 'worker'),
  object('TraitDefinition', 'vela-system', 'scaler'),
  object('WorkflowStepDefinition', 'vela-system', 'notification'),
  object('TraitDefinition', 'shop', 'scaler', { own: true }),
  object('DefinitionRevision', 'vela-system', 'worker-v2', {
    spec: { componentDefinition: object('ComponentDefinition', 'vela-system', 'worker', { second: true }) },
  }),
);

const app = (spec: ApplicationSpec): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'a', namespace: 'shop' },
  spec,
});
const parse = (spec: ApplicationSpec, stepTypes: readonly string[] = []) =>
  parseApplication(app(spec), { definitions, systemNamespace: 'vela-system', stepTypes });

test('definitions come from the namespace of the application, then from the system', () => {
  const result = parse({ components: [{ name: 'x', type: 'worker@v2', traits: [{ type: 'scaler' }] }] });
  expect(result.ok && result.parsed.definitions).toMatchObject({
    componentDefinitions: { 'worker@v2': { second: true } },
    traitDefinitions: { scaler: { own: true } },
  });
});

test('a partial version finds the newest only with auto-update', () => {
  const revision = (version: string) => ({
    ...object('DefinitionRevision', 's', `web-v${version}`, {
      spec: { componentDefinition: object('ComponentDefinition', 's', version) },
    }),
    metadata: { namespace: 's', name: `web-v${version}`, labels: { 'componentdefinition.oam.dev/name': 'web' } },
  });
  const versions = source(revision('1.2.0'), revision('1.10.0'), revision('2.0.0'));
  const find = (type: string, autoUpdate: boolean) =>
    findDefinition(versions, 'ComponentDefinition', type, { namespaces: ['s'], autoUpdate })?.metadata.name;
  expect(find('web@v1', true)).toBe('1.10.0');
  expect(find('web@v1', false)).toBeUndefined();
  expect(find('web@1.2.0', false)).toBe('1.2.0');
});

test('all problems are reported at once', () => {
  const spec: ApplicationSpec = {
    components: [
      { name: 'x', type: 'webservce', traits: [{ type: 'scalr' }] },
      { name: 'x', type: 'worker', dependsOn: ['y'] },
    ],
    policies: [{ type: 'topolgy', properties: {} }, { type: 'garbage-collect' }],
  };
  const result = parse(spec, ['notifiction', 'deploy-to-mars']);
  expect(result.ok ? [] : result.problems).toEqual([
    'component "x" is declared twice',
    'component "x" depends on unknown component "y"',
    'component "x" uses unknown component type "webservce"; did you mean "webservice"',
    'component "x" uses unknown trait "scalr"; did you mean "scaler"',
    'the workflow uses unknown step type "notifiction"; did you mean "notification"',
    'the workflow uses unknown step type "deploy-to-mars" (searched in namespaces shop, vela-system)',
    'policy "topolgy-auto-gen-0" has unknown type "topolgy"; did you mean "topology"',
    'policy "garbage-collect-auto-gen-1" of type "garbage-collect" needs properties',
  ]);
});

test('a built-in type of KubeVela that is not here is refused with the reason', () => {
  const result = parse({ components: [{ name: 'x', type: 'helmchart' }] }, ['deploy2env']);
  expect(result.ok ? [] : result.problems).toEqual([
    'component "x" uses component type "helmchart", which is not built in: charts are not rendered by the controller; deliver them with an addon such as fluxcd',
    'the workflow uses step type "deploy2env", which is not built in: environments of an env-binding policy are deprecated; use topology and override policies in a deploy step',
  ]);
});

test.each([
  {
    policy: { name: 'p', type: 'topology', properties: { clusters: ['paris'] } },
    want: 'names cluster "paris"; only "local"',
  },
  { policy: { name: 'p', type: 'take-over', properties: { rules: 'all' } }, want: 'rules must be a list' },
  {
    policy: { name: 'p', type: 'override', properties: { components: [{ traits: [{ type: 'scalar' }] }] } },
    want: 'policy "p" uses unknown trait "scalar"; did you mean "scaler"',
  },
  {
    policy: { name: 'p', type: 'override', properties: { components: [{ name: 'web(' }] } },
    want: 'policy "p": components[0].name "web(" is no regular expression: ',
  },
  {
    policy: { name: 'p', type: 'override', properties: { selector: ['a', '[b'] } },
    want: 'policy "p": selector[1] "[b" is no regular expression: ',
  },
])('a policy is refused: $want', ({ policy, want }) => {
  const result = parse({ components: [], policies: [policy] });
  expect(result.ok ? '' : result.problems.join()).toContain(want);
});

test.each(['clusterLabelSelector', 'clusterSelector'])('an empty %s selects the local cluster', (field) => {
  const policy = { name: 'p', type: 'topology', properties: { [field]: {} } };
  expect(parse({ components: [], policies: [policy] })).toMatchObject({ ok: true });
});

test('a cycle of dependencies is named', () => {
  expect(
    findCycle([
      { name: 'a', dependsOn: ['b'] },
      { name: 'b', dependsOn: ['c'] },
      { name: 'c', dependsOn: ['a'] },
    ]),
  ).toEqual(['a', 'b', 'c', 'a']);
  expect(
    findCycle([{ name: 'a', dependsOn: ['b', 'c'] }, { name: 'b', dependsOn: ['c'] }, { name: 'c' }]),
  ).toBeUndefined();
});

test.each([
  { word: 'scalr', want: 'scaler' },
  { word: 'gatway', want: 'gateway' },
  { word: 'something-else', want: undefined },
])('the nearest of $word is $want', ({ word, want }) => {
  expect(nearest(word, ['scaler', 'gateway'])).toBe(want);
});

describe('an override', () => {
  const components = [
    {
      name: 'web',
      type: 'webservice',
      properties: { image: 'a', env: { x: '1' } },
      traits: [{ type: 'scaler', properties: { replicas: 1 } }],
    },
    { name: 'web-2', type: 'worker' },
  ];

  test.each([
    {
      name: 'merges properties by name',
      override: { components: [{ name: 'web', properties: { env: { y: '2' } } }] },
      want: [{ properties: { image: 'a', env: { x: '1', y: '2' } } }, {}],
    },
    {
      name: 'matches by pattern',
      override: { components: [{ name: 'web*', properties: { z: 1 } }] },
      want: [{ properties: { z: 1 } }, { properties: { z: 1 } }],
    },
    {
      name: 'matches by a regular expression',
      override: { components: [{ name: 'web-[0-9]', properties: { z: 1 } }] },
      want: [{ properties: { image: 'a' } }, { properties: { z: 1 } }],
    },
    {
      name: 'puts a component of another type in the place of one by its name',
      override: { components: [{ name: 'web', type: 'worker', properties: { z: 1 } }] },
      want: [{ name: 'web', type: 'worker', properties: { z: 1 } }, { name: 'web-2' }],
    },
    {
      name: 'matches by type',
      override: { components: [{ type: 'worker', properties: { z: 1 } }] },
      want: [{ properties: { image: 'a' } }, { properties: { z: 1 } }],
    },
    {
      name: 'merges a trait',
      override: { components: [{ name: 'web', traits: [{ type: 'scaler', properties: { replicas: 2 } }] }] },
      want: [{ traits: [{ properties: { replicas: 2 } }] }, {}],
    },
    {
      name: 'removes a trait',
      override: { components: [{ name: 'web', traits: [{ type: 'scaler', disable: true }] }] },
      want: [{ traits: [] }, {}],
    },
    {
      name: 'adds a component',
      override: { components: [{ name: 'new', type: 'worker' }] },
      want: [{}, {}, { name: 'new' }],
    },
    { name: 'keeps a selection', override: { selector: ['web-2'] }, want: [{ name: 'web-2' }] },
  ])('$name', ({ override, want }) => {
    const result = applyOverride(components, override);
    expect(result).toHaveLength(want.length);
    expect(result).toMatchObject(want);
  });

  test('ends soon with a pattern on which a backtracking engine does not', () => {
    const component = { name: 'a'.repeat(60), type: 'worker' };
    expect(applyOverride([component], { components: [{ name: '(a+)+!', properties: { z: 1 } }] })).toEqual([component]);
  });
});

test('policies of one type are merged', () => {
  const rule = (name: string) => ({ selector: { componentNames: [name] } });
  const merged = resourcePolicies(app({ components: [] }), [
    { type: 'garbage-collect', properties: { rules: [rule('a')], applicationRevisionLimit: 3 } },
    {
      type: 'garbage-collect',
      properties: { rules: [rule('b')], keepLegacyResource: true, applicationRevisionLimit: 5 },
    },
  ]);
  expect(merged.collect).toMatchObject({ rules: [rule('a'), rule('b')], keepLegacyResource: true, revisionLimit: 3 });
});

test.each([
  { selector: {}, want: false },
  { selector: { componentNames: ['c'] }, want: true },
  { selector: { componentNames: ['c'], resourceTypes: ['Service'] }, want: false },
  { selector: { resourceTypes: ['ConfigMap', 'Secret'], resourceNames: ['n'] }, want: true },
  { selector: { traitTypes: ['scaler'] }, want: false },
])('selector $selector selects: $want', ({ selector, want }) => {
  const manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'n', labels: { 'app.oam.dev/component': 'c' } },
  };
  expect(selects(selector, manifest)).toBe(want);
});
