import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerJson, answerStatus, ScenarioServer } from '../../../test/support/scenario-server.ts';
import { runVela } from '../../../test/support/vela.ts';
import type { Ended } from '../../../test/support/vela.ts';

let server: ScenarioServer;
let folder: string;
let logs: Readonly<Record<string, string | number>>;
let pods: readonly object[];

const pod = (name: string, ...containers: readonly string[]): object => ({
  metadata: { name, namespace: 'apps', uid: name, labels: { 'app.oam.dev/component': name.split('-')[0] } },
  spec: { containers: containers.map((one) => ({ name: one })) },
});
const components = [
  { name: 'front', type: 'webservice' },
  { name: 'back', type: 'worker' },
];
const application = {
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'web', namespace: 'apps' },
  spec: { components },
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logs-'));
  server = await new ScenarioServer(({ path, query }, response) => {
    const [, name = ''] = /\/pods\/([^/]+)\/log$/.exec(path) ?? [];
    const log = logs[`${name}/${query.get('container') ?? ''}`] ?? 404;
    if (path.endsWith('/applications/web')) answerJson(response, application);
    else if (path.endsWith('/pods'))
      answerJson(response, { apiVersion: 'v1', kind: 'PodList', metadata: {}, items: pods });
    else if (name === '' || typeof log === 'number')
      answerStatus(response, name === '' ? 404 : Number(log), `no log of ${name}`);
    else response.end(log);
  }).start();
  const config = {
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'me', namespace: 'apps' } }],
    clusters: [{ name: 'here', cluster: { server: server.url } }],
    users: [{ name: 'me', user: {} }],
  };
  await writeFile(join(folder, 'config'), JSON.stringify(config));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  server.requests.length = 0;
  pods = [pod('front-1', 'main', 'side'), pod('back-1', 'main')];
  logs = { 'front-1/main': 'a\nb\n', 'front-1/side': 'c\n', 'back-1/main': 'd' };
});

const vela = (...args: readonly string[]): Promise<Ended> =>
  runVela(['logs', ...args], { env: { KUBECONFIG: join(folder, 'config') } });
const sorted = ({ stdout }: Ended): readonly string[] => stdout.trimEnd().split('\n').toSorted();

describe('vela logs', () => {
  test('prints the lines of every container with its pod and name', async () => {
    expect(sorted(await vela('web'))).toEqual([
      '[back-1/main] d',
      '[front-1/main] a',
      '[front-1/main] b',
      '[front-1/side] c',
    ]);
  });

  test.each([
    { args: ['-c', 'back'], lines: ['d'] },
    { args: ['-p', 'front-1', '--container', 'side'], lines: ['c'] },
    { args: ['--container', 'main', '--no-prefix'], lines: ['a', 'b', 'd'] },
    { args: ['-c', 'back', '--prefix'], lines: ['[back-1/main] d'] },
  ])('prints with $args the lines $lines', async ({ args, lines }) => {
    expect(sorted(await vela('web', ...args))).toEqual(lines);
  });

  test.each([
    { args: [], query: 'container=main' },
    { args: ['-f'], query: 'follow=true&container=main' },
    {
      args: ['--previous', '--timestamps', '--tail', '5'],
      query: 'previous=true&timestamps=true&tailLines=5&container=main',
    },
    { args: ['--tail', '0'], query: 'tailLines=0&container=main' },
    { args: ['--since', '5m'], query: 'sinceSeconds=300&container=main' },
    { args: ['--since', '1500ms'], query: 'sinceSeconds=2&container=main' },
  ])('asks with $args for $query', async ({ args, query }) => {
    await vela('web', '-c', 'back', ...args);
    expect(server.requests.filter(({ path }) => path.endsWith('/log')).map((one) => one.query.toString())).toEqual([
      query,
    ]);
  });

  test.each([
    { args: ['--tail', '1.5'], says: '--tail must be a number of lines' },
    { args: ['--tail', 'x'], says: '--tail must be a number' },
    { args: ['--since', 'soon'], says: '--since: "soon" is no duration of a second or more, such as 5m' },
    { args: ['--since', '10ms'], says: '--since: "10ms" is no duration of a second or more' },
  ])('refuses $args before a request', async ({ args, says }) => {
    expect(await vela('web', ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(says) });
    expect(server.requests).toEqual([]);
  });

  test.each([
    {
      args: ['-c', 'bakc'],
      says: 'application web has no component bakc; did you mean "back"\nHint: the components are front, back',
    },
    { args: ['-p', 'front-9'], says: 'application web has no pod front-9\nHint: its pods are back-1, front-1' },
    {
      args: ['-c', 'back', '-p', 'front-1'],
      says: 'component back of application web has no pod front-1\nHint: its pods are back-1',
    },
    {
      args: ['--container', 'sidd'],
      says: 'no pod of web has a container sidd; did you mean "side"\nHint: the containers are main, side',
    },
  ])('ends with status 3 with $args', async ({ args, says }) => {
    expect(await vela('web', ...args)).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining(says) });
  });

  test('names the command that says more where there are no pods', async () => {
    pods = [];
    expect(await vela('web')).toMatchObject({
      code: 3,
      stderr: 'Error: application web has no pods\nHint: vela status web says how far it is\n',
    });
    expect((await vela('web', '-c', 'back')).stderr).toContain('component back of application web has no pods');
  });

  test('prints the others where one log cannot be read, and ends with status 1', async () => {
    logs = { ...logs, 'front-1/main': 400 };
    const ended = await vela('web', '--container', 'main');
    expect(ended).toMatchObject({ code: 1, stdout: '[back-1/main] d\n', stderr: 'Error: no log of front-1\n' });
  });

  test('of an Application that does not exist ends with status 3', async () => {
    expect(await vela('absent')).toMatchObject({ code: 3, stdout: '' });
  });
});
