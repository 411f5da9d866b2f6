import { describe, expect, test } from '@jest/globals';
import type { KubeObject, ObjectMeta } from '../../../machinery/src/meta.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';

const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const nodes = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
const made = (metadata: ObjectMeta): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
const texts = (problems: readonly { field: string; message: string }[]) =>
  problems.map(({ field, message }) => `${field}: ${message}`);

describe('metadata of a new object', () => {
  test.each<[ObjectMeta, RegExp[]]>([
    [{ name: 'a.b', namespace: 'n' }, []],
    [{ namespace: 'n' }, [/^metadata.name: Required value: name or generateName is required$/]],
    [{ name: 'Bad_Name', namespace: 'n' }, [/Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must/]],
    [{ name: 'x'.repeat(254), namespace: 'n' }, [/must be no more than 253 characters$/]],
    [{ name: 'a', namespace: 'n', labels: { app: 'not ok!' } }, [/^metadata.labels: .*a valid label must be/]],
    [{ name: 'a', namespace: 'n', labels: { 'a/b/c': 'x' } }, [/a valid label key must .*'example.com\/MyName'\)$/]],
    [
      { name: 'a', namespace: 'n', annotations: { a: 'x'.repeat(300_000) } },
      [/Too long: may not be more than 262144 bytes/],
    ],
    [{ name: 'a', namespace: 'n', finalizers: ['a/b c'] }, [/^metadata.finalizers: Invalid value: "a\/b c"/]],
    [{ name: 'a', namespace: 'n', finalizers: ['orphan'] }, []],
    [
      { name: 'a', namespace: 'n', finalizers: ['mine'] },
      [/^metadata.finalizers\[0\]: .*"mine": name is neither a standard finalizer name nor is it fully qualified$/],
    ],
    [
      { name: 'a', namespace: 'n', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: '', uid: 'u' }] },
      [/^metadata.ownerReferences.name: Invalid value: "": must not be empty$/],
    ],
  ])('%j', (metadata, expected) => {
    const found = texts(validateMetadata(made(metadata), configMaps));
    expect(found).toHaveLength(expected.length);
    for (const [i, pattern] of expected.entries()) expect(found[i]).toMatch(pattern);
  });

  test('names of namespaces and services have no dots', () => {
    const found = texts(validateMetadata(made({ name: 'a.b' }), nodes, 'namespace'));
    expect(found).toEqual(['metadata.name: Invalid value: "a.b": must not contain dots']);
  });

  test('a cluster-scoped object has no namespace', () => {
    expect(texts(validateMetadata(made({ name: 'a', namespace: 'n' }), nodes))).toEqual([
      'metadata.namespace: Forbidden: not allowed on this type',
    ]);
  });
});

describe('metadata in an update', () => {
  const old = made({ name: 'a', namespace: 'n', uid: 'u', deletionTimestamp: 't', finalizers: ['x.y/z'] });

  test('identity is fixed, and reported twice as kube-apiserver does', () => {
    const found = texts(validateMetadataUpdate(made({ ...old.metadata, uid: 'other' }), old, nodes));
    const text = 'metadata.uid: Invalid value: "other": field is immutable';
    expect(found).toEqual([text, text]);
  });

  test('finalizers may go, not come, while the object is being deleted', () => {
    expect(validateMetadataUpdate(made({ ...old.metadata, finalizers: [] }), old, nodes)).toEqual([]);
    const more = made({ ...old.metadata, finalizers: ['x.y/z', 'b.c/d'] });
    expect(texts(validateMetadataUpdate(more, old, nodes))[0]).toMatch(/found new finalizers \[\]string\{"b.c\/d"\}$/);
  });
});
