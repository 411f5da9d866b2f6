import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import type { Resource } from '../../machinery/src/meta.ts';
import { openRegistry } from './open-registry.ts';
import { RegistryStore, typeOf, urlOf } from './registry.ts';
import type { Registry } from './registry.ts';

const core = (kind: string, plural: string): Resource => ({ group: '', version: 'v1', kind, plural, namespaced: true });
const configMaps = core('ConfigMap', 'configmaps');
const secrets = core('Secret', 'secrets');
const stored = { name: 'vela-addon-registry', namespace: 'vela-system' };
const { signal } = new AbortController();

let cluster: FakeCluster;
let store: RegistryStore;
beforeEach(() => {
  cluster = new FakeCluster({ resources: [configMaps, secrets], now: () => 0 });
  store = new RegistryStore(cluster.client(), signal);
});

const helm = (name: string, url = 'https://charts.example.com'): Registry => ({ name, helm: { url } });
const git = (name: string, token?: string): Registry => ({
  name,
  git: { url: 'https://git.example.com/a/b', path: 'addons', ...(token !== undefined && { token }) },
});

/** The registries as KubeVela's CLI reads them too. */
function configMap(): unknown {
  const { registries = '' } = (cluster.get(configMaps, stored)['data'] ?? {}) as Readonly<Record<string, string>>;
  return JSON.parse(registries);
}
const secretNames = (): readonly (string | undefined)[] =>
  cluster.list(secrets, {}).map(({ metadata }) => metadata.name);

describe('the registries of an installation', () => {
  test('are none at first', async () => {
    expect(await store.list()).toEqual([]);
  });

  test('are listed by name, and each has its name', async () => {
    for (const name of ['c', 'a', 'b']) await store.put(helm(name));
    expect((await store.list()).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  test('are kept in one ConfigMap by name', async () => {
    await store.put(helm('a'));
    await store.put(git('b'));
    expect(configMap()).toEqual({ a: helm('a'), b: git('b') });
  });

  test('are replaced by one of the same name', async () => {
    await store.put(helm('a'));
    await store.put(helm('a', 'https://other.example.com'));
    expect(await store.get('a')).toEqual(helm('a', 'https://other.example.com'));
  });

  test('are removed one at a time', async () => {
    await store.put(helm('a'));
    await store.put(helm('b'));
    await store.remove('a');
    expect(configMap()).toEqual({ b: helm('b') });
  });

  test.each(['get', 'remove'] as const)('%s of an unknown one names those there are', async (verb) => {
    await expect(store[verb]('x')).rejects.toMatchObject({
      reason: 'NotFound',
      message: 'registry "x" does not exist; known: none',
    });
    await store.put(helm('b'));
    await store.put(helm('a'));
    await expect(store[verb]('x')).rejects.toThrow('registry "x" does not exist; known: a, b');
  });

  test.each(['{', '7', 'null'])('that cannot be read, as %j, name the ConfigMap', async (registries) => {
    cluster.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: stored, data: { registries } });
    await expect(store.list()).rejects.toMatchObject({
      reason: 'Registry',
      message: 'ConfigMap vela-system/vela-addon-registry: registries: not an object of JSON',
    });
  });
});

describe('the token of a registry in Git', () => {
  test('is kept in a Secret, not in the ConfigMap', async () => {
    await store.put(git('a', 's3cret'));
    expect(JSON.stringify(configMap())).not.toContain('s3cret');
    expect(await store.get('a')).toMatchObject({ git: { tokenSecretRef: 'addon-registry-a', path: 'addons' } });
    expect(await store.tokenOf(await store.get('a'))).toBe('s3cret');
  });

  test('is replaced', async () => {
    await store.put(git('a', 'old'));
    await store.put(git('a', 'new'));
    expect(await store.tokenOf(await store.get('a'))).toBe('new');
    expect(secretNames()).toEqual(['addon-registry-a']);
  });

  test('is removed with its registry', async () => {
    await store.put(git('a', 's3cret'));
    await store.put(git('b', 'other'));
    await store.remove('a');
    expect(secretNames()).toEqual(['addon-registry-b']);
  });

  test.each([
    { name: 'one without a token', next: git('a') },
    { name: 'one of another type', next: helm('a') },
  ])('is removed when $name replaces it', async ({ next }) => {
    await store.put(git('a', 's3cret'));
    await store.put(next);
    expect(secretNames()).toEqual([]);
    expect(await store.tokenOf(await store.get('a'))).toBeUndefined();
  });

  test('may be gone when the registry is removed', async () => {
    await store.put(git('a', 's3cret'));
    cluster.delete(secrets, { name: 'addon-registry-a', namespace: 'vela-system' }, {});
    await store.remove('a');
    expect(await store.list()).toEqual([]);
  });

  test('in the ConfigMap itself, as KubeVela wrote it once, counts too', async () => {
    const registries = JSON.stringify({ a: git('a', 'plain') });
    cluster.create(configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: stored,
      data: { registries },
    });
    expect(await store.tokenOf(await store.get('a'))).toBe('plain');
  });

  test('that cannot be read is the failure of the API server', async () => {
    await store.put(git('a', 's3cret'));
    cluster.delete(secrets, { name: 'addon-registry-a', namespace: 'vela-system' }, {});
    await expect(store.tokenOf(await store.get('a'))).rejects.toThrow('"addon-registry-a" not found');
  });
});

describe('the type and the address of a registry', () => {
  test.each<{ registry: Registry; type: string; url: string }>([
    { registry: helm('a'), type: 'helm', url: 'https://charts.example.com' },
    { registry: helm('a', 'oci://example.com/addons'), type: 'oci', url: 'oci://example.com/addons' },
    { registry: git('a'), type: 'git', url: 'https://git.example.com/a/b' },
    { registry: { name: 'a', gitee: { url: 'g' } }, type: 'gitee', url: 'g' },
    { registry: { name: 'a', gitlab: { url: 'g' } }, type: 'gitlab', url: 'g' },
    { registry: { name: 'a', oss: { endpoint: 'o' } }, type: 'oss', url: 'o' },
    { registry: { name: 'a' }, type: 'unknown', url: '' },
  ])('of $registry are $type and "$url"', ({ registry, type, url }) => {
    expect([typeOf(registry), urlOf(registry)]).toEqual([type, url]);
  });

  test.each<Registry>([{ name: 'a', oss: { endpoint: 'o' } }, { name: 'a' }])('%j cannot be opened', (registry) => {
    const access = { folder: '/nonexistent', env: {}, token: undefined, signal };
    expect(() => openRegistry(registry, access)).toThrow(
      `registry a: type ${typeOf(registry)} is not supported; use helm, oci or git`,
    );
  });
});
