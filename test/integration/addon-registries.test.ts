import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageAddon } from '../../pkg/addon/archive.ts';
import { placeOf } from '../../pkg/addon/git-folder.ts';
import { openRegistry } from '../../pkg/addon/open-registry.ts';
import type { Registry } from '../../pkg/addon/registry.ts';
import { typeOf } from '../../pkg/addon/registry.ts';
import type { AddonSource } from '../../pkg/addon/source.ts';
import { runCommand } from '../support/fleet.ts';

let folder: string;
let server: Server;
let address: string;
let archives: Readonly<Record<string, Buffer>>;
const { signal } = new AbortController();

/** Makes the folder of an addon and returns its archive as a chart. */
async function pack(version: string): Promise<Buffer> {
  const source = join(folder, version, 'demo');
  await mkdir(join(source, 'resources'), { recursive: true });
  await writeFile(
    join(source, 'metadata.yaml'),
    `name: demo\nversion: ${version}\ndescription: For tests\nsystem: {vela: ">=1.5"}\n`,
  );
  await writeFile(join(source, 'resources/a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
  return readFile(await packageAddon(source, join(folder, version)));
}

const digest = (data: Buffer): string => `sha256:${createHash('sha256').update(data).digest('hex')}`;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { url = '', headers } = request;
  const path = url.split('?')[0] ?? '';
  const send = (status: number, body: string | Buffer = '', more: Record<string, string> = {}): void => {
    response.writeHead(status, more).end(body);
  };
  const index = `entries:\n  demo:\n${Object.keys(archives)
    .map((version) => `    - {version: ${version}, description: For tests, urls: [charts/demo-${version}.tgz]}\n`)
    .join('')}`;
  if (path.startsWith('/private/') && headers.authorization !== `Basic ${btoa('me:secret')}`) send(401);
  else if (path.endsWith('/index.yaml')) send(200, index);
  else if (path.startsWith('/v2/')) image(path.slice(4), headers.authorization, send);
  else if (path === '/token') send(200, JSON.stringify({ token: 't0' }));
  else if (path.startsWith('/moved/')) send(302, '', { location: `/helm/${path.split('/').slice(2).join('/')}` });
  else
    send(
      archives[/demo-(.*)\.tgz$/.exec(path)?.[1] ?? ''] ? 200 : 404,
      archives[/demo-(.*)\.tgz$/.exec(path)?.[1] ?? ''],
    );
}

type Send = (status: number, body?: string | Buffer, headers?: Record<string, string>) => void;

/** A registry of images that gives tokens to everyone. */
function image(path: string, authorization: string | undefined, send: Send): void {
  const challenge = `Bearer realm="${address}/token",service="test",scope="repository:addons/demo:pull"`;
  if (authorization !== 'Bearer t0') send(401, '', { 'www-authenticate': challenge });
  else if (path === '_catalog') send(200, JSON.stringify({ repositories: ['addons/demo', 'other'] }));
  else if (path === 'addons/demo/tags/list') send(200, JSON.stringify({ tags: [...Object.keys(archives), 'latest'] }));
  else if (path.startsWith('addons/demo/manifests/')) {
    const archive = archives[path.split('/').pop() ?? ''] ?? Buffer.alloc(0);
    const mediaType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
    send(200, JSON.stringify({ layers: [{ mediaType, digest: digest(archive) }] }));
  } else {
    const found = Object.values(archives).find((archive) => path.endsWith(digest(archive)));
    send(found ? 200 : 404, found);
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registries-'));
  archives = { '1.2.0': await pack('1.2.0'), '1.10.0': await pack('1.10.0') };
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 30_000);

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function open(registry: Omit<Registry, 'name'>): Promise<AddonSource> {
  const own = await mkdtemp(join(folder, 'access-'));
  return openRegistry({ ...registry, name: 'own' }, { folder: own, env: process.env, token: undefined, signal });
}

const helm = (path: string, more: object = {}): Omit<Registry, 'name'> => ({ helm: { url: address + path, ...more } });

describe.each([
  { name: 'a Helm repository', registry: () => helm('/helm'), description: 'For tests' },
  { name: 'one with a password', registry: () => helm('/private', { username: 'me', password: 'secret' }) },
  { name: 'one that has moved', registry: () => helm('/moved') },
  {
    name: 'a registry of images',
    registry: () => ({ helm: { url: `oci://${address.slice('http://'.length)}/addons` } }),
    description: '',
  },
])('$name', ({ registry, description = 'For tests' }) => {
  test('lists versions, the newest first', async () => {
    const source = await open(registry());
    const versions = ['1.10.0', '1.2.0'];
    expect(await source.list()).toEqual([{ name: 'demo', registry: 'own', description, versions }]);
  });

  test('has the newest and any other version of an addon', async () => {
    for (const [wanted, version] of [
      [undefined, '1.10.0'],
      ['1.2.0', '1.2.0'],
    ]) {
      const addon = await (await open(registry())).fetch('demo', wanted);
      expect(addon).toMatchObject({ registry: 'own', metadata: { name: 'demo', version } });
      expect(addon.resources).toHaveLength(1);
    }
  });

  test('says what it does not have', async () => {
    await expect((await open(registry())).fetch('demo', '9.0.0')).rejects.toThrow('addon "demo" has no version 9.0.0');
    await expect((await open(registry())).fetch('dem', undefined)).rejects.toThrow('addon "dem" does not exist');
  });
});

test.each([
  { registry: () => helm('/private'), says: /answered 401; are user name and password right/ },
  { registry: () => helm('/nothing.tgz/x'), name: 'absent', says: /addon "absent" does not exist/ },
  { registry: () => ({ helm: { url: 'http://127.0.0.1:1' } }), says: /127\.0\.0\.1:1\/index\.yaml cannot be read/ },
  { registry: () => ({ oss: { endpoint: 'x' } }), says: /type oss is not supported; use helm, oci or git/ },
  { registry: () => ({ git: { url: '/nonexistent.git' } }), says: /git clone: .*nonexistent/ },
])('a registry that cannot be read is an error: $says', async ({ registry, name = 'demo', says }) => {
  await expect((async () => (await open(registry())).fetch(name, undefined))()).rejects.toThrow(says);
});

test('a folder of a Git repository is a registry', async () => {
  const repository = join(folder, 'repository');
  await mkdir(join(repository, 'addons'), { recursive: true });
  await cp(join(folder, '1.2.0/demo'), join(repository, 'addons/demo'), { recursive: true });
  const git = async (...args: readonly string[]): Promise<void> => {
    const own = ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args];
    const { code, stderr } = await runCommand('git', own, { env: process.env });
    expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
  };
  await git('init', '-q', '-b', 'main');
  await git('add', '.');
  await git('commit', '-q', '-m', 'addons');
  const source = await open({ git: { url: `file://${repository}`, path: 'addons' } });
  expect(await source.list()).toEqual([
    { name: 'demo', registry: 'own', description: 'For tests', versions: ['1.2.0'] },
  ]);
  expect((await source.fetch('demo', '1.2.0')).metadata.version).toBe('1.2.0');
  await expect(source.fetch('demo', '2.0.0')).rejects.toThrow('has no version 2.0.0; it has 1.2.0');
  await expect(source.fetch('dmo', undefined)).rejects.toThrow('does not exist; did you mean "demo"');
}, 30_000);

test.each([
  { url: 'https://h/o/r', path: 'a', want: { repository: 'https://h/o/r', branch: undefined, path: 'a' } },
  { url: 'https://h/o/r/tree/main/a/b', want: { repository: 'https://h/o/r', branch: 'main', path: 'a/b' } },
  { url: 'https://h/o/r/-/tree/main', want: { repository: 'https://h/o/r', branch: 'main', path: '' } },
])('the address $url is taken apart', ({ url, path, want }) => {
  expect(placeOf({ url, ...(path !== undefined && { path }) })).toEqual(want);
});

test('the kind of a registry is that of its source', () => {
  expect(typeOf({ name: 'a', helm: { url: 'oci://x/y' } })).toBe('oci');
  expect(typeOf({ name: 'a', gitlab: { url: 'x' } })).toBe('gitlab');
});
