import { expect, test } from '@jest/globals';
import { newEngines } from '../../../test/support/engines.ts';
import { policyFindings } from './policy.ts';

const on = { EnableApplicationScopedPolicies: true, EnableGlobalPolicies: true };
const off = { EnableApplicationScopedPolicies: false, EnableGlobalPolicies: false };
const engines = newEngines();

const findings = (spec: object, gates = on) =>
  policyFindings(
    {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'PolicyDefinition',
      metadata: { name: 'p' },
      spec,
    },
    { engines, gates },
  );

const cue = (template: string) => ({ schematic: { cue: { template } } });
const application = { scope: 'Application' };
const global = { ...application, global: true, priority: 1 };

test.each([
  { name: 'no template', spec: {}, says: 'needs a template' },
  { name: 'an unknown scope', spec: { ...cue('output: {}'), scope: 'Cluster' }, says: 'use Application' },
  {
    name: 'scope Application in another language',
    spec: { ...application, schematic: { handlebars: { template: 'output: {}' } } },
    says: 'needs a template in spec.schematic.cue',
  },
  {
    name: 'an enabled that is a text',
    spec: { ...application, ...cue('enabled: "yes"\noutput: {}') },
    says: "'enabled' field must be of type bool",
  },
  {
    name: 'an enabled with an alternative that is a text',
    spec: { ...application, ...cue('enabled: *true | string\noutput: {}') },
    says: "'enabled' field must be of type bool",
  },
  {
    name: 'global without scope',
    spec: { global: true, ...cue('output: {}') },
    says: "global policies must have scope='Application', found scope=''",
  },
  {
    name: 'global with a parameter without default',
    spec: { ...global, ...cue('parameter: {a: string, b: *"x" | string}\noutput: {}') },
    says: 'cannot have parameters without default values: a;',
  },
])('a policy with $name is refused: $says', async ({ spec, says }) => {
  const { problems } = await findings(spec);
  expect(problems.join('\n')).toContain(says);
});

test.each([
  { name: 'objects', spec: cue('output: {apiVersion: "v1", kind: "ConfigMap"}') },
  { name: 'a condition', spec: { ...application, ...cue('enabled: context.appName != "x"\noutput: {}') } },
  { name: 'defaults', spec: { ...global, ...cue('parameter: {a: *"x" | string}\noutput: labels: a: parameter.a') } },
])('a policy with $name is admitted', async ({ spec }) => {
  expect(await findings(spec)).toEqual({ problems: [], warnings: [] });
});

test('warns of gates that are off and of a priority that is missing', async () => {
  const { warnings } = await findings({ ...application, global: true, ...cue('output: {}') }, off);
  expect(warnings).toEqual([
    expect.stringContaining('explicit priority'),
    expect.stringContaining('EnableApplicationScopedPolicies feature gate is disabled'),
    expect.stringContaining('EnableGlobalPolicies feature gate is disabled'),
  ]);
});
