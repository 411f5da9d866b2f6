import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { CliBed } from '../../../test/support/cli-bed.ts';
import { ScenarioServer } from '../../../test/support/scenario-server.ts';
import type { Ended } from '../../../test/support/vela.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { labels } from '../../../pkg/apis/names.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';

let bed: CliBed;
let charts: ScenarioServer;

beforeAll(async () => {
  charts = await new ScenarioServer(({ path, method }, response) => {
    if (method === 'POST') response.writeHead(path.startsWith('/full') ? 507 : 201).end('stored');
    else if (path === '/index.yaml')
      response.end('entries:\n  fluxcd: [{version: 2.0.0, description: Delivers charts}, {version: 1.0.0}]\n');
    else response.writeHead(404).end();
  }).start();
  bed = await CliBed.start();
}, 60_000);
afterAll(async () => {
  await bed.stop();
  await charts.stop();
}, 30_000);

const vela = (...args: readonly string[]): Promise<Ended> => bed.vela(args);
const rows = (text: string): readonly (readonly string[])[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));

describe('vela addon registry', () => {
  test('adds, shows, replaces and deletes registries', async () => {
    expect(
      await vela(
        'addon',
        'registry',
        'add',
        'charts',
        '--endpoint',
        charts.url,
        '--username',
        'me',
        '--password',
        's3cret',
      ),
    ).toEqual({ code: 0, stdout: 'Successfully add an addon registry charts\n', stderr: '' });
    await vela(
      'addon',
      'registry',
      'add',
      'repo',
      '--endpoint',
      'https://example.com/a/b.git',
      '--path',
      'addons',
      '--gitToken',
      'tok',
    );
    expect(rows((await vela('addon', 'registry', 'list')).stdout)).toEqual([
      ['NAME', 'TYPE', 'URL'],
      ['charts', 'helm', charts.url],
      ['repo', 'git', 'https://example.com/a/b.git'],
    ]);
    expect(rows((await vela('addon', 'registry', 'get', 'repo')).stdout)[1]).toEqual([
      'repo',
      'git',
      'https://example.com/a/b.git',
      'addons',
    ]);
    expect(await vela('addon', 'registry', 'update', 'repo', '--endpoint', 'https://example.com/c.git')).toMatchObject({
      stdout: 'Successfully update registry repo\n',
    });
    expect(await vela('addon', 'registry', 'delete', 'repo')).toMatchObject({
      code: 0,
      stdout: 'Successfully delete registry repo\n',
    });
    expect((await vela('addon', 'registry', 'ls', '-o', 'name')).stdout).toBe('charts\n');
  });

  test('prints no password and no token', async () => {
    await vela('addon', 'registry', 'add', 'secret', '--endpoint', 'https://example.com/a.git', '--gitToken', 'tok');
    const printed = [
      await vela('addon', 'registry', 'list', '-o', 'yaml'),
      await vela('addon', 'registry', 'get', 'charts', '-o', 'json'),
      await vela('addon', 'registry', 'get', 'secret', '-o', 'json'),
    ]
      .map(({ stdout }) => stdout)
      .join('');
    expect(printed).toContain('***');
    expect(printed).not.toMatch(/s3cret|\btok\b/);
    await vela('addon', 'registry', 'delete', 'secret');
  });

  test.each([
    { args: ['add', 'x'], code: 2, says: '--endpoint is missing' },
    {
      args: ['add', 'x', '--endpoint', 'https://a', '--type', 'oci'],
      code: 2,
      says: 'the endpoint of type oci begins with oci://',
    },
    {
      args: ['add', 'x', '--endpoint', 'https://a', '--path', 'p'],
      code: 2,
      says: '--path and --gitToken are for Git repositories',
    },
    {
      args: ['add', 'x', '--endpoint', 'https://a/b.git', '--password', 'p'],
      code: 2,
      says: '--username and --password are for Helm repositories; use --gitToken',
    },
    { args: ['add', 'x', '--endpoint', 'https://a', '--type', 'svn'], code: 2, says: 'Choices' },
    { args: ['update', 'x', '--endpoint', 'https://a'], code: 1, says: 'registry "x" does not exist; known: charts' },
    { args: ['delete', 'x'], code: 1, says: 'registry "x" does not exist; known: charts' },
  ])('$args is refused: $says', async ({ args, code, says }) => {
    expect(await vela('addon', 'registry', ...args)).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(says),
    });
  });
});

describe('vela addon list and status', () => {
  const enabled: KubeObject = {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: {
      name: 'addon-fluxcd',
      namespace: 'vela-system',
      labels: { [labels.addonName]: 'fluxcd', [labels.addonVersion]: '1.0.0', [labels.addonRegistry]: 'charts' },
    },
    spec: { components: [] },
  };

  test('have those of this installation and of registries', async () => {
    const listed = rows((await vela('addon', 'list')).stdout);
    expect(listed[0]).toEqual(['NAME', 'REGISTRY', 'DESCRIPTION', 'AVAILABLE-VERSIONS', 'STATUS']);
    expect(listed).toContainEqual(['fluxcd', 'charts', 'Delivers charts', '2.0.0, 1.0.0', '-']);
    expect(listed.map(([name]) => name)).toContain('vela-core-shard-manager');
    expect((await vela('addon', 'list', '-r', 'charts', '-o', 'name')).stdout).toBe('fluxcd\n');
    expect((await vela('addon', 'status', 'fluxcd')).stdout).toBe('fluxcd: disabled\n');
  });

  test('have the enabled one first, its version in brackets', async () => {
    await bed.put(applicationResource, enabled);
    expect(rows((await vela('addon', 'list')).stdout)[1]).toEqual([
      'fluxcd',
      'charts',
      'Delivers charts',
      '[1.0.0], 2.0.0',
      'enabling',
    ]);
    expect((await vela('addon', 'status', 'fluxcd')).stdout).toBe(
      'fluxcd: enabling\n  version: 1.0.0\n  waiting for a controller\n',
    );
    await bed.setStatus(applicationResource, enabled, { status: 'running' });
    expect((await vela('addon', 'status', 'fluxcd')).stdout).toBe('fluxcd: enabled\n  version: 1.0.0\n');
  });

  test('go on without a registry that cannot be read, with a warning', async () => {
    await vela('addon', 'registry', 'add', 'gone', '--endpoint', 'http://127.0.0.1:1');
    const { code, stdout, stderr } = await vela('addon', 'list');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^Warning: registry gone: http:\/\/127\.0\.0\.1:1\/index\.yaml cannot be read: /),
    });
    expect(stdout).toContain('fluxcd');
    await vela('addon', 'registry', 'delete', 'gone');
  });

  test('suggest a name', async () => {
    expect(await vela('addon', 'status', 'fluxdc')).toMatchObject({
      code: 3,
      stderr: 'Error: addon fluxdc is not enabled and in no registry; did you mean "fluxcd"\nHint: vela addon list\n',
    });
  });
});

describe('vela addon enable --dry-run', () => {
  test('prints what would be applied, and writes nothing', async () => {
    const { code, stdout, requests } = await bed.requestsOf([
      'addon',
      'enable',
      'vela-core-shard-manager',
      'nShards=2',
      '--dry-run',
    ]);
    expect(code).toBe(0);
    const [app] = (loadAll(stdout) as KubeObject[]).filter(({ kind }) => kind === 'Application');
    expect(JSON.stringify(app)).toContain('shard-1');
    expect(requests.filter((request) => !/^(get|list) /.test(request))).toEqual([]);
  });

  test.each([
    { args: ['vela-core-shard-manager', 'nShards=many'], code: 1, says: 'parameter nShards: must be integer' },
    {
      args: ['vela-core-shard-manager', 'nShards'],
      code: 2,
      says: '"nShards" is not an assignment; write it as key=value',
    },
    { args: ['vela-core-shard-manger'], code: 1, says: 'did you mean "vela-core-shard-manager"' },
    { args: ['nowhere/fluxcd'], code: 1, says: 'registry "nowhere" does not exist; known: charts' },
    {
      args: ['charts/fluxcd', '--version', '9.0.0'],
      code: 1,
      says: 'registry charts: addon "fluxcd" has no version 9.0.0; it has 2.0.0, 1.0.0',
    },
  ])('refuses $args: $says', async ({ args, code, says }) => {
    expect(await vela('addon', 'enable', ...args, '--dry-run')).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(says),
    });
  });
});

describe('vela addon init, package and push', () => {
  test('make an addon that can be previewed, packed and uploaded', async () => {
    const path = join(bed.folder, 'mine');
    expect(await vela('addon', 'init', 'mine', '--path', path)).toEqual({
      code: 0,
      stdout: `Addon mine is in ${path}.\nTry it: vela addon enable ${path}/ --dry-run\n`,
      stderr: '',
    });
    expect(load(await readFile(join(path, 'metadata.yaml'), 'utf8'))).toMatchObject({ name: 'mine', version: '1.0.0' });
    expect((await readdir(path)).toSorted()).toEqual(
      expect.arrayContaining(['NOTES.cue', 'README.md', 'metadata.yaml', 'parameter.cue', 'template.cue']),
    );
    expect((await vela('addon', 'enable', `${path}/`, 'message=hi', '--dry-run')).stdout).toMatch(/message: hi/);
    expect(await vela('addon', 'push', path, charts.url)).toMatchObject({
      code: 0,
      stdout: `Pushed mine-1.0.0.tgz to ${charts.url}.\n`,
    });
    expect(await vela('addon', 'push', path, `${charts.url}/full`)).toMatchObject({
      code: 1,
      stderr: `Error: ${charts.url}/full/api/charts answered 507: stored\n`,
    });
    expect(await vela('addon', 'init', 'mine', '--path', path)).toMatchObject({
      code: 1,
      stderr: `Error: ${path} exists already\n`,
    });
  });

  test.each([
    { args: ['init', 'Mine_1'], code: 2, says: '"Mine_1" is no name for an addon' },
    {
      args: ['push', '/nonexistent', 'oci://example.com/a'],
      code: 1,
      says: 'vela addon push needs a ChartMuseum\nHint: for oci://example.com/a use: vela addon package, then helm push',
    },
    { args: ['push', '/nonexistent', 'absent'], code: 1, says: 'registry "absent" does not exist' },
    { args: ['package', '/nonexistent'], code: 1, says: 'metadata.yaml is missing' },
  ])('$args is refused: $says', async ({ args, code, says }) => {
    expect(await vela('addon', ...args)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) });
  });
});

describe('vela version', () => {
  test('has the cluster too, unless only the command is asked for', async () => {
    expect((await vela('version')).stdout).toMatch(
      /^CLI Version: .* \(Flotilla\)\nCompatible With: KubeVela 1\.\S+\nNode Version: v\d+.*\nCluster Version: v1\.\d+/,
    );
    expect((await vela('version', '--client')).stdout).not.toContain('Cluster Version');
    expect(await bed.vela(['version'], { env: { KUBECONFIG: '/nonexistent' } })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Cluster Version: not reachable \(/),
    });
  });
});
