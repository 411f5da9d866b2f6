import { beforeEach, describe, expect, test } from '@jest/globals';
import { ApiError } from '../apis/api-error.ts';
import type { Application } from '../apis/application.ts';
import { labels } from '../apis/names.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { CueExpressions } from '../render/cue/cue-expressions.ts';
import { CueEngine } from '../render/cue/cue-engine.ts';
import { HandlebarsEngine } from '../render/handlebars-engine.ts';
import type { AdmissionAnswer, AdmissionRequest } from '../webhook/admission-review.ts';
import { admissionHandlers } from './handlers.ts';
import type { HandlerParts } from './handlers.ts';

const mutatePath = '/mutating-core-oam-dev-v1beta1-applications';
const validatePath = '/validating-core-oam-dev-v1beta1-applications';
const engines = { handlebars: new HandlebarsEngine(), cue: new CueEngine(), expressions: new CueExpressions() };
const { signal } = new AbortController();
let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
});

const partsOf = (given: Partial<HandlerParts> = {}): HandlerParts => ({
  client: {
    resourceFor: () => Promise.reject(new Error('not used')),
    get: () => Promise.reject(new Error('not used')),
  },
  clock,
  logger: silentLogger(),
  engines,
  clusterVersion: { major: '1', minor: 36, gitVersion: 'v1.36.0', platform: '' },
  gates: {
    ValidateResourcesExist: false,
    EnableCueValidation: false,
    EnableApplicationScopedPolicies: false,
    EnableGlobalPolicies: false,
  },
  definitions: { get: () => undefined, list: () => [] },
  hasDefinitions: () => true,
  definitionNamespace: 'vela-system',
  identity: undefined,
  onComponentProblems: 'refuse',
  scheduling: undefined,
  ...given,
});

const app = (shard?: string): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: {
    name: 'web',
    namespace: 'default',
    ...(shard !== undefined && { labels: { [labels.scheduledShardId]: shard } }),
  },
  spec: { components: [{ name: 'web', type: 'webservice' }] },
});

const request = (object: Application): AdmissionRequest => ({
  uid: 'u',
  kind: { group: 'core.oam.dev', version: 'v1beta1', kind: 'Application' },
  resource: { group: 'core.oam.dev', version: 'v1beta1', resource: 'applications' },
  operation: 'CREATE',
  userInfo: { username: 'jane', groups: [] },
  object,
});

async function answerOf(path: string, parts: HandlerParts, object = app()): Promise<AdmissionAnswer> {
  const answering = Promise.resolve(admissionHandlers(parts)[path]?.(request(object), signal) as AdmissionAnswer);
  for (let i = 0; i < 6; i += 1) {
    await new Promise(setImmediate);
    await clock.advance(500);
  }
  return answering;
}

const shardOf = (answer: AdmissionAnswer): string | undefined =>
  answer.allowed ? answer.object?.metadata.labels?.[labels.scheduledShardId] : undefined;

describe('the mutation of an Application', () => {
  const known = (): readonly string[] => ['a', 'b'];

  test('assigns the chosen shard', async () => {
    const scheduling = { pick: () => Promise.resolve('b'), known };
    expect(shardOf(await answerOf(mutatePath, partsOf({ scheduling })))).toBe('b');
  });

  test('keeps a given shard without a choice', async () => {
    let choices = 0;
    const pick = (): Promise<string> => {
      choices += 1;
      return Promise.resolve('b');
    };
    await answerOf(mutatePath, partsOf({ scheduling: { pick, known } }), app('a'));
    expect(choices).toBe(0);
  });

  test.each([
    { name: 'fails', pick: () => Promise.reject(new Error('no namespace')) },
    { name: 'is late', pick: () => new Promise<undefined>(() => undefined) },
  ])('warns and leaves it unassigned when the choice $name', async ({ pick }) => {
    const answer = await answerOf(mutatePath, partsOf({ scheduling: { pick, known } }));
    expect(shardOf(answer)).toBeUndefined();
    expect(answer).toMatchObject({ allowed: true, warnings: [expect.stringContaining('no shard could be chosen')] });
  });
});

describe('the validation of an Application', () => {
  test('refuses an unknown component type, after a second check', async () => {
    let reads = 0;
    const definitions = {
      get: () => {
        reads += 1;
        return undefined;
      },
      list: () => [],
    };
    const answer = await answerOf(validatePath, partsOf({ definitions }));
    expect(answer).toMatchObject({
      allowed: false,
      message: expect.stringContaining('webservice') as unknown,
    });
    expect(reads).toBeGreaterThan(1);
  });

  test('refuses a deploy step with a policy that does not exist', async () => {
    const notFound = new ApiError({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      code: 404,
      reason: 'NotFound',
    });
    const client = { ...partsOf().client, get: () => Promise.reject(notFound) };
    const workflow = { steps: [{ type: 'deploy', properties: { policies: ['more'] } }] };
    const given: Application = { ...app(), spec: { ...app().spec, workflow } };
    const answer = await answerOf(validatePath, partsOf({ client }), given);
    expect(answer).toMatchObject({
      allowed: false,
      message: expect.stringContaining('policy "more" of a deploy step is neither declared nor a Policy') as unknown,
    });
  });

  test('refuses a component that cannot be rendered', async () => {
    const template = 'output: {apiVersion: "v1", kind: "ConfigMap", data: a: 1 & 2}\nparameter: {}';
    const webservice = {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ComponentDefinition',
      metadata: { name: 'webservice', namespace: 'vela-system' },
      spec: { workload: { type: 'autodetects.core.oam.dev' }, schematic: { cue: { template } } },
    };
    const definitions = { get: () => webservice, list: () => [webservice] };
    expect(await answerOf(validatePath, partsOf({ definitions }))).toMatchObject({
      allowed: false,
      message: expect.stringContaining('component "web": ') as unknown,
    });
  });

  test('does not refuse it before all definitions are cached', async () => {
    expect(await answerOf(validatePath, partsOf({ hasDefinitions: () => false }))).toMatchObject({ allowed: true });
  });

  test('warns instead where the shards validate', async () => {
    const answer = await answerOf(validatePath, partsOf({ onComponentProblems: 'warn' }));
    expect(answer).toMatchObject({ allowed: true, warnings: [expect.stringContaining('webservice')] });
  });
});
