import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { RawApi } from '../support/raw-api.ts';

/** `ROUNDS=50 SEED=7`: how often the API server is killed, and when. */
const rounds = Number(process.env['ROUNDS'] ?? '3');
const seed = Number(process.env['SEED'] ?? '1');
const writers = 20;
const configMaps = '/api/v1/namespaces/default/configmaps';

const folders: string[] = [];
const running = new Set<ChildProcess>();

afterEach(async () => {
  for (const child of running) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'flotilla-durability-'));
  folders.push(folder);
  return folder;
}

interface Up {
  readonly child: ChildProcess;
  readonly kubeconfig: string;
  readonly output: () => string;
}

function up(folder: string, name: string): Up {
  const kubeconfig = join(folder, name);
  const main = join(packageRoot(), process.env['DIST'] ?? 'dist', 'cmd/vela/main.js');
  const data = join(folder, 'data');
  const args = [main, 'dev', 'up', '--port', '0', '--kubeconfig', kubeconfig, '--data-dir', data];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += String(chunk)));
  return { child, kubeconfig, output: () => text };
}

async function ready({ child, kubeconfig, output }: Up): Promise<RawApi> {
  while (!output().includes('ready at')) {
    if (child.exitCode !== null) throw new Error(`vela dev up ended with ${child.exitCode}\n${output()}`);
    await sleep(10);
  }
  return RawApi.fromKubeconfig(kubeconfig);
}

/** What the writers know: the last acknowledged state of each object, and what may or may not have happened since. */
interface Known {
  acknowledged: KubeObject | undefined;
  unsure: boolean;
}

interface Book {
  readonly objects: Map<string, Known>;
  /** Every resourceVersion that was seen anywhere, with the write it stands for. */
  readonly versions: Map<string, string>;
  readonly problems: string[];
}

const stampOf = (type: string, object: KubeObject): string =>
  `${type === 'DELETED' ? 'gone' : 'is'} ${object.metadata.name} ${JSON.stringify(object['data'])}`;

function note(book: Book, type: string, object: KubeObject): void {
  const version = object.metadata.resourceVersion ?? '';
  const stamp = stampOf(type, object);
  const before = book.versions.get(version);
  if (before !== undefined && before !== stamp) book.problems.push(`${version} stands for ${before} and ${stamp}`);
  book.versions.set(version, stamp);
}

/** Writes one object again and again until the server is gone. */
async function write(api: RawApi, book: Book, name: string): Promise<void> {
  const known: Known = book.objects.get(name) ?? { acknowledged: undefined, unsure: false };
  book.objects.set(name, known);
  for (let step = 0; ; step++) {
    const isDelete = known.acknowledged !== undefined && step % 7 === 6;
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data: { step: `${process.hrtime.bigint()}` },
    };
    known.unsure = true;
    try {
      const answer = isDelete
        ? await api.send('DELETE', `${configMaps}/${name}`)
        : known.acknowledged === undefined
          ? await api.send('POST', configMaps, body)
          : await api.send('PUT', `${configMaps}/${name}`, body);
      if (answer.code >= 300) throw new Error(`${answer.code} ${answer.text}`);
      known.unsure = false;
      known.acknowledged = isDelete ? undefined : (answer.json as KubeObject);
      if (known.acknowledged) note(book, 'MODIFIED', known.acknowledged);
    } catch (error) {
      if (!(error as { code?: string }).code) book.problems.push(`${name}: ${String(error)}`);
      return;
    }
  }
}

/** A client's copy of all objects, kept by list and watch, that outlives the server. */
class Follower {
  readonly objects = new Map<string, KubeObject>();
  readonly #book: Book;
  #version: string | undefined;
  relists = 0;
  resumed = 0;

  constructor(book: Book) {
    this.#book = book;
  }

  /** Follows until the connection ends. */
  async follow(api: RawApi): Promise<void> {
    try {
      for (;;) {
        if (this.#version === undefined) await this.#list(api);
        await this.#watch(api, this.#version ?? '');
        if (this.#version !== undefined) return;
      }
    } catch (error) {
      if (!(error as { code?: string }).code) this.#book.problems.push(`follower: ${String(error)}`);
    }
  }

  async #list(api: RawApi): Promise<void> {
    const { json } = await api.send('GET', configMaps);
    const list = json as { metadata: { resourceVersion: string }; items: KubeObject[] };
    this.objects.clear();
    for (const item of list.items) this.objects.set(item.metadata.name ?? '', item);
    this.#version = list.metadata.resourceVersion;
    this.relists += 1;
  }

  async #watch(api: RawApi, from: string): Promise<void> {
    await api.lines(`${configMaps}?watch=true&resourceVersion=${from}`, (line) => {
      const { type, object } = JSON.parse(line) as { type: string; object: KubeObject & { code?: number } };
      if (type === 'ERROR') {
        if (object.code !== 410) this.#book.problems.push(`watch from ${from} ended with ${line}`);
        this.#version = undefined;
        return;
      }
      note(this.#book, type, object);
      if (type === 'DELETED') this.objects.delete(object.metadata.name ?? '');
      else this.objects.set(object.metadata.name ?? '', object);
      this.#version = object.metadata.resourceVersion;
    });
  }
}

async function check(api: RawApi, book: Book): Promise<number> {
  const { json } = await api.send('GET', configMaps);
  const list = json as { metadata: { resourceVersion: string }; items: KubeObject[] };
  const found = new Map(list.items.map((item) => [item.metadata.name ?? '', item]));
  for (const [name, known] of book.objects) {
    const object = found.get(name);
    if (object !== undefined) note(book, 'MODIFIED', object);
    const isSame = object?.metadata.resourceVersion === known.acknowledged?.metadata.resourceVersion;
    if (!isSame && !known.unsure) {
      book.problems.push(
        `${name}: acknowledged ${JSON.stringify(known.acknowledged)}, found ${JSON.stringify(object)}`,
      );
    }
    const acknowledged = Number(known.acknowledged?.metadata.resourceVersion ?? '0');
    if (object !== undefined && Number(object.metadata.resourceVersion) < acknowledged) {
      book.problems.push(`${name}: went back to ${object.metadata.resourceVersion} from ${acknowledged}`);
    }
    book.objects.set(name, { acknowledged: object, unsure: false });
  }
  return Number(list.metadata.resourceVersion);
}

async function sameObjects(follower: Follower, api: RawApi): Promise<void> {
  const { json } = await api.send('GET', configMaps);
  const versions = (objects: Iterable<KubeObject>): string[] =>
    [...objects].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();
  const wanted = versions((json as { items: KubeObject[] }).items);
  const deadline = performance.now() + 5000;
  while (versions(follower.objects.values()).join() !== wanted.join() && performance.now() < deadline) await sleep(10);
  expect(versions(follower.objects.values())).toEqual(wanted);
}

/** Waits, but not for ever: a test that hangs should say where. */
async function within<T>(what: string, server: Up, done: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = sleep(25_000, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`gave up waiting for ${what} (exit ${server.child.exitCode}):\n${server.output()}`);
  });
  try {
    return await Promise.race([done, late]);
  } finally {
    timer.abort();
    late.catch(() => undefined);
  }
}

describe('SIGKILL of the API server under twenty writers', () => {
  test(
    `${rounds} rounds: nothing acknowledged is lost, no number is used twice, no event is missed`,
    async () => {
      const random = seededRandom(seed);
      const folder = await newFolder();
      const book: Book = { objects: new Map(), versions: new Map(), problems: [] };
      const follower = new Follower(book);
      let highest = 0;
      for (let round = 0; round <= rounds; round++) {
        const server = up(folder, `kubeconfig-${round}`);
        const api = await within('the server', server, ready(server));
        const revision = await within('the list', server, check(api, book));
        if (revision < highest) book.problems.push(`round ${round} begins at ${revision}, after ${highest}`);
        const following = follower.follow(api);
        await within('the follower to catch up', server, sameObjects(follower, api));
        const writing = Array.from({ length: writers }, (_, i) => write(api, book, `object-${i}`));
        if (round < rounds) {
          await sleep(50 + random() * 700);
          const gone = once(server.child, 'exit');
          server.child.kill('SIGKILL');
          await within('the kill', server, gone);
          await within('the writers', server, Promise.all(writing));
        } else {
          server.child.kill('SIGTERM');
          const ended = once(server.child, 'exit');
          await within('the writers at the end', server, Promise.all(writing));
          await within('the end', server, ended);
        }
        await within('the follower', server, following);
        await api.close();
        highest = Math.max(highest, ...[...book.versions.keys()].map(Number));
        expect(book.problems.slice(0, 5)).toEqual([]);
      }
      expect(book.versions.size).toBeGreaterThan(rounds * writers);
    },
    60_000 + rounds * 20_000,
  );
});

describe('a data folder that cannot be used', () => {
  async function refusal(folder: string): Promise<string> {
    const { child, output } = up(folder, 'kubeconfig-refused');
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, output: output() }).toEqual({ code: 1, output: expect.stringContaining('Error: the data folder') });
    return output();
  }

  test('foreign, damaged or taken: a message and exit status 1', async () => {
    const folder = await newFolder();
    const data = join(folder, 'data');
    const server = up(folder, 'kubeconfig');
    const api = await ready(server);
    expect(await refusal(folder)).toMatch(/another process is using it/);
    await api.close();
    const gone = once(server.child, 'exit');
    server.child.kill('SIGTERM');
    await gone;
    await cp(data, join(folder, 'good'), { recursive: true });
    const again = async (): Promise<void> => {
      await rm(data, { recursive: true });
      await cp(join(folder, 'good'), data, { recursive: true });
    };
    await truncate(join(data, 'cluster.mdb'), 64 * 1024);
    expect(await refusal(folder)).toMatch(/lost its end/);
    await again();
    await truncate(join(data, 'cluster.mdb'), 100);
    expect(await refusal(folder)).toMatch(/damaged/);
    await writeFile(join(data, 'cluster.mdb'), Buffer.alloc(100_000, 7));
    expect(await refusal(folder)).toMatch(/not written by this program/);
    await again();
    await appendFile(join(data, 'keys.json'), '}');
    expect(await refusal(folder)).toMatch(/keys\.json cannot be read/);
    await rm(data, { recursive: true });
    await mkdir(data);
    await writeFile(join(data, 'thesis.tex'), 'years of work');
    expect(await refusal(folder)).toMatch(/holds thesis\.tex/);
  }, 90_000);
});
