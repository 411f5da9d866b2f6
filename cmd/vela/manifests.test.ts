import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textIo } from '../../test/support/vela.ts';
import type { CliError } from './io.ts';
import { loadManifests, parseManifests, readSources } from './manifests.ts';

const config = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
const yaml = ['.yaml', '.yml', '.json'];

let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifests-'));
  await mkdir(join(folder, 'many/deeper.yaml'), { recursive: true });
  await mkdir(join(folder, 'none'));
  for (const [file, text] of [
    ['many/b.yaml', config('b')],
    ['many/a.yml', config('a')],
    ['many/c.json', JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } })],
    ['many/README.md', 'not a manifest'],
    ['none/notes.txt', 'x'],
    ['empty.yaml', '---\n# nothing\n---\n'],
  ] as const)
    await writeFile(join(folder, file), text);
  server = createServer((request, response) => {
    if (request.url === '/app.yaml') response.end(config('remote'));
    else if (request.url !== '/never') response.writeHead(404).end('no');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const namesIn = async (source: string, stdin = ''): Promise<readonly (string | undefined)[]> =>
  (await loadManifests(source, textIo({ stdin }))).map(({ metadata }) => metadata.name);

const failureOf = (work: Promise<unknown>): Promise<CliError> =>
  work.then(
    () => {
      throw new Error('did not fail');
    },
    (error: unknown) => error as CliError,
  );

describe('objects are read', () => {
  test('from a folder: the files with an ending of YAML or JSON, by name', async () => {
    await rm(join(folder, 'many/deeper.yaml'), { recursive: true });
    expect(await namesIn(join(folder, 'many'))).toEqual(['a', 'b', 'c']);
  });

  test('from one file, whatever its ending', async () => {
    const file = join(folder, 'app.txt');
    await writeFile(file, config('text'));
    expect(await namesIn(file)).toEqual(['text']);
  });

  test('from an address', async () => {
    expect(await namesIn(`${url}/app.yaml`)).toEqual(['remote']);
  });

  test('from standard input', async () => {
    expect(await namesIn('-', `${config('a')}---\n${config('b')}`)).toEqual(['a', 'b']);
  });
});

describe('a source that cannot be read', () => {
  test.each<{ name: string; source: () => string; says: RegExp; code?: number }>([
    {
      name: 'a file that is absent',
      source: () => join(folder, 'absent.yaml'),
      says: /absent\.yaml: no such file or folder$/,
    },
    {
      name: 'a path through a file',
      source: () => join(folder, 'empty.yaml/x'),
      says: /a part of the path is no folder$/,
    },
    {
      name: 'an address without an answer',
      source: () => 'http://127.0.0.1:1/x',
      says: /^cannot read http:\/\/127\.0\.0\.1:1\/x: /,
    },
    { name: 'an address that is not found', source: () => `${url}/absent`, says: /absent: HTTP 404$/ },
    {
      name: 'a file without an object',
      source: () => join(folder, 'empty.yaml'),
      says: /empty\.yaml holds no object$/,
      code: 2,
    },
    { name: 'a folder without manifests', source: () => join(folder, 'none'), says: /none holds no object$/, code: 2 },
  ])('is named: $name', async ({ source, says, code = 1 }) => {
    const { message, exitCode } = await failureOf(loadManifests(source(), textIo()));
    expect({ message, exitCode }).toEqual({ message: expect.stringMatching(says), exitCode: code });
  });

  test('is one that may not be read', async () => {
    const file = join(folder, 'secret.yaml');
    await writeFile(file, config('a'), { mode: 0o000 });
    await chmod(file, 0o000);
    if (process.getuid?.() === 0) return;
    expect((await failureOf(loadManifests(file, textIo()))).message).toMatch(/permission denied$/);
  });

  test('is no failure of its own after Ctrl-C', async () => {
    const stopping = new AbortController();
    const reading = failureOf(readSources(`${url}/never`, yaml, textIo({ signal: stopping.signal })));
    stopping.abort(new Error('stopped by SIGINT'));
    expect((await reading).message).toBe('stopped by SIGINT');
  });
});

describe('the documents of a file', () => {
  test('are taken apart where they are lists, at every depth', () => {
    const item = (name: string): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } });
    const list = { apiVersion: 'v1', kind: 'List', items: [item('a'), { kind: 'List', items: [item('b')] }] };
    const objects = parseManifests('f', `${JSON.stringify(list)}\n---\n${config('c')}`);
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name ?? ''}`)).toEqual([
      'Pod a',
      'Pod b',
      'ConfigMap c',
    ]);
  });

  test('may be a list of one kind, as `vela ls -o yaml` prints it', () => {
    const list = {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ApplicationList',
      metadata: {},
      items: [{ metadata: { name: 'web' }, spec: {} }],
    };
    expect(parseManifests('f', JSON.stringify(list))).toEqual([
      { apiVersion: 'core.oam.dev/v1beta1', kind: 'Application', metadata: { name: 'web' }, spec: {} },
    ]);
  });

  test('are kept as they are, unknown fields included', () => {
    const object = {
      apiVersion: 'x/v1',
      kind: 'Odd',
      metadata: { name: 'a', extra: 1 },
      spec: { deep: [{ null: null }] },
    };
    expect(parseManifests('f', JSON.stringify(object))).toEqual([object]);
  });

  test('with a key that occurs twice are read with a warning that names the file', () => {
    const warnings: string[] = [];
    parseManifests('f.yaml', `${config('a')}data: {}\ndata: {}\n`, (warning) => warnings.push(warning));
    expect(warnings).toEqual([expect.stringMatching(/^f\.yaml: .*duplicated mapping key/)]);
  });

  test.each([
    {
      name: 'text',
      content: 'just text',
      says: 'f, document 1: expected an object with apiVersion, kind and metadata',
    },
    { name: 'an array', content: '[1]', says: 'f, document 1: expected an object' },
    { name: 'a second document', content: `${config('a')}---\n7`, says: 'f, document 2: expected an object' },
    { name: 'no apiVersion', content: 'kind: A\nmetadata: {name: a}', says: 'f, document 1: apiVersion is missing' },
    {
      name: 'an empty kind',
      content: 'apiVersion: v1\nkind: ""\nmetadata: {name: a}',
      says: 'document 1: kind is missing',
    },
    { name: 'no metadata', content: 'apiVersion: v1\nkind: A', says: 'document 1: metadata.name is missing' },
    { name: 'metadata that are null', content: 'apiVersion: v1\nkind: A\nmetadata:', says: 'metadata.name is missing' },
    {
      name: 'metadata that are text',
      content: 'apiVersion: v1\nkind: A\nmetadata: web',
      says: 'metadata.name is missing',
    },
    {
      name: 'a name that is a number',
      content: 'apiVersion: v1\nkind: A\nmetadata: {name: 12}',
      says: 'metadata.name must be a text, not 12',
    },
    {
      name: 'a version that is a number',
      content: 'apiVersion: 1\nkind: A\nmetadata: {name: a}',
      says: 'apiVersion must be a text, not 1',
    },
    {
      name: 'an item that is no object',
      content: 'kind: List\nitems: [a]',
      says: 'f, document 1, item 1: expected an object',
    },
    {
      name: 'an item without a kind',
      content: `kind: List\nitems: [{apiVersion: v1, metadata: {name: a}}]`,
      says: 'item 1: kind is missing',
    },
    { name: 'no YAML', content: 'a: [', says: 'f is not valid YAML: ' },
    { name: 'a tab for indentation', content: 'a:\n\tb: 1', says: 'f is not valid YAML: ' },
  ])('are refused where one is or has $name', ({ content, says }) => {
    expect(() => parseManifests('f', content)).toThrow(says);
  });
});
