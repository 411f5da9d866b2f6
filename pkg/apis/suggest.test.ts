import { describe, expect, test } from '@jest/globals';
import { failure } from '../../test/support/memory-api.ts';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { ignoreNotFound } from './api-error.ts';
import { applicationResource } from './application.ts';
import { patchObject } from './patch-object.ts';
import { nearest, suggestion } from './suggest.ts';

describe('the nearest word', () => {
  test.each([
    { word: 'stauts', words: ['status', 'show'], want: 'status' },
    { word: 'scalr', words: ['scaler', 'sidecar'], want: 'scaler' },
    { word: 'imge', words: ['image', 'cmd'], want: 'image' },
    { word: 'env', words: ['image', 'cmd'], want: undefined },
    { word: 'a', words: ['b'], want: undefined },
    { word: '', words: ['a'], want: undefined },
    { word: 'x', words: [], want: undefined },
    { word: 'shard-01', words: ['shard-1', 'shard-0'], want: 'shard-1' },
  ])('to "$word" among $words is $want', ({ word, words, want }) => {
    expect(nearest(word, words)).toBe(want);
    expect(suggestion(word, words)).toBe(want === undefined ? '' : `; did you mean "${want}"`);
  });
});

describe('an object that does not exist', () => {
  test('is undefined; other failures and answers are passed on', async () => {
    expect(await ignoreNotFound(Promise.resolve(7))).toBe(7);
    const absent: Promise<number> = Promise.reject(failure(404, 'NotFound', 'x'));
    expect(await ignoreNotFound(absent)).toBeUndefined();
    await expect(ignoreNotFound(Promise.reject(failure(403, 'Forbidden', 'no right')))).rejects.toThrow('no right');
  });
});

describe('a patch of an object that was read', () => {
  const cluster = new FakeCluster({ resources: [applicationResource], now: () => 0 });
  const app = cluster.create(applicationResource, {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'web', namespace: 'apps', labels: { a: '1' } },
    spec: {},
  });

  test('changes it at the version that was read, and is a conflict at another', async () => {
    const change = { metadata: { labels: { b: '2', a: null } } };
    const patched = await patchObject(cluster.client(), applicationResource, app, { change });
    expect(patched.metadata.labels).toEqual({ b: '2' });
    await expect(patchObject(cluster.client(), applicationResource, app, { change })).rejects.toMatchObject({
      reason: 'Conflict',
    });
  });

  test('of the status leaves the rest', async () => {
    const live = cluster.get(applicationResource, { name: 'web', namespace: 'apps' });
    const change = { status: { status: 'running' } };
    const patched = await patchObject(cluster.client(), applicationResource, live, { change, subresource: 'status' });
    expect(patched).toMatchObject({ metadata: { labels: { b: '2' } }, spec: {}, status: { status: 'running' } });
  });
});
