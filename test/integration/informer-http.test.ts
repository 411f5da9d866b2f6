import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { keyOf } from '../../machinery/src/meta.ts';
import { fixedCredentials } from '../../pkg/client/credentials.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock } from '../../machinery/src/clock/system.ts';
import { Informer } from '../../pkg/informer/informer.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { answerJson, answerStatus, ScenarioServer, until } from '../support/scenario-server.ts';
import type { SeenRequest } from '../support/scenario-server.ts';

const pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

/** An API server of pods, over real connections, that a test makes misbehave. */
class FlakyPods {
  readonly server = new ScenarioServer((request, response) => {
    this.#answer(request, response);
  });
  /** What a watch does after its events: nothing, or break off within the next line. */
  cutsLines = false;
  refusals: ((response: ServerResponse) => void)[] = [];
  version = 10;
  objects = new Map<string, KubeObject>();
  #watches: { readonly response: ServerResponse; sent: number }[] = [];
  #events: { readonly version: number; readonly line: string }[] = [];

  put(name: string, uid = name): void {
    const type = this.objects.has(name) ? 'MODIFIED' : 'ADDED';
    this.objects.set(name, this.#record(type, name, uid));
  }

  remove(name: string): void {
    this.#record('DELETED', name, name);
    this.objects.delete(name);
  }

  /** Stops, forgets everything, and comes back on the same port with a younger history. */
  async restart(names: readonly string[]): Promise<void> {
    await this.server.stop();
    [this.version, this.#watches, this.#events] = [0, [], []];
    this.objects.clear();
    for (const name of names) this.put(name, `new-${name}`);
    await this.server.start();
  }

  watching(): boolean {
    return this.#watches.some(({ response }) => !response.destroyed);
  }

  #record(type: string, name: string, uid: string): KubeObject {
    this.version += 1;
    const metadata = { namespace: 'a', name, uid, resourceVersion: String(this.version) };
    const object = { apiVersion: 'v1', kind: 'Pod', metadata };
    this.#events.push({ version: this.version, line: `${JSON.stringify({ type, object })}\n` });
    for (const watch of this.#watches) this.#send(watch);
    return object;
  }

  #send(watch: { readonly response: ServerResponse; sent: number }): void {
    for (const { version, line } of this.#events) {
      if (version <= watch.sent) continue;
      watch.sent = version;
      if (this.cutsLines) {
        watch.response.write(line.slice(0, 20), () => watch.response.destroy());
        return;
      }
      // in pieces, so that no line comes as one chunk
      for (let i = 0; i < line.length; i += 50) watch.response.write(line.slice(i, i + 50));
    }
  }

  #answer({ query }: SeenRequest, response: ServerResponse): void {
    const refuse = this.refusals.shift();
    if (refuse) {
      refuse(response);
      return;
    }
    if (query.get('watch') !== 'true') {
      answerJson(response, { metadata: { resourceVersion: String(this.version) }, items: [...this.objects.values()] });
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    const watch = { response, sent: Number(query.get('resourceVersion')) };
    this.#watches.push(watch);
    this.#send(watch);
  }
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Setup {
  readonly api: FlakyPods;
  readonly informer: Informer;
  readonly events: string[];
}

async function setup(): Promise<Setup> {
  const api = new FlakyPods();
  await api.server.start();
  cleanups.push(() => api.server.stop());
  api.put('one');
  api.put('two');
  const connection = {
    server: api.server.url,
    namespace: 'a',
    contextName: '',
    tls: { rejectUnauthorized: true },
    proxyUrl: undefined,
    credentials: fixedCredentials({}),
    impersonate: undefined,
  };
  // delays are drawn near zero, so that the test does not wait
  const [clock, random] = [systemClock, () => 0.001];
  const client = newKubeClient(connection, { qps: 0, burst: 1, userAgent: 'test', clock, random });
  cleanups.push(() => client.close());
  const informer = new Informer({ client, resource: pods, clock, random, logger: silentLogger(), freeze: true });
  const events: string[] = [];
  informer.subscribe({
    added: (object) => events.push(`+${keyOf(object)}`),
    updated: (_, object) => events.push(`~${keyOf(object)}`),
    deleted: (object) => events.push(`-${keyOf(object)}`),
  });
  const controller = new AbortController();
  const running = informer.run(controller.signal);
  cleanups.push(async () => {
    controller.abort(new Error('stopped'));
    await running;
  });
  await until('the first watch', () => api.watching());
  expect(events.splice(0)).toEqual(['+a/one', '+a/two']);
  return { api, informer, events };
}

test('connections that break within a line lose and repeat nothing', async () => {
  const { api, events } = await setup();
  for (let i = 0; i < 5; i += 1) {
    api.cutsLines = true;
    api.put('one');
    await until('the watch to break', () => !api.watching());
    api.cutsLines = false;
    api.put('two');
    await until('the changes', () => events.length >= 2);
    expect(events.splice(0).sort()).toEqual(['~a/one', '~a/two']);
    await until('the next watch', () => api.watching());
  }
});

test('lists again after the history was compacted, and reports deletions in between', async () => {
  const { api, events } = await setup();
  api.refusals = [
    (response) => {
      answerJson(response, { metadata: { resourceVersion: '1', continue: 'more' }, items: [] });
    },
    (response) => {
      answerStatus(response, 410, 'Expired');
    },
  ];
  api.remove('one');
  await until('the deletion', () => events.length === 1);
  api.server.dropConnections();
  api.remove('two');
  api.put('three');
  await until('the changes', () => events.length >= 3);
  expect(events).toEqual(['-a/one', '-a/two', '+a/three']);
});

test('a server that comes back with a younger history is noticed', async () => {
  const { api, informer, events } = await setup();
  await api.restart(['two', 'four']);
  await until('the changes', () => events.length >= 4);
  expect([...events].sort()).toEqual(['+a/four', '+a/two', '-a/one', '-a/two']);
  expect(informer.list().map(keyOf).sort()).toEqual(['a/four', 'a/two']);
  events.length = 0;
  await until('the next watch', () => api.watching());
  api.put('five');
  await until('the next change', () => events.length === 1);
  expect(events).toEqual(['+a/five']);
});

test('a server that refuses for a while is waited for', async () => {
  const { api, events } = await setup();
  const refuse = (response: ServerResponse): void => {
    answerStatus(response, 429, 'TooManyRequests', { 'retry-after': '0' });
  };
  api.refusals = [refuse, refuse, refuse, (response) => response.destroy(), (response) => response.end('not json')];
  api.server.dropConnections();
  api.put('three');
  await until('the change', () => events.length >= 1);
  expect(events).toEqual(['+a/three']);
});
