import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerJson, ScenarioServer } from '../../test/support/scenario-server.ts';
import { runVela } from '../../test/support/vela.ts';
import type { Ended } from '../../test/support/vela.ts';
import { readGivenFlags } from './given-flags.ts';

const declared = { array: ['file', 'f', 'dry-names'], alias: { file: ['f'] } };

function read(argv: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = { ...argv };
  readGivenFlags(own, declared);
  return own;
}

describe('the flags of a command line', () => {
  test.each([
    {
      name: 'the last of several values',
      given: { namespace: ['a', 'b'], n: ['a', 'b'] },
      want: { namespace: 'b', n: 'b' },
    },
    { name: 'the last of several numbers', given: { timeout: [5, 7] }, want: { timeout: 7 } },
    { name: 'the last of several truths', given: { wait: [true, false] }, want: { wait: false } },
    {
      name: 'every value of a flag that takes several',
      given: { file: ['a', 'b'], f: ['a', 'b'], dryNames: ['c'] },
      want: { file: ['a', 'b'], f: ['a', 'b'], dryNames: ['c'] },
    },
    { name: 'every word of the command', given: { _: ['ls', 'a'] }, want: { _: ['ls', 'a'] } },
    { name: 'no cluster flag that is empty', given: { namespace: '', n: '', context: ['a', ''] }, want: {} },
    { name: 'another flag although it is empty', given: { step: '' }, want: { step: '' } },
    { name: 'zero', given: { timeout: 0 }, want: { timeout: 0 } },
  ])('have $name', ({ given, want }) => {
    expect(read(given)).toEqual(want);
  });

  test.each([
    { given: { timeout: Number.NaN }, says: '--timeout must be a number' },
    { given: { timeout: [1, Number.NaN] }, says: '--timeout must be a number' },
    { given: { limit: -1 }, says: '--limit must not be negative' },
    { given: { t: -0.5 }, says: '-t must not be negative' },
  ])('are refused: $given', ({ given, says }) => {
    expect(() => read(given)).toThrow(says);
  });
});

describe('on the command line', () => {
  let server: ScenarioServer;
  let folder: string;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'given-'));
    server = await new ScenarioServer((_, response) => {
      answerJson(response, { apiVersion: 'v1', kind: 'List', metadata: {}, items: [] });
    }).start();
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'here',
      contexts: [{ name: 'here', context: { cluster: 'here', user: 'me', namespace: 'own' } }],
      clusters: [{ name: 'here', cluster: { server: server.url } }],
      users: [{ name: 'me', user: {} }],
    };
    await writeFile(join(folder, 'config'), JSON.stringify(kubeconfig));
    env = { KUBECONFIG: join(folder, 'config') };
  });

  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function run(...args: readonly string[]): Promise<Ended & { readonly paths: readonly string[] }> {
    server.requests.length = 0;
    const ended = await runVela(args, { env });
    return { ...ended, paths: server.requests.map(({ path }) => path) };
  }

  const applications = (namespace: string): string => `/apis/core.oam.dev/v1beta1/namespaces/${namespace}/applications`;

  test.each([
    { args: ['ls'], namespace: 'own' },
    { args: ['ls', '-n', 'a'], namespace: 'a' },
    { args: ['ls', '-n', 'a', '-n', 'b'], namespace: 'b' },
    { args: ['ls', '--namespace', 'a', '-n', 'b'], namespace: 'b' },
    { args: ['ls', '-n', ''], namespace: 'own' },
    { args: ['ls', '--namespace='], namespace: 'own' },
    { args: ['ls', 'c', '-n', 'a'], namespace: 'c' },
  ])('$args is about namespace $namespace', async ({ args, namespace }) => {
    expect(await run(...args)).toMatchObject({ code: 0, paths: [applications(namespace)] });
  });

  test('the format that is given last is printed', async () => {
    expect((await run('ls', '-o', 'yaml', '-o', 'json')).stdout).toMatch(/^\{\n {2}"apiVersion": "v1"/);
  });

  test.each([
    { args: ['ls', '--request-timeout', '5s'], says: '--request-timeout must be a number' },
    { args: ['ls', '--request-timeout', '0'], says: '--request-timeout must be more than 0' },
    { args: ['delete', 'web', '--timeout', 'soon'], says: '--timeout must be a number' },
    { args: ['delete', 'web', '--timeout=-1'], says: '--timeout must not be negative' },
    { args: ['top', '--limit', '-1'], says: '--limit must not be negative' },
  ])('$args is refused before a request is made', async ({ args, says }) => {
    const { code, stderr, paths } = await run(...args);
    expect({ code, stderr, paths }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`Error: ${says}\n`),
      paths: [],
    });
  });

  test('several files are several files', async () => {
    const { code, stderr } = await run('up', '-f', '/absent/a.yaml', '-f', '/absent/b.yaml');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/cannot read \/absent\/[ab]\.yaml/) });
  });
});
