import { describe, expect, test } from '@jest/globals';
import { annotations, labels } from '../apis/names.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { checkAllowed } from './allowed.ts';
import { containsObject } from './contains.ts';
import { withEncodedData } from './encoded-data.ts';
import { lastAppliedOf, withLastApplied } from './last-applied.ts';
import { frozenPaths, withLivePaths } from './live-path.ts';
import { claimOn, ownerKeyOf, ownerOf, sharersOf } from './ownership.ts';
import { renderHashOf, withoutRenderHash, withRenderHash } from './render-hash.ts';

const object = (more: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'apps', ...metadata },
  ...more,
});

describe('an object may be delivered', () => {
  const open = { allowCrossNamespace: true, allowResourceTypes: '' };
  const bare: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };

  test.each([
    { name: 'anywhere', one: object(), namespace: 'other', rules: open },
    { name: 'to its own namespace', one: object(), namespace: 'apps', rules: { ...open, allowCrossNamespace: false } },
    { name: 'without a namespace', one: bare, namespace: 'apps', rules: { ...open, allowCrossNamespace: false } },
    {
      name: 'of a listed type',
      one: object(),
      namespace: 'apps',
      rules: { ...open, allowResourceTypes: 'whitelist:ConfigMap.v1, Deployment.v1.apps' },
    },
    {
      name: 'of a type of the core group',
      one: bare,
      namespace: 'apps',
      rules: { ...open, allowResourceTypes: 'whitelist:ConfigMap.v1' },
    },
    {
      name: 'of a type that is not refused',
      one: object(),
      namespace: 'apps',
      rules: { ...open, allowResourceTypes: 'blacklist:Secret.v1' },
    },
  ])('$name', ({ one, namespace, rules }) => {
    expect(() => {
      checkAllowed(one, namespace, rules);
    }).not.toThrow();
  });

  test.each([
    {
      name: 'to another namespace',
      rules: { ...open, allowCrossNamespace: false },
      says: /outside of the application's namespace other, which this installation forbids/,
    },
    {
      name: 'of a type that is not listed',
      rules: { ...open, allowResourceTypes: 'whitelist:ConfigMap.v1' },
      says: /has type Deployment\.v1\.apps, which this installation forbids/,
    },
    {
      name: 'of a type that is refused',
      rules: { ...open, allowResourceTypes: 'blacklist:Secret.v1,Deployment.v1.apps' },
      says: /has type Deployment\.v1\.apps/,
    },
    {
      name: 'of any type where none is listed',
      rules: { ...open, allowResourceTypes: 'whitelist:' },
      says: /has type/,
    },
  ])('but not $name', ({ rules, says }) => {
    expect(() => {
      checkAllowed(object(), 'other', rules);
    }).toThrow(says);
  });
});

describe('the owner of a live object', () => {
  const owned = (owner: string | undefined, sharedBy?: string): KubeObject => {
    const [namespace, name] = owner?.split('/') ?? [];
    return object(
      {},
      {
        labels: { ...(owner && { [labels.appName]: name, [labels.appNamespace]: namespace }) },
        ...(sharedBy !== undefined && { annotations: { [annotations.sharedBy]: sharedBy } }),
      },
    );
  };

  test('is read from its labels, and so are those that share it', () => {
    expect(ownerKeyOf(object())).toBe('apps/web');
    expect([ownerOf(owned('apps/a')), ownerOf(owned(undefined))]).toEqual(['apps/a', undefined]);
    expect([sharersOf(owned('apps/a', 'apps/a,,apps/b')), sharersOf(owned(undefined))]).toEqual([
      ['apps/a', 'apps/b'],
      [],
    ]);
  });

  test.each([
    { live: owned('apps/me'), rules: {}, claim: 'own' },
    { live: owned('apps/me', 'apps/me,apps/b'), rules: { shared: true }, claim: 'own' },
    { live: owned(undefined), rules: {}, claim: 'unmanaged' },
    { live: owned('apps/other'), rules: {}, claim: 'foreign' },
    { live: owned(undefined), rules: { takeOver: true }, claim: 'take' },
    { live: owned('apps/other'), rules: { takeOver: true }, claim: 'take' },
    { live: owned('apps/other', 'apps/other'), rules: { shared: true }, claim: 'join' },
    { live: owned(undefined, 'apps/other'), rules: { shared: true }, claim: 'take' },
    { live: owned('apps/other'), rules: { shared: true }, claim: 'foreign' },
    { live: owned('apps/other', 'apps/other'), rules: {}, claim: 'foreign' },
    // the same name in another namespace is another Application
    { live: owned('elsewhere/me'), rules: {}, claim: 'foreign' },
  ])('$live.metadata with $rules makes the claim $claim', ({ live, rules, claim }) => {
    expect(claimOn(live, 'apps/me', { takeOver: false, shared: false, ...rules })).toBe(claim);
  });
});

describe('an object contains another', () => {
  test.each([
    { whole: { a: 1, b: 2 }, part: { a: 1 }, is: true },
    { whole: { a: 1 }, part: { a: 1, b: 2 }, is: false },
    { whole: { a: { b: 1, c: 2 } }, part: { a: { b: 1 } }, is: true },
    { whole: { a: [1, 2] }, part: { a: [1] }, is: false },
    { whole: { a: [{ b: 1, c: 2 }] }, part: { a: [{ b: 1 }] }, is: true },
    { whole: { a: [1, 2] }, part: { a: [2, 1] }, is: false },
    { whole: { a: {} }, part: { a: [] }, is: false },
    { whole: { a: null }, part: { a: {} }, is: false },
    { whole: { a: '1' }, part: { a: 1 }, is: false },
    { whole: { a: 1 }, part: { a: undefined }, is: true },
    { whole: {}, part: { status: { x: 1 } }, is: true },
    {
      whole: { metadata: { name: 'a' } },
      part: { metadata: { name: 'a', resourceVersion: '7', generation: 3, uid: 'u', managedFields: [] } },
      is: true,
    },
    { whole: { metadata: { labels: { a: '1' } } }, part: { metadata: { labels: { b: '2' } } }, is: false },
  ])('$whole has all of $part: $is', ({ whole, part, is }) => {
    expect(containsObject({ metadata: {}, ...whole }, part)).toBe(is);
  });
});

describe('a Secret', () => {
  const secret = (more: object): KubeObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, ...more });

  test.each([
    { given: { stringData: { a: 'ä' } }, data: { a: 'w6Q=' } },
    { given: { data: { a: 'eA==', b: 'eQ==' }, stringData: { a: 'z' } }, data: { a: 'eg==', b: 'eQ==' } },
    { given: { stringData: { n: 1, t: true } }, data: { n: 'MQ==', t: 'dHJ1ZQ==' } },
  ])('has its text of $given in data', ({ given, data }) => {
    expect(withEncodedData(secret(given))).toEqual(secret({ data }));
  });

  test.each([
    secret({ data: { a: 'eA==' } }),
    secret({ stringData: null }),
    object({ stringData: { a: 'b' } }),
    { ...secret({ stringData: { a: 'b' } }), apiVersion: 'example.com/v1' },
  ])('stays as it is where there is nothing to encode: %j', (one) => {
    expect(withEncodedData(one)).toBe(one);
  });
});

describe('the record of what was applied', () => {
  const noteOf = ({ metadata }: KubeObject): string | undefined =>
    metadata.annotations?.[annotations.lastAppliedConfiguration];

  test('is what was rendered, without the state that it is based on', () => {
    const given = object(
      { spec: { replicas: 1 } },
      {
        uid: 'u',
        resourceVersion: '7',
        labels: { a: 'b', [labels.deliveredBy]: 'shard-0' },
        annotations: { [annotations.shardFence]: '1/2', own: 'x' },
      },
    );
    const applied = withLastApplied(given);
    expect(JSON.parse(noteOf(applied) ?? '')).toEqual(
      object({ spec: { replicas: 1 } }, { labels: { a: 'b' }, annotations: { own: 'x' } }),
    );
    expect(applied.metadata).toMatchObject({
      uid: 'u',
      resourceVersion: '7',
      annotations: { own: 'x', [annotations.shardFence]: '1/2' },
    });
  });

  test('is the same for the same content, and read back', () => {
    const once = withLastApplied(object({ spec: { a: [1], b: { c: '<&>' } } }));
    expect(noteOf(withLastApplied(once))).toBe(noteOf(once));
    expect(lastAppliedOf(once)).toMatchObject({ spec: { a: [1], b: { c: '<&>' } } });
  });

  test.each([
    { name: 'a ConfigMap', one: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } } },
    { name: 'a Secret', one: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'c' } } },
    { name: 'one that says so', one: object({}, { annotations: { [annotations.lastAppliedConfiguration]: 'skip' } }) },
    { name: 'a large one', one: object({ spec: { text: 'x'.repeat(200 * 1024) } }) },
  ])('is not kept of $name', ({ one }) => {
    expect(withLastApplied(one)).toBe(one);
  });

  test.each([undefined, '', '-', '{', 'null', '[1]'])('cannot be read from %j', (text) => {
    const notes = text === undefined ? {} : { annotations: { [annotations.lastAppliedConfiguration]: text } };
    expect(lastAppliedOf(object({}, notes))).toBeUndefined();
  });
});

describe('apply-once rules', () => {
  const rule = (path: readonly string[], more: object = {}, selector: object = { resourceTypes: ['Deployment'] }) => ({
    selector,
    strategy: { path: [...path], ...more },
  });

  test.each([
    { rules: [rule(['spec.replicas'])], moment: 'onUpdate', paths: ['spec.replicas'] },
    {
      rules: [
        rule(['a'], { affect: 'onUpdate' }),
        rule(['b'], { affect: 'onStateKeep' }),
        rule(['c'], { affect: 'always' }),
      ],
      moment: 'onStateKeep',
      paths: ['b', 'c'],
    },
    {
      rules: [rule(['a'], {}, { resourceTypes: ['Service'] }), rule(['b'], {}, { resourceTypes: ['Deployment'] })],
      moment: 'onUpdate',
      paths: ['b'],
    },
    { rules: [{ selector: {} }], moment: 'onUpdate', paths: [] },
  ] as const)('$rules leave $paths at $moment', ({ rules, moment, paths }) => {
    expect(frozenPaths(rules as unknown as Parameters<typeof frozenPaths>[0], object(), moment)).toEqual(paths);
  });

  test('keep live values, and what is not there live is written', () => {
    const wanted = object({ spec: { replicas: 1, list: [{ image: 'new' }], fresh: 'x' } });
    const live = object({ spec: { replicas: 5, list: [{ image: 'old' }] } });
    expect(
      withLivePaths(wanted, live, ['spec.replicas', 'spec.list[0].image', 'spec.fresh', 'no..path'])['spec'],
    ).toEqual({ replicas: 5, list: [{ image: 'old' }], fresh: 'x' });
    expect(wanted['spec']).toMatchObject({ replicas: 1 });
  });
});

describe('the hash of what was rendered', () => {
  test('differs with the content alone, and is kept where it is there', () => {
    const [one, same, other] = [
      object({ spec: { a: 1, b: 2 } }),
      object({ spec: { b: 2, a: 1 } }),
      object({ spec: { a: 2 } }),
    ].map((each) => renderHashOf(withRenderHash(each)));
    expect(one).toMatch(/./);
    expect(same).toBe(one);
    expect(other).not.toBe(one);
    expect(renderHashOf(withRenderHash(object({}, { labels: { [labels.renderHash]: 'given' } })))).toBe('given');
  });

  test('is taken off for trackers, other labels stay', () => {
    const hashed = withRenderHash(object({}, { labels: { a: 'b' } }));
    expect(withoutRenderHash(hashed).metadata.labels).toEqual({ a: 'b' });
    expect(withRenderHash(hashed)).toBe(hashed);
  });
});
