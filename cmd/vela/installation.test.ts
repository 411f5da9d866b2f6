import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { SteppingClock } from '../../test/support/stepping-clock.ts';
import { textIo } from '../../test/support/vela.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { beginRelease } from '../../pkg/install/record.ts';
import { namespaceOf, resolveInstallation } from './installation.ts';
import type { Installation, ValueFlags } from './installation.ts';

const secrets: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
const none: ValueFlags = {
  namespace: undefined,
  set: [],
  values: [],
  resetValues: false,
  rights: undefined,
  webhookUrl: undefined,
};
let folder: string;
let client: KubeClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'values-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  client = new FakeCluster({ resources: [secrets], now: () => Date.UTC(2026, 0, 1) }).client();
});

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const resolve = (flags: Partial<ValueFlags>, of?: KubeClient, stdin = ''): Promise<Installation> =>
  resolveInstallation(of, { ...none, ...flags }, textIo({ stdin }));

/** Records an installation with the values. */
async function installed(values: JsonObject): Promise<void> {
  const place = { client, namespace: 'vela-system', signal: new AbortController().signal };
  const versions = { version: '1.0.0', appVersion: '1.10.0' };
  const release = await beginRelease(place, { values, ...versions, objects: [], clock: new SteppingClock() });
  await release?.end('deployed', 'Install complete');
}

const argsOf = (objects: readonly KubeObject[]): readonly string[] => {
  const core = objects.find(({ kind }) => kind === 'Deployment');
  const { template } = (core?.['spec'] ?? {}) as {
    template: { spec: { containers: readonly { args: readonly string[] }[] } };
  };
  return template.spec.containers[0]?.args ?? [];
};

describe('the values of an installation', () => {
  test('are none where none are given: the defaults stay out', async () => {
    expect(await resolve({})).toMatchObject({ values: {}, dropped: [], keptRevision: undefined });
  });

  test('are those of files in their order, then of --set, then of the flags for one value', async () => {
    const first = await file('first.yaml', 'replicaCount: 2\nsharding: {enabled: true}\nlogDebug: true\n');
    const second = await file('second.yaml', 'replicaCount: 3\nrights: cluster\n');
    const { values } = await resolve({
      values: [first, second],
      set: ['replicaCount=4', 'devLogs=true'],
      rights: 'admin',
      webhookUrl: 'https://a',
    });
    expect(values).toEqual({
      replicaCount: 4,
      sharding: { enabled: true },
      logDebug: true,
      devLogs: true,
      rights: 'admin',
      admissionWebhooks: { url: 'https://a' },
    });
  });

  test('are read as kubectl and Helm read YAML: yes is true', async () => {
    const given = await file('yes.yaml', 'logDebug: yes\nreplicaCount: 0x2\n');
    expect((await resolve({ values: [given] })).values).toEqual({ logDebug: true, replicaCount: 2 });
  });

  test('are those of every file of a folder, the later ones over those before', async () => {
    await mkdir(join(folder, 'many'));
    await file('many/1.yaml', 'replicaCount: 2\nlogDebug: true\n');
    await file('many/2.json', '{"replicaCount": 5}');
    expect((await resolve({ values: [join(folder, 'many')] })).values).toEqual({ replicaCount: 5, logDebug: true });
  });

  test('are those of standard input', async () => {
    expect((await resolve({ values: ['-'] }, undefined, 'replicaCount: 2')).values).toEqual({ replicaCount: 2 });
  });

  test('are none in a file that is empty', async () => {
    expect((await resolve({ values: [await file('empty.yaml', '# nothing\n')] })).values).toEqual({});
  });

  test('reach the arguments of the controller', async () => {
    expect(argsOf((await resolve({})).objects)).not.toContain('--log-debug=true');
    const { objects } = await resolve({ set: ['logDebug=true', 'extraArgs={--v=4,--max-dispatch-concurrent=3}'] });
    expect(argsOf(objects).join(' ')).toMatch(/--log-debug\b.*--v=4 --max-dispatch-concurrent=3/);
  });

  test.each([
    { name: 'no YAML', content: 'a: [', says: /bad\.yaml is not valid YAML: / },
    { name: 'a list', content: '- a\n', says: /bad\.yaml: expected a map of values/ },
    { name: 'text', content: 'logDebug', says: /bad\.yaml: expected a map of values/ },
    { name: 'several documents', content: 'a: 1\n---\nb: 1\n', says: /expected one YAML document, got 2/ },
    { name: 'a value that does not exist', content: 'replicas: 2\n', says: /replicas/ },
    { name: 'a value of another type', content: 'replicaCount: many\n', says: /replicaCount/ },
  ])('are refused where a file holds $name', async ({ content, says }) => {
    await expect(resolve({ values: [await file('bad.yaml', content)] })).rejects.toThrow(says);
  });

  test('are refused where a folder holds no file of values', async () => {
    await mkdir(join(folder, 'bare'));
    await expect(resolve({ values: [join(folder, 'bare')] })).rejects.toThrow(/bare holds no file of YAML or JSON$/);
  });

  test.each([
    { set: ['replicaCount'], says: '"replicaCount" is not an assignment; write it as key=value' },
    { set: ['a..b=1', 'x'], says: '"a..b" is not a key; write it as a.b or a[0].b; "x" is not an assignment' },
    { set: ['logDebug=1', 'logDebug.a=2'], says: 'contradicts an earlier assignment' },
  ])('are refused with every problem of --set $set', async ({ set, says }) => {
    await expect(resolve({ set })).rejects.toThrow(says);
  });
});

describe('the values that an installation has', () => {
  test('are kept, and given ones laid over them; null takes one back', async () => {
    await installed({ replicaCount: 2, logDebug: true, sharding: { enabled: true } });
    const { values, keptRevision } = await resolve({ set: ['replicaCount=3', 'logDebug=null'] }, client);
    expect({ values, keptRevision }).toEqual({
      values: { replicaCount: 3, sharding: { enabled: true } },
      keptRevision: 1,
    });
  });

  test('are those of the newest revision', async () => {
    await installed({ replicaCount: 2 });
    await installed({ replicaCount: 7 });
    expect(await resolve({}, client)).toMatchObject({ values: { replicaCount: 7 }, keptRevision: 2 });
  });

  test('are dropped, and named, where this version does not have them', async () => {
    await installed({ replicaCount: 2, multicluster: { enabled: true }, sharding: { enabled: true, colour: 'red' } });
    const { values, dropped } = await resolve({}, client);
    expect({ values, dropped }).toEqual({
      values: { replicaCount: 2, sharding: { enabled: true } },
      dropped: ['multicluster', 'sharding.colour'],
    });
  });

  test('are forgotten with --reset-values, which reads nothing', async () => {
    await installed({ replicaCount: 2 });
    expect(await resolve({ resetValues: true }, client)).toMatchObject({ values: {}, keptRevision: undefined });
  });

  test('are those of the namespace of the installation', async () => {
    await installed({ replicaCount: 2 });
    expect(await resolve({ namespace: 'other' }, client)).toMatchObject({ values: {}, keptRevision: undefined });
  });
});

test('an installation goes to the namespace of -n, else to that of the system', () => {
  expect([namespaceOf({ namespace: 'mine' }), namespaceOf(none)]).toEqual(['mine', 'vela-system']);
});
