import { describe, expect, test } from '@jest/globals';
import type { Application } from '../apis/application.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import type { ResourceTracker } from '../apis/resource-tracker.ts';
import { checkAllowed } from './allowed.ts';
import { mapBounded } from './bounded.ts';
import { frozenPaths, withLivePaths } from './live-path.ts';
import { applyOrder, ownedManifest, resourceKey } from './manifest.ts';
import { claimOn } from './ownership.ts';
import { classify, newTracker, trackerName, withEntries } from './tracker.ts';

const app = (generation: number, more: KubeObject['metadata'] = {}): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'app', namespace: 'ns', uid: 'u', generation, ...more },
  spec: { components: [] },
});
const owner = (generation: number, revision = `app-v${generation}`, publishVersion = '') => ({
  app: app(generation),
  revision,
  publishVersion,
  shard: 'shard-0',
});
const object = (kind: string, name = 'n', namespace = 'ns', apiVersion = 'v1'): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
});

test.each([
  { type: 'root' as const, publishVersion: '', want: 'app-ns' },
  { type: 'versioned' as const, publishVersion: '', want: 'app-v3-ns' },
  { type: 'versioned' as const, publishVersion: 'alpha', want: 'app-alpha-ns' },
])('the name of a $type tracker is $want', ({ type, publishVersion, want }) => {
  expect(trackerName(owner(3, 'app-v1', publishVersion), type)).toBe(want);
});

describe('trackers are classified', () => {
  const of = (generation: number, more: object = {}): ResourceTracker => {
    const tracker = newTracker(owner(generation), 'versioned', []);
    return { ...tracker, metadata: { ...tracker.metadata, ...more } };
  };
  const names = (t: readonly (ResourceTracker | undefined)[]) => t.map((x) => x?.metadata.name);
  const gone = { deletionTimestamp: '2026-01-01T00:00:00Z' };

  test.each([
    { name: 'by generation', trackers: [of(2), of(1)], for: owner(2), current: 'app-v2-ns', history: ['app-v1-ns'] },
    {
      name: 'none is current for a new generation',
      trackers: [of(1)],
      for: owner(2),
      current: undefined,
      history: ['app-v1-ns'],
    },
    {
      name: 'the newest stays current for its own revision',
      trackers: [of(1)],
      for: owner(3, 'app-v1'),
      current: 'app-v1-ns',
      history: [],
    },
    {
      name: 'an older one of the revision does not',
      trackers: [of(1), of(2)],
      for: owner(3, 'app-v1'),
      current: undefined,
      history: ['app-v1-ns', 'app-v2-ns'],
    },
    {
      name: 'one that is being deleted is history',
      trackers: [of(2, gone)],
      for: owner(2),
      current: undefined,
      history: ['app-v2-ns'],
    },
    {
      name: 'by publish version',
      trackers: [of(1, { annotations: { 'app.oam.dev/publishVersion': 'a' } }), of(2)],
      for: owner(2, 'app-v1', 'a'),
      current: 'app-v1-ns',
      history: ['app-v2-ns'],
    },
  ])('$name', ({ trackers, for: owner, current, history }) => {
    const result = classify(trackers, owner);
    expect([names([result.current])[0], names(result.history)]).toEqual([current, history]);
  });
});

test('entries are replaced by key, whatever the version of their kind, and equal ones change nothing', () => {
  const entry = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'n', namespace: 'ns' };
  expect(withEntries([entry], [{ ...entry }])).toBeUndefined();
  expect(withEntries([entry], [{ ...entry, apiVersion: 'apps/v2' }])).toEqual([{ ...entry, apiVersion: 'apps/v2' }]);
  expect(resourceKey(entry)).toBe('apps/Deployment/local/ns/n');
});

test('what others need is applied first', () => {
  const kinds = ['Deployment', 'ConfigMap', 'Role', 'CustomResourceDefinition', 'Widget', 'Namespace', 'Secret'];
  const waves = applyOrder(kinds.map((kind) => ({ object: object(kind), component: 'c', trait: '' })));
  expect(waves.map((wave) => wave.map((m) => m.object.kind))).toEqual([
    ['CustomResourceDefinition', 'Namespace'],
    ['Role'],
    ['ConfigMap', 'Secret'],
    ['Deployment', 'Widget'],
  ]);
});

test('labels and annotations of the Application go along, but for those about itself or filtered', () => {
  const annotations = {
    note: 'n',
    secret: 's',
    'filter.oam.dev/annotation-keys': 'secret',
    'filter.oam.dev/label-keys': 'tier',
  };
  const labels = { team: 't', tier: 'x', 'controller.core.oam.dev/scheduled-shard-id': 'shard-0' };
  const origin = {
    app: app(1, { labels, annotations }),
    revision: 'app-v1',
    revisionHash: 'h',
    component: 'c',
    componentType: 'web@v1',
  };
  const { metadata } = ownedManifest(
    { ...object('ConfigMap'), metadata: { name: 'n', labels: { own: 'o' } } },
    origin,
  ).object;
  expect(metadata.annotations).toEqual({ note: 'n' });
  expect(metadata.labels).toMatchObject({
    team: 't',
    own: 'o',
    'workload.oam.dev/type': 'web-v1',
    'app.oam.dev/name': 'app',
  });
  expect(Object.keys(metadata.labels ?? {})).not.toContain('tier');
  expect(Object.keys(metadata.labels ?? {})).not.toContain('controller.core.oam.dev/scheduled-shard-id');
});

test.each([
  { live: 'ns/app', rules: {}, want: 'own' },
  { live: undefined, rules: {}, want: 'unmanaged' },
  { live: undefined, rules: { takeOver: true }, want: 'take' },
  { live: 'ns/other', rules: {}, want: 'foreign' },
  { live: 'ns/other', rules: { takeOver: true }, want: 'take' },
  { live: 'ns/other', rules: { shared: true }, want: 'foreign' },
  { live: 'ns/other', sharedBy: 'ns/other', rules: { shared: true }, want: 'join' },
  { live: 'ns/other', sharedBy: 'ns/other', rules: {}, want: 'foreign' },
])('an object of $live shared by $sharedBy under $rules: $want', ({ live, sharedBy, rules, want }) => {
  const [namespace = '', name = ''] = live?.split('/') ?? [];
  const labels = live === undefined ? {} : { 'app.oam.dev/name': name, 'app.oam.dev/namespace': namespace };
  const annotations = sharedBy === undefined ? {} : { 'app.oam.dev/shared-by': sharedBy };
  const existing = { ...object('ConfigMap'), metadata: { name: 'n', labels, annotations } };
  expect(claimOn(existing, 'ns/app', { takeOver: false, shared: false, ...rules })).toBe(want);
});

test.each([
  { types: '', cross: true, namespace: 'other', want: undefined },
  { types: '', cross: false, namespace: 'other', want: 'outside of the application' },
  { types: '', cross: false, namespace: undefined, want: undefined },
  { types: 'whitelist:ConfigMap.v1', cross: true, namespace: 'ns', want: undefined },
  { types: 'whitelist:Deployment.v1.apps', cross: true, namespace: 'ns', want: 'has type ConfigMap.v1' },
  { types: 'blacklist:Secret.v1,ConfigMap.v1', cross: true, namespace: 'ns', want: 'has type ConfigMap.v1' },
])('allowed types "$types", other namespaces $cross, in $namespace: $want', ({ types, cross, namespace, want }) => {
  const metadata = { name: 'n', ...(namespace !== undefined && { namespace }) };
  const check = () => {
    const wanted = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
    checkAllowed(wanted, 'ns', { allowCrossNamespace: cross, allowResourceTypes: types });
  };
  if (want === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(want);
});

test('apply-once leaves named fields as they are live', () => {
  const wanted = { ...object('Deployment', 'n', 'ns', 'apps/v1'), spec: { replicas: 1, image: 'new' } };
  const live = { ...wanted, spec: { replicas: 5, image: 'old' } };
  const rules = [
    { selector: { resourceNames: ['n'] }, strategy: { path: ['spec.replicas'], affect: 'onStateKeep' } },
    { selector: { resourceNames: ['n'] }, strategy: { path: ['spec.nothing'] } },
  ];
  expect(frozenPaths(rules, wanted, 'onUpdate')).toEqual(['spec.nothing']);
  expect(withLivePaths(wanted, live, frozenPaths(rules, wanted, 'onStateKeep'))['spec']).toEqual({
    replicas: 5,
    image: 'new',
  });
});

test('a bounded map tries everything and reports every failure', async () => {
  let busy = 0;
  let most = 0;
  const work = async (n: number) => {
    most = Math.max(most, ++busy);
    await Promise.resolve();
    busy--;
    if (n % 2) throw new Error(`odd ${n}`);
    return n * 10;
  };
  await expect(mapBounded([0, 2, 4], 2, work)).resolves.toEqual([0, 20, 40]);
  expect(most).toBe(2);
  await expect(mapBounded([0, 1, 2, 3], 2, work)).rejects.toThrow('odd 1; odd 3');
  const many = mapBounded([1, 3, 5, 7, 9, 11], 1, work);
  await expect(many).rejects.toThrow(/^odd 1; odd 3; odd 5; and 3 more objects failed$/);
});
