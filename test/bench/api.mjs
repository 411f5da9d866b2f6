// Compares the embedded API with a real kube-apiserver (REAL_KUBECONFIG=file, JSON) on the same machine.
// DIST=folder runs another build; SCALE=0.1 does a tenth of everything.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';

const scale = Number(process.env['SCALE'] ?? '1');
const writes = Math.round(2000 * scale);
const listed = Math.round(10_000 * scale);
const restored = Math.round(50_000 * scale);
const clients = 16;
const path = '/api/v1/namespaces/bench/configmaps';
const main = join(import.meta.dirname, '../..', process.env['DIST'] ?? 'dist', 'cmd/vela/main.js');

async function connect(file) {
  const config = load(await readFile(file, 'utf8'));
  const { cluster } = config.clusters[0];
  const { user } = config.users[0];
  const read = async (data, path) => (data ? Buffer.from(data, 'base64') : path && readFile(path));
  const { hostname, port } = new URL(cluster.server);
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 64,
    ca: await read(cluster['certificate-authority-data'], cluster['certificate-authority']),
    cert: await read(user['client-certificate-data'], user['client-certificate']),
    key: await read(user['client-key-data'], user['client-key']),
    rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
  });
  const authorization = user.token ? { authorization: `Bearer ${user.token}` } : {};
  const open = (method, path, body, type = 'application/json') =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) };
      const outgoing = request(
        { hostname, port, agent, method, path, headers: { ...authorization, ...length } },
        resolve,
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  const send = async (...args) => {
    const response = await open(...args);
    let size = 0;
    for await (const chunk of response) size += chunk.length;
    if (response.statusCode >= 300 && response.statusCode !== 409 && response.statusCode !== 404)
      throw new Error(`${args[0]} ${args[1]}: ${response.statusCode}`);
    return size;
  };
  return { open, send, close: () => agent.destroy() };
}

/** Runs `work(i)` for 0..count-1 by several clients at once; returns operations per second. */
async function rate(count, work) {
  let next = 0;
  const start = performance.now();
  const client = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: clients }, client));
  return count / ((performance.now() - start) / 1000);
}

const configMap = (i) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `object-${i}`, labels: { app: 'bench', part: `${i % 10}` } },
    data: { text: 'x'.repeat(300) },
  });

/** The figures of one API, by row. */
async function measure(api) {
  const rows = {};
  await api.send('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: 'bench' } }));
  await warmUp(api);
  rows['create, per s'] = await rate(writes, (i) => api.send('POST', path, configMap(i)));
  rows['get, per s'] = await rate(writes * 2, (i) => api.send('GET', `${path}/object-${i % writes}`));
  rows['merge patch, per s'] = await rate(writes, (i) =>
    api.send('PATCH', `${path}/object-${i}`, JSON.stringify({ data: { a: `${i}` } }), 'application/merge-patch+json'),
  );
  rows['apply, per s'] = await rate(writes, (i) =>
    api.send(
      'PATCH',
      `${path}/object-${i}?fieldManager=bench&force=true`,
      configMap(i),
      'application/apply-patch+yaml',
    ),
  );
  rows['watch fan-out to 10, events per s'] = await fanOut(api);
  await rate(listed - writes, (i) => api.send('POST', path, configMap(i + writes)));
  rows[`list of ${listed}, per s`] = await lists(api);
  return rows;
}

/** Both APIs are measured as they run after some seconds of work: compiled, with their caches filled. */
async function warmUp(api) {
  await api.send('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: 'warm' } }));
  const warm = path.replace('bench', 'warm');
  const patch = (i, body, type, query = '') => api.send('PATCH', `${warm}/object-${i}${query}`, body, type);
  await rate(writes, (i) => api.send('POST', warm, configMap(i)));
  await rate(writes, (i) => api.send('GET', `${warm}/object-${i}`));
  await rate(writes, (i) => patch(i, `{"data":{"a":"${i}"}}`, 'application/merge-patch+json'));
  await rate(writes, (i) => patch(i, configMap(i), 'application/apply-patch+yaml', '?fieldManager=bench&force=true'));
  await api.send('DELETE', warm);
}

async function lists(api) {
  const start = performance.now();
  for (let i = 0; i < 10; i++) await api.send('GET', path);
  return 10 / ((performance.now() - start) / 1000);
}

async function fanOut(api) {
  const count = Math.round(writes / 2);
  const responses = await Promise.all(
    Array.from({ length: 10 }, () =>
      api.open(
        'GET',
        `${path}?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      ),
    ),
  );
  const start = performance.now();
  const watching = responses.map(async (response) => {
    let seen = 0;
    for await (const chunk of response) {
      for (const byte of chunk) if (byte === 10) seen += 1;
      if (seen >= count) break;
    }
  });
  await rate(count, (i) =>
    api.send('PATCH', `${path}/object-${i}`, `{"data":{"b":"${start}-${i}"}}`, 'application/merge-patch+json'),
  );
  await Promise.all(watching);
  return (count * 10) / ((performance.now() - start) / 1000);
}

async function up(folder, name) {
  const kubeconfig = join(folder, name);
  const start = performance.now();
  const args = [
    '--disable-warning=ExperimentalWarning',
    main,
    'dev',
    'up',
    '--port',
    '0',
    '--kubeconfig',
    kubeconfig,
    '--data-dir',
    join(folder, 'data'),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const startMs = performance.now() - start;
  return {
    kubeconfig,
    startMs,
    memory: async () =>
      Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

async function embedded() {
  const folder = await mkdtemp(join(tmpdir(), 'flotilla-bench-'));
  try {
    const first = await up(folder, 'kubeconfig-1');
    const api = await connect(first.kubeconfig);
    const rows = await measure(api);
    const rest = restored - listed;
    await rate(rest, (i) => api.send('POST', path, configMap(i + listed)));
    const facts = { 'start-up, ms': first.startMs, [`memory with ${restored} objects, MiB`]: await first.memory() };
    api.close();
    await first.stop();
    const second = await up(folder, 'kubeconfig-2');
    facts[`restart with ${restored} objects, ms`] = second.startMs;
    facts['memory after the restart, MiB'] = await second.memory();
    await second.stop();
    return { rows, facts };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function real(file) {
  const api = await connect(file);
  try {
    return await measure(api);
  } finally {
    for (const name of ['bench', 'warm']) await api.send('DELETE', `/api/v1/namespaces/${name}`).catch(() => undefined);
    api.close();
  }
}

const show = (value) => (value === undefined ? '-' : value >= 100 ? String(Math.round(value)) : value.toFixed(1));
const ours = await embedded();
const file = process.env['REAL_KUBECONFIG'];
const theirs = file ? await real(file) : {};
console.log(`${'row'.padEnd(36)}${'embedded'.padStart(12)}${'real'.padStart(12)}${'ratio'.padStart(8)}`);
for (const [row, value] of Object.entries(ours.rows)) {
  const other = theirs[row];
  console.log(
    row.padEnd(36) + show(value).padStart(12) + show(other).padStart(12) + show(other && value / other).padStart(8),
  );
}
for (const [row, value] of Object.entries(ours.facts)) console.log(row.padEnd(36) + show(value).padStart(12));
if (!file) console.log('\nREAL_KUBECONFIG=file compares with a real kube-apiserver.');
