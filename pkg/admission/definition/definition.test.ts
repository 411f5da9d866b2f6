import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { annotations } from '../../apis/names.ts';
import { newEngines } from '../../../test/support/engines.ts';
import type { AdmissionRequest } from '../../webhook/admission-review.ts';
import { mutateComponentDefinition } from './mutate.ts';
import type { DefinitionChecks } from './validate.ts';
import { validateDefinition } from './validate.ts';

const deployment = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const findResource = (_: string, kind: string) => Promise.resolve(kind === 'Deployment' ? deployment : undefined);
const gates = { EnableApplicationScopedPolicies: false, EnableGlobalPolicies: false };
const checks: DefinitionChecks = { engines: newEngines(), findResource, outputKindsMustExist: false, gates };

function request(kind: string, spec: object, metadata: KubeObject['metadata'] = {}): AdmissionRequest {
  const group = { group: 'core.oam.dev', version: 'v1beta1' };
  return {
    uid: 'u',
    kind: { ...group, kind },
    resource: { ...group, resource: `${kind.toLowerCase()}s` },
    operation: 'CREATE',
    userInfo: { username: 'jane', groups: [] },
    object: { apiVersion: 'core.oam.dev/v1beta1', kind, metadata: { name: 'def', ...metadata }, spec },
  };
}

const template = (text: string, more: object = {}): object => ({
  schematic: { handlebars: { template: text, ...more } },
});
const workload = { workload: { type: 'autodetects.core.oam.dev' } };

describe('validateDefinition', () => {
  test.each([
    { name: 'a template', kind: 'TraitDefinition', spec: template('patch: {}'), says: undefined },
    { name: 'a step without a template', kind: 'WorkflowStepDefinition', spec: {}, says: undefined },
    {
      name: 'a template that does not parse',
      kind: 'PolicyDefinition',
      spec: template('{{#if}'),
      says: 'spec.schematic.handlebars.template',
    },
    {
      name: 'a schema that is none',
      kind: 'ComponentDefinition',
      spec: { ...workload, ...template('output: {}', { parameters: { type: 'nothing' } }) },
      says: 'spec.schematic.handlebars.parameters',
    },
    {
      name: 'a health expression that is none',
      kind: 'ComponentDefinition',
      spec: { ...workload, ...template('output: {}', { health: '((' }) },
      says: 'spec.schematic.handlebars.health',
    },
    {
      name: 'two languages',
      kind: 'TraitDefinition',
      spec: { schematic: { handlebars: { template: 'patch: {}' }, cue: { template: 'patch: {}' } } },
      says: 'spec.schematic: only one of handlebars, cue may be given',
    },
    {
      name: 'no workload',
      kind: 'ComponentDefinition',
      spec: template('output: {}'),
      says: 'neither type nor definition',
    },
    { name: 'a trait without anything', kind: 'TraitDefinition', spec: {}, says: 'spec.definitionRef' },
    {
      name: 'a trait of another kind',
      kind: 'TraitDefinition',
      spec: { definitionRef: { name: 'a' } },
      says: undefined,
    },
    { name: 'a version', kind: 'WorkflowStepDefinition', spec: { version: '1.2.3-rc.1' }, says: undefined },
    {
      name: 'a version that is none',
      kind: 'WorkflowStepDefinition',
      spec: { version: '1.2.-3' },
      says: 'Not a valid version',
    },
  ])('of $name says $says', async ({ kind, spec, says }) => {
    const answer = await validateDefinition(request(kind, spec), checks);
    expect(answer.allowed ? undefined : answer.message).toEqual(says && expect.stringContaining(says));
  });

  test('refuses two names of one revision', async () => {
    const metadata = { annotations: { [annotations.definitionRevisionName]: 'one' } };
    const answer = await validateDefinition(request('WorkflowStepDefinition', { version: '1.2.3' }, metadata), checks);
    expect(answer).toMatchObject({ allowed: false, code: 403 });
  });

  test('admits a step with problems in its CUE, and warns', async () => {
    const template = 'import "strings"\na: missing';
    const step = request('WorkflowStepDefinition', { schematic: { cue: { template } } });
    const warnings = [expect.stringContaining('line 1: imported and not used')];
    expect(await validateDefinition(step, checks)).toMatchObject({ allowed: true, warnings });
  });

  test('compiles CUE', async () => {
    const answer = (template: string) =>
      validateDefinition(request('TraitDefinition', { schematic: { cue: { template } } }), checks);
    expect(await answer('patch: {a: context.name}')).toMatchObject({ allowed: true, warnings: [] });
    const refused = await answer('patch: {a: missing}');
    expect(refused.allowed || refused.message).toContain(
      'spec.schematic.cue.template: line 1: reference "missing" not found',
    );
  });
});

describe('the workload of a ComponentDefinition', () => {
  const answerOf = (workload: object, more: object = {}) =>
    validateDefinition(request('ComponentDefinition', { workload, ...template('output: {}'), ...more }), checks);
  const definition = { apiVersion: 'apps/v1', kind: 'Deployment' };

  test.each([
    { name: 'a type and its kind', workload: { type: 'deployments.apps', definition }, says: undefined },
    {
      name: 'a type and an empty kind',
      workload: { type: 'own', definition: { apiVersion: '', kind: '' } },
      says: undefined,
    },
    {
      name: 'a type and another kind',
      workload: { type: 'jobs.batch', definition },
      says: 'of type "deployments.apps"',
    },
    {
      name: 'a type and a kind that is not served',
      workload: { type: 'x', definition: { apiVersion: 'a/v1', kind: 'B' } },
      says: 'the cluster does not serve',
    },
  ])('may be $name: $says', async ({ workload, says }) => {
    const answer = await answerOf(workload);
    expect(answer.allowed ? undefined : answer.message).toEqual(says && expect.stringContaining(says));
  });
});

describe('a template in spec.extension', () => {
  const trait = (template: string) => request('TraitDefinition', { extension: { template } });

  test('is the template of the definition', async () => {
    expect(await validateDefinition(trait('patch: {a: context.name}'), checks)).toMatchObject({ allowed: true });
  });

  test('is checked', async () => {
    const answer = await validateDefinition(trait('patch: {a: missing}'), checks);
    expect(answer.allowed || answer.message).toContain('reference "missing" not found');
  });
});

describe('ValidateResourcesExist', () => {
  const strict: DefinitionChecks = { ...checks, outputKindsMustExist: true };
  const text = `
    output: {apiVersion: "apps/v1", kind: "Deployment"}
    if parameter.more {outputs: {a: {apiVersion: "custom.io/v1", kind: "Nothing"}, b: {kind: parameter.kind}}}
    parameter: {more: bool, kind: string}`;
  const of = (metadata: KubeObject['metadata'] = {}) =>
    request('TraitDefinition', { schematic: { cue: { template: text } } }, metadata);

  test('refuses a definition with an output of a kind that is not served', async () => {
    const answer = await validateDefinition(of(), strict);
    expect(answer.allowed || answer.message).toContain('resource type not found on cluster: custom.io/v1/Nothing');
    expect(await validateDefinition(of(), checks)).toMatchObject({ allowed: true });
  });

  test('admits the definitions of addons, which bring the kinds too', async () => {
    expect(await validateDefinition(of({ labels: { 'app.oam.dev/name': 'addon-x' } }), strict)).toMatchObject({
      allowed: true,
    });
  });
});

describe('mutateComponentDefinition', () => {
  const deployments = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
  const find = (_: string, kind: string) => Promise.resolve(kind === 'Deployment' ? deployments : undefined);

  test.each([
    { name: 'nothing', spec: {}, want: 'autodetects.core.oam.dev' },
    {
      name: 'an empty kind',
      spec: { workload: { definition: { apiVersion: '', kind: '' } } },
      want: 'autodetects.core.oam.dev',
    },
    { name: 'an empty type', spec: { workload: { type: '' } }, want: 'autodetects.core.oam.dev' },
    {
      name: 'a kind',
      spec: { workload: { definition: { apiVersion: 'apps/v1', kind: 'Deployment' } } },
      want: 'deployments.apps',
    },
    { name: 'an unknown kind', spec: { workload: { definition: { apiVersion: 'a/v1', kind: 'B' } } }, want: undefined },
    { name: 'a type', spec: { workload: { type: 'mine' } }, want: undefined },
  ])('with $name makes the type $want', async ({ spec, want }) => {
    const answer = await mutateComponentDefinition(request('ComponentDefinition', spec), find);
    const changed = answer.allowed
      ? (answer.object?.['spec'] as { workload: { type: string } } | undefined)
      : undefined;
    expect(changed?.workload.type).toBe(want);
  });
});
