import { describe, expect, test } from '@jest/globals';
import type { Resource } from '../../machinery/src/meta.ts';
import { collectionPath, groupVersionPath, objectPath, selectionQuery, withQuery } from './path.ts';

const pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const nodes: Resource = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
const apps: Resource = {
  group: 'core.oam.dev',
  version: 'v1beta1',
  kind: 'Application',
  plural: 'applications',
  namespaced: true,
};

test.each([
  ['v1', '/api/v1'],
  ['apps/v1', '/apis/apps/v1'],
])('the version %s is at %s', (apiVersion, path) => {
  expect(groupVersionPath(apiVersion)).toBe(path);
});

describe('the path of objects', () => {
  test.each([
    { resource: pods, namespace: 'a', path: '/api/v1/namespaces/a/pods' },
    { resource: pods, namespace: undefined, path: '/api/v1/pods' },
    { resource: pods, namespace: '', path: '/api/v1/pods' },
    { resource: nodes, namespace: 'a', path: '/api/v1/nodes' },
    { resource: apps, namespace: 'a', path: '/apis/core.oam.dev/v1beta1/namespaces/a/applications' },
  ])('of $resource.kind in $namespace is $path', ({ resource, namespace, path }) => {
    expect(collectionPath(resource, namespace)).toBe(path);
  });

  test.each([
    {
      resource: pods,
      target: { namespace: 'a', name: 'b' },
      subresource: undefined,
      path: '/api/v1/namespaces/a/pods/b',
    },
    {
      resource: pods,
      target: { namespace: 'a', name: 'b' },
      subresource: 'log',
      path: '/api/v1/namespaces/a/pods/b/log',
    },
    { resource: nodes, target: { name: 'b' }, subresource: undefined, path: '/api/v1/nodes/b' },
    {
      resource: nodes,
      target: { name: 'system:a b?#' },
      subresource: undefined,
      path: '/api/v1/nodes/system%3Aa%20b%3F%23',
    },
  ])('named $target is $path', ({ resource, target, subresource, path }) => {
    expect(objectPath(resource, target, subresource)).toBe(path);
  });

  test.each([
    { target: { namespace: 'a', name: '' }, says: 'Pod: metadata.name is missing' },
    { target: { name: 'b' }, says: 'Pod "b": metadata.namespace is missing' },
    { target: { namespace: '', name: 'b' }, says: 'Pod "b": metadata.namespace is missing' },
    // a path is cleaned on its way: the request would be about the namespace itself
    { target: { namespace: 'a', name: '..' }, says: 'Pod: ".." is no name' },
    { target: { namespace: 'a', name: '.' }, says: 'Pod: "." is no name' },
    { target: { namespace: 'a', name: 'b/../c' }, says: 'Pod: "b/../c" is no name' },
    { target: { namespace: 'a', name: '%2e%2e' }, says: 'Pod: "%2e%2e" is no name' },
    { target: { namespace: '..', name: 'b' }, says: 'Pod: ".." is no namespace' },
  ])('is refused for $target', ({ target, says }) => {
    expect(() => objectPath(pods, target)).toThrow(says);
  });

  test('of all is refused in a namespace that is none', () => {
    expect(() => collectionPath(pods, '../secrets')).toThrow('Pod: "../secrets" is no namespace');
  });
});

describe('the query of a request', () => {
  test.each([
    { path: '/a', query: {}, want: '/a' },
    { path: '/a', query: { b: undefined, c: false }, want: '/a' },
    { path: '/a', query: { limit: 500, watch: true }, want: '/a?limit=500&watch=true' },
    { path: '/a', query: { labelSelector: 'a=b,c in (d)' }, want: '/a?labelSelector=a%3Db%2Cc%20in%20(d)' },
    { path: '/a?b=1', query: { c: 0 }, want: '/a?b=1&c=0' },
  ])('$query of $path is $want', ({ path, query, want }) => {
    expect(withQuery(path, query)).toBe(want);
  });

  test('has no selector that is empty', () => {
    expect(selectionQuery({ labelSelector: '', fieldSelector: '' })).toEqual({
      labelSelector: undefined,
      fieldSelector: undefined,
    });
    expect(selectionQuery({ labelSelector: 'a', fieldSelector: 'b' })).toEqual({
      labelSelector: 'a',
      fieldSelector: 'b',
    });
  });
});
