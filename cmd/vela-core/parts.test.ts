import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../test/support/fleet.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { MemoryApi } from '../../test/support/memory-api.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { componentDefinitionResource } from '../../pkg/apis/component-definition.ts';
import { newRegistry } from '../../pkg/metrics/registry.ts';
import { LoopLag } from '../../pkg/probes/loop-lag.ts';
import { definitionSource, newDefinitionCaches, newShardCaches } from './caches.ts';
import type { Config } from './config.ts';
import { compressionOf, readFeatureGates } from './feature-gates.ts';
import { loggerOf } from './logging.ts';
import { readOptions } from './options.ts';
import { failing, probeTasks, syncedCheck } from './probes.ts';
import { identityOf } from './report.ts';

function configOf(argv: readonly string[], env: Config['env'] = {}): Config {
  const around = {
    version: '1.2.3',
    env,
    hostname: 'host',
    tempDir: '/tmp',
    podNamespace: undefined,
    uniqueSuffix: 'x',
  };
  const reading = readOptions(argv, around);
  if (!reading.ok || 'print' in reading) throw new Error(JSON.stringify(reading));
  return reading.config;
}

describe('the part of a report that never changes', () => {
  test.each<{ name: string; argv: readonly string[]; env?: Config['env']; report: object }>([
    {
      name: 'without sharding',
      argv: [],
      report: { homeShard: undefined, version: '1.2.3', capacity: undefined, address: undefined },
    },
    {
      name: 'of a shard with a capacity',
      argv: ['--enable-sharding', '--shard-id=a', '--shard-capacity=9'],
      report: { homeShard: 'a', capacity: 9 },
    },
    {
      name: 'of a pod',
      argv: ['--enable-sharding'],
      env: { POD_IP: '10.0.0.7' },
      report: { homeShard: 'master', address: 'http://10.0.0.7:8080' },
    },
    {
      name: 'of a process with an address of its own',
      argv: [],
      env: { POD_IP: '10.0.0.7', FLOTILLA_LISTEN_HOST: '127.1.2.3' },
      report: { address: 'http://127.1.2.3:8080' },
    },
    {
      name: 'without metrics',
      argv: ['--metrics-addr=0'],
      env: { POD_IP: '10.0.0.7' },
      report: { address: undefined },
    },
  ])('$name', ({ argv, env, report }) => {
    expect(identityOf(configOf(argv, env))).toMatchObject(report);
  });
});

describe('the log of the process', () => {
  let written = '';
  const capture = () => {
    written = '';
    return jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written += String(text);
      return true;
    });
  };
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test('is lines of text for people, with time, level, message and fields', () => {
    capture();
    loggerOf(configOf(['--dev-logs', '--enable-sharding', '--shard-id=a'])).info({ app: 'web', parts: [1] }, 'applied');
    expect(written).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}applied .*\bshard=a\b.*\bapp=web\b.* parts=\[1\]\n$/);
  });

  test.each([
    { argv: ['--dev-logs'], shown: false },
    { argv: ['--dev-logs', '--log-debug'], shown: true },
    { argv: ['--dev-logs', '--v=4'], shown: true },
    { argv: ['--dev-logs', '--v=3'], shown: false },
  ])('has details with $argv: $shown', ({ argv, shown }) => {
    capture();
    loggerOf(configOf(argv)).debug('detail');
    expect(written !== '').toBe(shown);
  });

  test('is in a file too, as JSON, after what is there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'log-'));
    const file = join(folder, 'core.log');
    capture();
    loggerOf(configOf(['--dev-logs', `--log-file-path=${file}`])).info('first');
    loggerOf(configOf([`--log-file-path=${file}`])).info('second');
    await eventually('both lines', async () => {
      const lines = (await readFile(file, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { msg: string });
      expect(lines.map(({ msg }) => msg)).toEqual(['first', 'second']);
    });
    expect(written).toMatch(/ first\n\{.*"second"/);
    await rm(folder, { recursive: true });
  });
});

describe('the copies of a process', () => {
  const parts = (client: MemoryApi) => ({ client, logger: silentLogger(), informerResyncMs: 0 });
  const put = (client: MemoryApi, name: string, shard?: string) =>
    client.create(applicationResource, {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'Application',
      metadata: {
        name,
        namespace: 'apps',
        ...(shard && { labels: { 'controller.core.oam.dev/scheduled-shard-id': shard } }),
      },
    });

  test.each([
    { shard: undefined, names: ['a', 'b', 'c'] },
    { shard: 's1', names: ['a'] },
    { shard: 's9', names: [] },
  ])('of shard $shard hold $names', async ({ shard, names }) => {
    const api = new MemoryApi();
    await put(api, 'a', 's1');
    await put(api, 'b', 's2');
    await put(api, 'c');
    const { applications, all } = newShardCaches(parts(api), shard);
    const stopping = new AbortController();
    const running = all.map((informer) => informer.run(stopping.signal).catch(() => undefined));
    await applications.whenSynced(stopping.signal);
    expect(
      applications
        .list()
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(names);
    stopping.abort();
    await Promise.all(running);
  });

  test('of definitions are found by kind, namespace and name, and listed by namespace', async () => {
    const api = new MemoryApi();
    const component = (namespace: string, name: string): KubeObject => ({
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ComponentDefinition',
      metadata: { name, namespace },
    });
    for (const [namespace, name] of [
      ['vela-system', 'a'],
      ['vela-system', 'b'],
      ['apps', 'a'],
    ] as const)
      await api.create(componentDefinitionResource, component(namespace, name));
    const caches = newDefinitionCaches(parts(api));
    const stopping = new AbortController();
    const running = caches.ComponentDefinition.run(stopping.signal).catch(() => undefined);
    await caches.ComponentDefinition.whenSynced(stopping.signal);
    const source = definitionSource(caches);
    expect(source.get('ComponentDefinition', 'apps', 'a')?.metadata).toMatchObject({ namespace: 'apps', name: 'a' });
    expect(source.get('ComponentDefinition', 'apps', 'b')).toBeUndefined();
    expect(source.list('ComponentDefinition', 'vela-system').map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(source.list('TraitDefinition', 'vela-system')).toEqual([]);
    stopping.abort();
    await running;
  });
});

describe('readiness', () => {
  test('names the kinds with copies that are not complete', () => {
    const informer = (synced: boolean, resource = applicationResource) => ({ synced, resource });
    expect(() => syncedCheck([informer(true)])()).not.toThrow();
    const open = [informer(false), informer(true), informer(false, componentDefinitionResource)];
    expect(() => syncedCheck(open)()).toThrow('not synced yet: Application, ComponentDefinition');
  });

  test('fails with its reason', () => {
    expect(() => failing('still starting')()).toThrow('still starting');
  });

  test.each([
    { argv: [], servers: 2 },
    { argv: ['--metrics-addr=0'], servers: 1 },
    { argv: ['--health-addr=0', '--metrics-addr=0'], servers: 0 },
    { argv: ['--health-addr=:9000', '--metrics-addr=:9000'], servers: 1 },
  ])('and metrics are served by $servers servers with $argv', ({ argv, servers }) => {
    const lag = new LoopLag(new FakeClock());
    const tasks = probeTasks({
      config: configOf(argv),
      logger: silentLogger(),
      registry: newRegistry(),
      lag,
      checks: {},
    });
    expect(tasks).toHaveLength(servers);
  });
});

test.each([
  { items: [], want: { trackers: '', revisions: '' } },
  { items: ['GzipResourceTracker=true'], want: { trackers: 'gzip', revisions: '' } },
  { items: ['GzipResourceTracker=true', 'ZstdResourceTracker=true'], want: { trackers: 'zstd', revisions: '' } },
  { items: ['ZstdResourceTracker=false', 'ZstdApplicationRevision=true'], want: { trackers: '', revisions: 'zstd' } },
])('the gates $items compress $want', ({ items, want }) => {
  expect(compressionOf(readFeatureGates(items).gates)).toMatchObject(want);
});
