import { chmod, mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { loadConnection } from './connection.ts';
import type { ConnectionOptions } from './connection.ts';
import { proxyFromEnv } from './proxy.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'connection-test-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await chmod(join(folder, 'plugin'), 0o755);
  await mkdir(join(folder, 'home/.kube'), { recursive: true });
  await writeFile(join(folder, 'home/.kube/config'), config('home'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const config = (name: string, user = '{ token: secret }', cluster = 'insecure-skip-tls-verify: true'): string => `
apiVersion: v1
kind: Config
current-context: ${name}
clusters: [{ name: ${name}, cluster: { server: "https://${name}:6443/", ${cluster} } }]
contexts: [{ name: ${name}, context: { cluster: ${name}, user: ${name}, namespace: ns-${name} } }]
users: [{ name: ${name}, user: ${user} }]
`;

const certificate = Buffer.from('CERT').toString('base64');
const files: Readonly<Record<string, string>> = {
  one: config('one'),
  two: config('two').replace('current-context: two', ''),
  again: config('one').replace('https://one:6443/', 'https://other'),
  certs: config(
    'certs',
    `{ client-certificate-data: ${certificate}, client-key: key.pem, as: jane, as-groups: [g] }`,
    'certificate-authority: ca.pem, tls-server-name: api, proxy-url: http://proxy:3128',
  ),
  'ca.pem': 'CA',
  'key.pem': 'KEY',
  noca: config('noca', '{}', 'certificate-authority: nothing.pem'),
  basic: config('basic', '{ username: u, password: p }'),
  tokenfile: config('tokenfile', '{ tokenFile: token }'),
  token: 'first\n',
  exec: config(
    'exec',
    '{ exec: { apiVersion: client.authentication.k8s.io/v1, command: PLUGIN, args: [x], env: [{ name: EXTRA, value: e }] } }',
  ),
  badexec: config('badexec', '{ exec: { command: /no/such/plugin, installHint: install it } }'),
  plugin: `#!/bin/sh
echo run >> "$COUNT"
echo '{"kind":"ExecCredential","status":{"token":"'"$1-$EXTRA-$(echo "$KUBERNETES_EXEC_INFO" | grep -c ExecCredential)"'","expirationTimestamp":"2026-01-01T01:00:00Z"}}'
`,
  nocontext: 'apiVersion: v1\nkind: Config\nclusters: []\n',
  broken: 'clusters: [\n',
  list: '- a\n',
  noserver: 'clusters: [{ name: a, cluster: {} }]',
  empty: '',
};

const load = (kubeconfig: string | undefined, options: Partial<ConnectionOptions> = {}) =>
  loadConnection({ kubeconfig: kubeconfig && join(folder, kubeconfig), env: {}, ...options });

test('a context yields its server, namespace and token', async () => {
  const connection = await load('one');
  expect(connection).toMatchObject({ server: 'https://one:6443', namespace: 'ns-one', contextName: 'one' });
  expect(connection.tls.rejectUnauthorized).toBe(false);
  expect(await connection.credentials.get()).toEqual({ authorization: 'Bearer secret' });
});

test('certificates, impersonation, server name and proxy are taken over, files relative to the kubeconfig', async () => {
  expect(await load('certs')).toMatchObject({
    tls: { ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'api', rejectUnauthorized: true },
    impersonate: { username: 'jane', groups: ['g'] },
    proxyUrl: 'http://proxy:3128',
  });
});

test('KUBECONFIG may name several files: the first entry of a name wins, missing files are passed over', async () => {
  const env = { KUBECONFIG: ['missing', 'one', 'again', 'two'].map((name) => join(folder, name)).join(':') };
  expect(await loadConnection({ env })).toMatchObject({ server: 'https://one:6443' });
  expect(await loadConnection({ env, context: 'two' })).toMatchObject({
    server: 'https://two:6443',
    namespace: 'ns-two',
  });
  expect(await loadConnection({ env, cluster: 'two' })).toMatchObject({
    server: 'https://two:6443',
    namespace: 'ns-one',
  });
});

test('without KUBECONFIG, ~/.kube/config is read', async () => {
  expect(await loadConnection({ env: { HOME: join(folder, 'home') } })).toMatchObject({ server: 'https://home:6443' });
});

test('options win over the kubeconfig', async () => {
  const connection = await load('one', { namespace: 'x', server: 'https://y', token: 't' });
  expect(connection).toMatchObject({ server: 'https://y', namespace: 'x' });
  expect(await connection.credentials.get()).toEqual({ authorization: 'Bearer t' });
});

test('a user and password make basic authentication', async () => {
  const { credentials } = await load('basic');
  expect(await credentials.get()).toEqual({ authorization: `Basic ${Buffer.from('u:p').toString('base64')}` });
});

test('a token file is read again after a minute, or when the token is refused', async () => {
  const clock = new FakeClock();
  const { credentials } = await load('tokenfile', { clock });
  expect(await credentials.get()).toEqual({ authorization: 'Bearer first' });
  await writeFile(join(folder, 'token'), 'second');
  expect(await credentials.get()).toEqual({ authorization: 'Bearer first' });
  await clock.advance(60_000);
  expect(await credentials.get()).toEqual({ authorization: 'Bearer second' });
  await writeFile(join(folder, 'token'), 'third');
  credentials.invalidate();
  expect(await credentials.get()).toEqual({ authorization: 'Bearer third' });
});

test('an exec plugin is run once for all until its credential expires', async () => {
  const text = (files['exec'] ?? '').replace('PLUGIN', join(folder, 'plugin'));
  await writeFile(join(folder, 'exec'), text);
  const clock = new FakeClock();
  const count = join(folder, 'count');
  const { credentials } = await load('exec', { clock, env: { COUNT: count, PATH: process.env['PATH'] } });
  const want = { authorization: 'Bearer x-e-1' };
  expect(await Promise.all([credentials.get(), credentials.get()])).toEqual([want, want]);
  expect(await runs(count)).toBe(1);
  await clock.advance(3_600_000);
  expect(await credentials.get()).toEqual(want);
  expect(await runs(count)).toBe(2);
});

async function runs(file: string): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  return (await readFile(file, 'utf8')).trim().split('\n').length;
}

test('an exec plugin that cannot be run says how to get it', async () => {
  const { credentials } = await load('badexec');
  await expect(credentials.get()).rejects.toThrow(
    'user "badexec": exec plugin /no/such/plugin: cannot be run; install it',
  );
});

test('a pod uses its ServiceAccount', async () => {
  const serviceAccountFolder = join(folder, 'pod');
  await mkdir(serviceAccountFolder);
  for (const [name, text] of [
    ['token', 'sa'],
    ['ca.crt', 'CA'],
    ['namespace', 'vela-system\n'],
  ] as const)
    await writeFile(join(serviceAccountFolder, name), text);
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  const connection = await loadConnection({ env, serviceAccountFolder });
  expect(connection).toMatchObject({
    server: 'https://[fd00::1]:443',
    namespace: 'vela-system',
    contextName: 'in-cluster',
    tls: { ca: 'CA', rejectUnauthorized: true },
  });
  expect(await connection.credentials.get()).toEqual({ authorization: 'Bearer sa' });
});

test.each([
  { name: 'nothing at all', file: undefined, want: 'no kubeconfig: set KUBECONFIG or --kubeconfig' },
  { name: 'a missing file', file: 'missing', want: 'no such file; check --kubeconfig' },
  { name: 'broken YAML', file: 'broken', want: /kubeconfig .*broken: / },
  { name: 'a list', file: 'list', want: 'not a YAML mapping' },
  { name: 'an empty file', file: 'empty', want: 'no current-context is set; choose one with --context' },
  { name: 'no context', file: 'nocontext', want: 'no current-context is set; choose one with --context' },
  {
    name: 'an unknown context',
    file: 'one',
    options: { context: 'x' },
    want: 'context "x" does not exist; known: one',
  },
  { name: 'an unknown user', file: 'one', options: { user: 'x' }, want: 'user "x" does not exist; known: one' },
  { name: 'a cluster without server', file: 'noserver', want: 'clusters[0].cluster.server is missing' },
  { name: 'a missing certificate', file: 'noca', want: /file .*nothing.pem cannot be read/ },
  { name: 'a server that is no URL', file: 'one', options: { server: 'ftp://x' }, want: 'server "ftp://x" is no URL' },
])('$name is said clearly', async ({ file, options, want }) => {
  await expect(load(file, options)).rejects.toThrow(want);
  await expect(load(file, options)).rejects.toMatchObject({ name: 'ConnectionError' });
});

test.each([
  { server: 'https://api:6443', env: { HTTPS_PROXY: 'http://p:1' }, want: 'http://p:1' },
  { server: 'https://api:6443', env: { https_proxy: 'p:1' }, want: 'http://p:1' },
  { server: 'http://api', env: { HTTPS_PROXY: 'http://p:1' }, want: undefined },
  { server: 'https://127.0.0.1:6443', env: { HTTPS_PROXY: 'http://p:1' }, want: undefined },
  { server: 'https://a.corp', env: { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'x, .corp' }, want: undefined },
  { server: 'https://a.corp', env: { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.corp:1' }, want: 'http://p:1' },
  { server: 'https://10.1.2.3', env: { HTTPS_PROXY: 'http://p:1', NO_PROXY: '10.0.0.0/8' }, want: undefined },
  { server: 'https://11.1.2.3', env: { HTTPS_PROXY: 'http://p:1', NO_PROXY: '10.0.0.0/8' }, want: 'http://p:1' },
  { server: 'https://a.corp', env: { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, want: undefined },
])('the proxy to $server with $env', ({ server, env, want }) => {
  expect(proxyFromEnv(server, env)).toBe(want);
});
