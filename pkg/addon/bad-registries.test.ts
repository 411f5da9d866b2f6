import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScenarioServer } from '../../test/support/scenario-server.ts';
import { openRegistry } from './open-registry.ts';
import type { AddonSource } from './source.ts';

const { signal } = new AbortController();
let server: ScenarioServer;
let folder: string;

beforeAll(async () => {
  server = await new ScenarioServer(() => undefined).start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bad-registries-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Answers by the end of the path; 404 for the others. */
function play(answers: Readonly<Record<string, string | number>>): void {
  server.play(({ path }, response) => {
    const found = Object.entries(answers).find(([end]) => path.endsWith(end))?.[1] ?? 404;
    if (typeof found === 'number') response.writeHead(found).end();
    else response.end(found);
  });
}

const open = (kind: 'helm' | 'oci'): AddonSource => {
  const url = kind === 'helm' ? `${server.url}/charts/` : `oci://${server.url.replace('http://', '')}/addons`;
  return openRegistry({ name: 'mine', helm: { url } }, { folder, env: {}, token: undefined, signal });
};

describe('a Helm repository', () => {
  const index = (entries: string): Readonly<Record<string, string>> => ({ '/charts/index.yaml': entries });

  test.each([
    { name: 'a page', text: '<html><body>Sign in</body></html>' },
    { name: 'no YAML', text: 'a: [' },
    { name: 'a list', text: '- a' },
    { name: 'nothing', text: '' },
    { name: 'no entries', text: 'apiVersion: v1\n' },
    { name: 'entries that are a text', text: 'entries: none\n' },
  ])('with $name for an index is named', async ({ text }) => {
    play(index(text));
    await expect(open('helm').list()).rejects.toMatchObject({
      reason: 'Registry',
      message: `${server.url}/charts/index.yaml is no index of a Helm repository`,
    });
  });

  test('with an empty index has no addon', async () => {
    play(index('entries: {}\n'));
    expect(await open('helm').list()).toEqual([]);
  });

  test('leaves out charts and versions that are empty', async () => {
    play(index('entries:\n  a:\n  b: []\n  c: [{description: x}, {version: 1.0.0}]\n'));
    expect(await open('helm').list()).toEqual([{ name: 'c', registry: 'mine', description: '', versions: ['1.0.0'] }]);
  });

  test('has the newest version first, whatever the order of the index', async () => {
    play(index('entries:\n  a: [{version: 1.9.0}, {version: 1.10.0}, {version: v2.0.0-beta.1}, {version: 1.10.1}]\n'));
    expect((await open('helm').list())[0]?.versions).toEqual(['v2.0.0-beta.1', '1.10.1', '1.10.0', '1.9.0']);
  });

  test('names what it has where a name or a version is wrong', async () => {
    play(index('entries:\n  fluxcd: [{version: 1.0.0}, {version: 2.0.0}]\n'));
    await expect(open('helm').fetch('fluxd', undefined)).rejects.toMatchObject({
      reason: 'NotFound',
      message: 'registry mine: addon "fluxd" does not exist; did you mean "fluxcd"',
    });
    await expect(open('helm').fetch('fluxcd', '3.0.0')).rejects.toThrow(
      'registry mine: addon "fluxcd" has no version 3.0.0; it has 2.0.0, 1.0.0',
    );
  });

  test.each([
    { name: 'is absent', answer: 404, says: /fluxcd-1\.0\.0\.tgz answered 404$/ },
    { name: 'is no archive', answer: 'text', says: /the archive of the addon cannot be read: / },
    { name: 'needs a password', answer: 401, says: /answered 401; are user name and password right\?$/ },
  ])('with an archive that $name refuses it', async ({ answer, says }) => {
    play({ ...index('entries:\n  fluxcd: [{version: 1.0.0}]\n'), '.tgz': answer });
    await expect(open('helm').fetch('fluxcd', undefined)).rejects.toMatchObject({
      reason: 'Registry',
      message: expect.stringMatching(says),
    });
  });
});

describe('a registry of images', () => {
  const tags = JSON.stringify({ tags: ['1.0.0', 'latest', '1.2.0'] });

  test('that shows no catalogue lists nothing', async () => {
    play({ '/tags/list': tags });
    expect(await open('oci').list()).toEqual([]);
  });

  test('lists what lies under its path, with versions, the newest first', async () => {
    play({ _catalog: JSON.stringify({ repositories: ['addons/a', 'other/b'] }), '/tags/list': tags });
    expect(await open('oci').list()).toEqual([
      { name: 'a', registry: 'mine', description: '', versions: ['1.2.0', '1.0.0'] },
    ]);
  });

  test.each([
    { name: 'catalogue', answers: { _catalog: '<html>' }, says: /\/v2\/_catalog: not an object of JSON$/ },
    { name: 'catalogue that is null', answers: { _catalog: 'null' }, says: /_catalog: not an object of JSON$/ },
    {
      name: 'tags',
      answers: { _catalog: JSON.stringify({ repositories: ['addons/a'] }), '/tags/list': 'x' },
      says: /\/v2\/addons\/a\/tags\/list: not an object of JSON$/,
    },
  ])('with an unreadable $name is named', async ({ answers, says }) => {
    play(answers);
    await expect(open('oci').list()).rejects.toMatchObject({
      reason: 'Registry',
      message: expect.stringMatching(says),
    });
  });

  test.each([
    { name: 'no manifest', answers: {}, says: '/v2/addons/a/manifests/1.2.0 answered 404' },
    {
      name: 'a manifest that is none',
      answers: { '/manifests/1.2.0': '7' },
      says: 'manifest of a:1.2.0 in registry mine: not an object of JSON',
    },
    {
      name: 'a manifest without layers',
      answers: { '/manifests/1.2.0': '{}' },
      says: 'registry mine: a:1.2.0 holds no chart',
    },
    {
      name: 'an image',
      answers: { '/manifests/1.2.0': JSON.stringify({ layers: [{ mediaType: 'x', digest: 'sha256:1' }] }) },
      says: 'registry mine: a:1.2.0 holds no chart',
    },
    {
      name: 'a layer that is absent',
      answers: { '/manifests/1.2.0': JSON.stringify({ layers: [{ mediaType: 'x.tar+gzip', digest: 'sha256:1' }] }) },
      says: '/v2/addons/a/blobs/sha256:1 answered 404',
    },
  ])('that has $name for a version is named', async ({ answers, says }) => {
    play({ '/tags/list': tags, ...answers });
    await expect(open('oci').fetch('a', undefined)).rejects.toMatchObject({
      reason: 'Registry',
      message: expect.stringContaining(says),
    });
  });

  test('names the versions that it has', async () => {
    play({ '/tags/list': tags });
    await expect(open('oci').fetch('a', '2.0.0')).rejects.toThrow(
      'registry mine: addon "a" has no version 2.0.0; it has 1.2.0, 1.0.0',
    );
    await expect(open('oci').fetch('a', 'latest')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('that gives no token by JSON is named', async () => {
    server.play(({ path }, response) => {
      if (path === '/token') response.end('<html>');
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="${server.url}/token",service="s"` }).end();
    });
    await expect(open('oci').fetch('a', undefined)).rejects.toMatchObject({
      reason: 'Registry',
      message: `${server.url}/token: not an object of JSON`,
    });
  });
});
