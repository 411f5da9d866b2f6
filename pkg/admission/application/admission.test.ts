import { describe, expect, test } from '@jest/globals';
import type { Application } from '../../apis/application.ts';
import type { JsonObject } from '../../../machinery/src/meta.ts';
import { annotations, labels } from '../../apis/names.ts';
import type { Ownership } from '../../scheduling/handover.ts';
import { ownershipOf, ownershipPatch } from '../../scheduling/ownership.ts';
import type { AdmissionRequest } from '../../webhook/admission-review.ts';
import { mutateApplication } from './mutate.ts';
import type { MutateOptions } from './mutate.ts';
import { undeclaredProperties } from './undeclared.ts';
import type { ParameterSchemas } from './undeclared.ts';
import { validateApplication } from './validate.ts';
import type { ValidateOptions } from './validate.ts';

interface Parts {
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly spec?: unknown;
  readonly deletionTimestamp?: string;
}

const spec = { components: [{ name: 'web', type: 'webservice' }] };

function application({ spec: own = spec, ...metadata }: Parts = {}): Application {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'app', namespace: 'default', ...metadata },
    spec: own as Application['spec'],
  };
}

function request(object: Application, more: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    uid: 'u',
    kind: { group: 'core.oam.dev', version: 'v1beta1', kind: 'Application' },
    resource: { group: 'core.oam.dev', version: 'v1beta1', resource: 'applications' },
    operation: more.oldObject ? 'UPDATE' : 'CREATE',
    userInfo: { username: 'jane', groups: ['kubevela:dev', 'x-kubevela:admin', 'kubevela:a,b'] },
    object,
    ...more,
  };
}

const shard = (id: string): Parts => ({ labels: { [labels.scheduledShardId]: id } });
const off: MutateOptions = { identity: undefined, pick: undefined };
const picking: MutateOptions = { identity: undefined, pick: () => 'picked' };

function mutated(app: Application, options: MutateOptions, more: Partial<AdmissionRequest> = {}): Application {
  const answer = mutateApplication(request(app, more), options);
  if (!answer.allowed) throw new Error(answer.message);
  return (answer.object ?? app) as Application;
}

describe('properties that a definition does not declare', () => {
  const text = { type: 'string' };
  const container = {
    type: 'object',
    properties: { image: text, env: { type: 'array', items: { type: 'object', properties: { name: text } } } },
  };
  const schemas: Readonly<Record<string, JsonObject>> = {
    'ComponentDefinition/webservice': container,
    'ComponentDefinition/any': { type: 'object' },
    'TraitDefinition/labels': { type: 'object', additionalProperties: text },
    'WorkflowStepDefinition/wait': { oneOf: [{ properties: { seconds: text } }, { properties: { until: text } }] },
  };
  const find: ParameterSchemas = (kind, type) => Promise.resolve(schemas[`${kind}/${type}`]);

  test.each<{ name: string; spec: object; want: readonly string[] }>([
    {
      name: 'are named with a suggestion, at any depth',
      spec: { components: [{ name: 'a', type: 'webservice', properties: { imge: 'x', env: [{ nam: 'y' }] } }] },
      want: [
        'spec.components[0].properties.imge: component type "webservice" does not declare it, so it has no effect; did you mean "image"',
        'spec.components[0].properties.env[0].nam: component type "webservice" does not declare it, so it has no effect; did you mean "name"',
      ],
    },
    {
      name: 'are no warning where any are accepted, or where nothing is known',
      spec: {
        components: [
          { name: 'a', type: 'any', properties: { x: 1 }, traits: [{ type: 'labels', properties: { x: 'y' } }] },
          { name: 'b', type: 'unknown', properties: { x: 1 } },
        ],
      },
      want: [],
    },
    {
      name: 'are judged by all alternatives, in steps of steps too',
      spec: {
        components: [],
        workflow: {
          steps: [
            { name: 's', type: 'step-group', subSteps: [{ type: 'wait', properties: { until: 'x', secnds: '1' } }] },
          ],
        },
      },
      want: [
        'spec.workflow.steps[0].subSteps[0].properties.secnds: step type "wait" does not declare it, so it has no effect; did you mean "seconds"',
      ],
    },
  ])('$name', async ({ spec: own, want }) => {
    const app = application({ spec: own });
    expect(await undeclaredProperties(app, find)).toEqual(want);
    const options: ValidateOptions = {
      knownShards: undefined,
      componentProblems: () => Promise.resolve([]),
      onComponentProblems: 'refuse',
      undeclared: (one) => undeclaredProperties(one, find),
    };
    expect(await validateApplication(request(app), options)).toEqual({ allowed: true, warnings: want });
    const unchanged = await validateApplication(request(app, { oldObject: app }), options);
    expect(unchanged).toEqual({ allowed: true, warnings: [] });
  });
});

describe('an Application that a shard has taken up', () => {
  const finalizers = ['app.oam.dev/resource-tracker-finalizer'];
  const taken = (ownership: Ownership): Application => {
    const { labels: all, annotations: notes } = ownershipPatch(ownership);
    const kept = (record: Readonly<Record<string, string | null>>): Record<string, string> =>
      Object.fromEntries(Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== null));
    const app = application({ labels: kept(all), annotations: kept(notes) });
    return { ...app, metadata: { ...app.metadata, finalizers } };
  };
  const move = {
    id: 'm',
    from: 'a',
    to: 'b',
    quiesced: 'no',
    requestedAt: 1,
    reason: 'drain',
    cancelled: false,
  } as const;
  const stopped = { ...move, quiesced: 'acknowledged' } as const;
  const byLabel = { ...move, id: 'label', requestedAt: 0, reason: 'label' };

  test.each<{ name: string; before: Ownership; given: Ownership; want: Ownership }>([
    {
      name: 'with a changed label gets a move request',
      before: { shard: 'a', epoch: 2, move: undefined },
      given: { shard: 'b', epoch: 2, move: undefined },
      want: { shard: 'a', epoch: 2, move: byLabel },
    },
    {
      name: 'with a label changed by a replacement does, too',
      before: { shard: 'a', epoch: 2, move: undefined },
      given: { shard: 'b', epoch: 0, move: undefined },
      want: { shard: 'a', epoch: 2, move: byLabel },
    },
    {
      name: 'that is moved goes to its new shard',
      before: { shard: 'a', epoch: 2, move: stopped },
      given: { shard: 'b', epoch: 3, move: undefined },
      want: { shard: 'b', epoch: 3, move: undefined },
    },
    {
      name: 'with an acknowledged move keeps it in a replacement',
      before: { shard: 'a', epoch: 2, move: stopped },
      given: { shard: undefined, epoch: 0, move: undefined },
      want: { shard: 'a', epoch: 2, move: stopped },
    },
    {
      name: 'with a cancelled move loses it',
      before: { shard: 'a', epoch: 2, move: { ...stopped, cancelled: true } },
      given: { shard: 'a', epoch: 2, move: undefined },
      want: { shard: 'a', epoch: 2, move: undefined },
    },
    {
      name: 'with a move without acknowledgement loses it at once',
      before: { shard: 'a', epoch: 2, move },
      given: { shard: 'a', epoch: 2, move: undefined },
      want: { shard: 'a', epoch: 2, move: undefined },
    },
    {
      name: 'that is replaced keeps its epoch',
      before: { shard: 'a', epoch: 2, move: undefined },
      given: { shard: undefined, epoch: 0, move: undefined },
      want: { shard: 'a', epoch: 2, move: undefined },
    },
  ])('$name', ({ before, given, want }) => {
    expect(ownershipOf(mutated(taken(given), picking, { oldObject: taken(before) }))).toEqual(want);
  });
});

describe('the shard of an Application', () => {
  test.each([
    { name: 'taken away', before: shard('a'), given: {}, want: 'a' },
    { name: 'emptied', before: shard('a'), given: shard(''), want: 'a' },
    { name: 'changed', before: shard('a'), given: shard('b'), want: 'b' },
    { name: 'given at creation', before: undefined, given: shard('b'), want: 'b' },
    { name: 'not given at creation', before: undefined, given: {}, want: 'picked' },
    { name: 'not there and still not', before: {}, given: {}, want: 'picked' },
  ])('that is $name becomes $want', ({ before, given, want }) => {
    const more = before ? { oldObject: application(before) } : {};
    expect(mutated(application(given), picking, more).metadata.labels?.[labels.scheduledShardId]).toBe(want);
  });

  test('stays unset while no shard is available', () => {
    expect(mutateApplication(request(application()), { ...picking, pick: () => undefined })).toEqual({ allowed: true });
  });

  test('is not changed without sharding', () => {
    const answer = mutateApplication(request(application(), { oldObject: application(shard('a')) }), off);
    expect(answer).toEqual({ allowed: true });
  });
});

describe('step names', () => {
  test('are filled in where they are missing', () => {
    const steps = [
      { type: 'deploy' },
      { name: 'mine', type: 'step-group', subSteps: [{ type: 'a' }, { name: '', type: 'b' }] },
    ];
    expect(mutated(application({ spec: { ...spec, workflow: { steps } } }), off).spec.workflow?.steps).toEqual([
      { name: 'step-0', type: 'deploy' },
      {
        name: 'mine',
        type: 'step-group',
        subSteps: [
          { name: 'step-1-0', type: 'a' },
          { name: 'step-1-1', type: 'b' },
        ],
      },
    ]);
  });

  test.each([
    { name: 'no spec', spec: null },
    { name: 'steps that are no list', spec: { workflow: { steps: 'x' } } },
    { name: 'steps that are no objects', spec: { workflow: { steps: ['x', null] } } },
    { name: 'sub-steps that are no list', spec: { workflow: { steps: [{ type: 'a', subSteps: 7 }] } } },
  ])('leave an application with $name to the schema', ({ spec: odd }) => {
    expect(mutateApplication(request(application({ spec: odd })), off)).toEqual({ allowed: true });
  });
});

describe('the author of an Application', () => {
  const identity = {
    self: 'system:serviceaccount:vela-system:kubevela-vela-core',
    withUser: true,
    groupPatterns: ['kubevela:*'],
  };
  const on: MutateOptions = { identity, pick: undefined };
  const forged = application({ annotations: { [annotations.username]: 'root', [annotations.group]: 'kubevela:all' } });

  test('is the user of the request, with the groups that match as a whole', () => {
    expect(mutated(forged, on).metadata.annotations).toEqual({
      [annotations.username]: 'jane',
      [annotations.group]: 'kubevela:dev',
    });
  });

  test('is not named where only groups count', () => {
    const options = { ...on, identity: { ...identity, withUser: false } };
    expect(mutated(forged, options).metadata.annotations).toEqual({ [annotations.group]: 'kubevela:dev' });
  });

  test('stays the same while the spec does', () => {
    const before = application({ annotations: { [annotations.username]: 'joe' } });
    expect(mutated(forged, on, { oldObject: before }).metadata.annotations).toEqual({ [annotations.username]: 'joe' });
  });

  test('is not touched by the controller itself', () => {
    const userInfo = { username: identity.self, groups: [] };
    expect(mutated(forged, on, { userInfo })).toBe(forged);
  });

  test('may not be replaced by a ServiceAccount', () => {
    const app = application({ annotations: { [annotations.serviceAccountName]: 'admin' } });
    const answer = mutateApplication(request(app), on);
    expect(answer).toMatchObject({
      allowed: false,
      code: 400,
      message: expect.stringContaining('is forbidden') as unknown,
    });
    expect(mutateApplication(request(app), off).allowed).toBe(true);
  });
});

const lenient: ValidateOptions = {
  knownShards: undefined,
  componentProblems: () => Promise.resolve([]),
  onComponentProblems: 'warn',
};

async function messageOf(app: Application, options = lenient, more: Partial<AdmissionRequest> = {}): Promise<string> {
  const answer = await validateApplication(request(app, more), options);
  return answer.allowed ? '' : answer.message;
}

const withSteps = (...steps: object[]): Application => application({ spec: { ...spec, workflow: { steps } } });

describe('validation of an Application', () => {
  test.each([
    { name: 'nothing special', app: application(), says: '' },
    {
      name: 'two ways to publish',
      app: application({ annotations: { [annotations.autoUpdate]: 'true', [annotations.publishVersion]: 'v1' } }),
      says: '\n  1) "metadata.annotations": Application has both autoUpdate and publishVersion annotations. Only one can be',
    },
    {
      name: 'a publish version and no automatic update',
      app: application({ annotations: { [annotations.autoUpdate]: 'false', [annotations.publishVersion]: 'v1' } }),
      says: '',
    },
    {
      name: 'one name for a step and a sub-step',
      app: withSteps({ name: 'a', type: 't', subSteps: [{ name: 'b', type: 't' }] }, { name: 'b', type: 't' }),
      says: '"spec.workflow.steps[1].name": duplicated step name "b".',
    },
    {
      name: 'a timeout of a sub-step that is none',
      app: withSteps({ name: 'a', type: 't', subSteps: [{ name: 'b', type: 't', timeout: 'soon' }] }),
      says: '"spec.workflow.steps[0].subSteps[0].timeout": invalid timeout "soon"',
    },
    {
      name: 'timeouts',
      app: withSteps({ name: 'a', type: 't', timeout: '1d' }, { name: 'b', type: 't', timeout: '1h30m' }),
      says: '',
    },
  ])('of $name says "$says"', async ({ app, says }) => {
    expect(await messageOf(app)).toContain(says);
    if (says === '') expect(await messageOf(app)).toBe('');
  });

  test('numbers all problems', async () => {
    const app = withSteps({ name: 'a', type: 't', timeout: 'x' }, { name: 'a', type: 't' });
    expect(await messageOf(app)).toMatch(/\n {2}1\) .*\n {2}2\) /);
  });

  test('renders components for a new spec only', async () => {
    const seen: boolean[] = [];
    const componentProblems: ValidateOptions['componentProblems'] = (_, isNewSpec) => {
      seen.push(isNewSpec);
      return Promise.resolve([]);
    };
    await messageOf(application(), { ...lenient, componentProblems });
    await messageOf(application(), { ...lenient, componentProblems }, { oldObject: application() });
    expect(seen).toEqual([true, false]);
  });

  test('skips what is being deleted', async () => {
    const app = { ...withSteps({ name: 'a', type: 't', timeout: 'x' }) };
    const deleted = { ...app, metadata: { ...app.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(await messageOf(deleted, lenient, { oldObject: app })).toBe('');
  });

  test('refuses problems of components or warns of them', async () => {
    const twice = application({ spec: { components: [spec.components[0], spec.components[0]] } });
    const warns: ValidateOptions = { ...lenient, componentProblems: () => Promise.resolve(['unknown type']) };
    const strict: ValidateOptions = { ...warns, onComponentProblems: 'refuse' };
    expect(await messageOf(twice, strict)).toContain('"spec.components[1].name": duplicated component name "web"');
    expect(await messageOf(application(), strict)).toContain('"spec": unknown type.');
    const warned = async (app: Application): Promise<unknown> =>
      (await validateApplication(request(app), warns)).warnings;
    expect(await warned(twice)).toEqual([
      'spec.components[1].name: duplicated component name "web"; it does not run until that is mended',
    ]);
    expect(await warned(application())).toEqual(['spec: unknown type; it does not run until that is mended']);
  });

  test('warns of a shard without a process', async () => {
    const options: ValidateOptions = { ...lenient, knownShards: () => ['master', 'a'] };
    const answer = await validateApplication(request(application(shard('nowhere'))), options);
    expect(answer).toMatchObject({ allowed: true, warnings: [expect.stringContaining('shard "nowhere"')] });
    expect(await validateApplication(request(application(shard('a'))), options)).toMatchObject({ warnings: [] });
  });
});
