import { describe, expect, test } from '@jest/globals';
import type { Application } from '../apis/application.ts';
import type { ApplicationRevision } from '../apis/application-revision.ts';
import { newRevision, revisionHash, revisionNumber, revisionSpec } from './content.ts';
import { decideRevision } from './decide.ts';
import { canonicalJson, contentHash, sameContent, sameTyped } from './hash.ts';
import { revisionsToDelete } from './prune.ts';

test('a hash knows content, not the order of keys or absent fields', () => {
  expect(canonicalJson({ b: 1, a: { d: undefined, c: [1, null] } })).toBe('{"a":{"c":[1,null]},"b":1}');
  expect(contentHash({ a: 1, b: 2 })).toBe(contentHash({ b: 2, a: 1 }));
  expect(contentHash({ a: [1, 2] })).not.toBe(contentHash({ a: [2, 1] }));
  expect(contentHash({})).toMatch(/^[0-9a-f]{16}$/);
});

test.each<[unknown, unknown, boolean]>([
  [{ a: undefined }, {}, true],
  [{ a: null }, {}, false],
  [{ a: { b: [1, { c: 'x' }] }, d: true }, { d: true, a: { b: [1, { c: 'x' }] } }, true],
  [{ a: [1, 2] }, { a: [2, 1] }, false],
  [{ a: [1] }, { a: { 0: 1 } }, false],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ toString: 1 }, {}, false],
  [undefined, null, true],
  [undefined, {}, false],
  ['1', 1, false],
])('the content of %j and %j: the same is %s', (a, b, same) => {
  expect(sameContent(a, b)).toBe(same);
  expect(sameContent(b, a)).toBe(same);
  expect(canonicalJson(a) === canonicalJson(b)).toBe(same);
});

test.each<[unknown, unknown, boolean]>([
  [{ a: '', b: { c: { name: '' } }, d: [] }, {}, true],
  [{ stage: '', podDisruptive: false, revision: 0 }, { stage: null }, true],
  [{ steps: [{ name: 'a', timeout: '' }] }, { steps: [{ name: 'a' }] }, true],
  [{ steps: [{}, { name: 'a' }] }, { steps: [{ name: 'a' }] }, false],
  [{ properties: { replicas: 0 } }, { properties: {} }, false],
  [{ a: 'x' }, { a: '' }, false],
])('%j and %j are the same to a program with typed fields: %s', (a, b, same) => {
  expect(sameTyped(a, b)).toBe(same);
});

const component = (image: string) => ({ name: 'web', type: 'webservice', properties: { image } });
const app = (image: string, annotations: Readonly<Record<string, string>> = {}): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'app', namespace: 'ns', uid: 'u', annotations, labels: { team: 'x' } },
  spec: { components: [component(image)] },
  status: { status: 'running' },
});
const meta = {
  apiVersion: 'core.oam.dev/v1beta1',
  metadata: { name: 'd', namespace: 'vela-system', resourceVersion: '7' },
};
const specOf = (a: Application, template = 't', trait = 't') =>
  revisionSpec({
    app: a,
    componentDefinitions: {
      webservice: {
        ...meta,
        kind: 'ComponentDefinition',
        spec: { workload: {}, schematic: { handlebars: { template } } },
      },
    },
    traitDefinitions: {
      scaler: { ...meta, kind: 'TraitDefinition', spec: { schematic: { handlebars: { template: trait } } } },
    },
  });
const revision = (a: Application, number = 1, template = 't'): ApplicationRevision =>
  newRevision(a, specOf(a, template), number);

test('a revision carries what it was made of, without what changes by itself', () => {
  const made = revision(app('a', { 'kubectl.kubernetes.io/last-applied-configuration': '{}', note: 'n' }), 3);
  expect(made.metadata).toMatchObject({
    name: 'app-v3',
    namespace: 'ns',
    annotations: { note: 'n' },
    labels: { team: 'x', 'app.oam.dev/name': 'app' },
  });
  expect(made.metadata.annotations).toEqual({ note: 'n' });
  expect(made.spec.application).not.toHaveProperty('status');
  expect(made.spec.componentDefinitions?.['webservice']?.metadata).toEqual({ name: 'd', namespace: 'vela-system' });
  expect(revisionHash(made.spec)).toBe(revisionHash(specOf(app('a', { other: 'x' }))));
});

describe('the revision of an Application', () => {
  const publish = (version: string) => ({ 'app.oam.dev/publishVersion': version });
  const auto = { 'app.oam.dev/autoUpdate': 'true' };

  test.each([
    { name: 'is new when there is none', now: app('a'), latest: undefined, want: 'new' },
    { name: 'is the latest when nothing changed', now: app('a'), latest: revision(app('a')), want: 'same' },
    { name: 'is new when the spec changed', now: app('b'), latest: revision(app('a')), want: 'new' },
    { name: 'does not follow a changed definition', now: app('a'), latest: revision(app('a'), 1, 'old'), want: 'same' },
    {
      name: 'follows a changed definition with auto-update',
      now: app('a', auto),
      latest: revision(app('a', auto), 1, 'old'),
      want: 'new',
    },
    {
      name: 'is pinned by an unchanged publish version',
      now: app('b', publish('1')),
      latest: revision(app('a', publish('1'))),
      want: 'pinned',
    },
    {
      name: 'is new for a new publish version',
      now: app('a', publish('2')),
      latest: revision(app('a', publish('1'))),
      want: 'new',
    },
    {
      name: 'is new when the publish version was dropped',
      now: app('a'),
      latest: revision(app('a', publish('1'))),
      want: 'new',
    },
    {
      name: 'is an older one of the same content',
      now: app('a'),
      latest: revision(app('b'), 2),
      older: revision(app('a')),
      want: 'older',
    },
    {
      name: 'is not an older one of another publish version',
      now: app('a'),
      latest: revision(app('b'), 2),
      older: revision(app('a', publish('1'))),
      want: 'new',
    },
  ])('$name', ({ now, latest, older, want }) => {
    expect(decideRevision({ app: now, spec: specOf(now), latest, candidates: older ? [older] : [] }).kind).toBe(want);
  });

  test('takes the traits as they are now and the components as they were', () => {
    const latest = revision(app('a'), 1, 'old');
    const decision = decideRevision({ app: app('a'), spec: specOf(app('a'), 'new', 'new'), latest, candidates: [] });
    expect(decision).toMatchObject({
      kind: 'same',
      spec: {
        componentDefinitions: { webservice: { spec: { schematic: { handlebars: { template: 'old' } } } } },
        traitDefinitions: { scaler: { spec: { schematic: { handlebars: { template: 'new' } } } } },
      },
    });
  });
});

test('keeps what another controller stored where only empty fields differ', () => {
  const stored = revision(app('a'));
  const { traitDefinitions: _, ...spec } = stored.spec;
  const kept = decideRevision({
    app: app('a'),
    spec: { ...spec, traitDefinitions: {} },
    latest: { ...stored, spec },
    candidates: [],
  });
  expect(kept).toMatchObject({ kind: 'same', spec });
  expect(kept.kind === 'same' && Object.keys(kept.spec)).toEqual(Object.keys(spec));
});

test.each([
  { names: [1, 2, 3, 4, 5], inUse: [5], limit: 2, want: [1, 2] },
  { names: [1, 2, 10, 9], inUse: [1], limit: 2, want: [2] },
  { names: [1, 2], inUse: [2], limit: 10, want: [] },
  { names: [1, 2, 3], inUse: [1, 3], limit: 0, want: [2] },
])('of $names with $inUse in use and a limit of $limit, $want go', ({ names, inUse, limit, want }) => {
  const named = (numbers: readonly number[]) => numbers.map((n) => `app-v${n}`);
  expect(revisionsToDelete(named(names), named(inUse), limit)).toEqual(named(want));
});

test.each([
  { name: 'app-v12', want: 12 },
  { name: 'v2-app', want: 0 },
])('the number of $name is $want', ({ name, want }) => {
  expect(revisionNumber(name)).toBe(want);
});
