import { describe, expect, test } from '@jest/globals';
import { gateReference, readFeatureGates } from './feature-gates.ts';
import type { Config } from './config.ts';
import type { Surroundings } from './options.ts';
import { leaseNameOf, readOptions } from './options.ts';

const around: Surroundings = {
  version: '1.2.3',
  env: {},
  hostname: 'host',
  tempDir: '/tmp',
  podNamespace: undefined,
  uniqueSuffix: 'x',
};

function configOf(argv: readonly string[], env: Surroundings['env'] = {}): Config {
  const reading = readOptions(argv, { ...around, env });
  if (!reading.ok) throw new Error(reading.problems.join('; '));
  if ('print' in reading) throw new Error(reading.print);
  return reading.config;
}

function problemsOf(...argv: string[]): readonly string[] {
  const reading = readOptions(argv, around);
  return reading.ok ? [] : reading.problems;
}

describe('readOptions', () => {
  test('has the documented defaults', () => {
    expect(configOf([])).toMatchObject({
      mode: 'standalone',
      sharding: undefined,
      namespace: 'vela-system',
      podName: 'host',
      healthAddr: ':9440',
      metricsAddr: ':8080',
      election: undefined,
      webhook: undefined,
      client: { qps: 50, burst: 100, timeouts: { readMs: 10_000, listMs: 30_000, writeMs: 15_000 } },
      informerResyncMs: 36_000_000,
      definitionNamespace: 'vela-system',
      application: {
        resyncMs: 300_000,
        revisionLimit: 10,
        definitionRevisionLimit: 20,
        concurrentReconciles: 4,
        reconcileTimeoutMs: 180_000,
        maxDispatchConcurrent: 10,
        allowCrossNamespace: true,
        refObjectsScope: 'global',
        workflow: { maxWaitBackoffSeconds: 60, maxFailedBackoffSeconds: 300, maxErrorRetries: 10 },
      },
      authentication: { withUser: false, defaultUser: 'kubevela:vela-core', groupPatterns: ['kubevela:*'] },
      warnings: [],
    });
  });

  test.each([
    { name: 'without sharding', argv: ['--shard-id=a'], mode: 'standalone', shard: undefined },
    { name: 'with sharding alone', argv: ['--enable-sharding'], mode: 'master', shard: 'master' },
    { name: 'with an id of its own', argv: ['--enable-sharding', '--shard-id=a'], mode: 'slave', shard: 'a' },
    {
      name: 'with the last of two ids',
      argv: ['--enable-sharding', '--shard-id=a', '--shard-id', 'b'],
      mode: 'slave',
      shard: 'b',
    },
  ])('$name it is a $mode', ({ argv, mode, shard }) => {
    const config = configOf(argv);
    expect([config.mode, config.sharding?.shard]).toEqual([mode, shard]);
  });

  test.each([
    { name: 'no sharding, no election', argv: [], lease: undefined },
    { name: 'no sharding', argv: ['--enable-leader-election'], lease: 'kubevela' },
    { name: 'the master', argv: ['--enable-sharding'], lease: 'kubevela' },
    { name: 'a slave', argv: ['--enable-sharding', '--shard-id=shard-0'], lease: 'kubevela-shard-0' },
    {
      name: 'one version among several',
      argv: ['--enable-sharding', '--shard-id=shard-0', '--ignore-app-without-controller-version'],
      lease: 'kubevela-1-2-3-shard-0',
    },
  ])('the lease of $name is $lease', ({ argv, lease }) => {
    const { election, sharding } = configOf(argv);
    expect(election && leaseNameOf(election, sharding?.shard)).toBe(lease);
  });

  test('a slave never serves webhooks', () => {
    const argv = ['--enable-sharding', '--use-webhook=true', '--webhook-url=https://10.0.0.1:9443/'];
    expect(configOf(argv).webhook).toMatchObject({ port: 9443, url: 'https://10.0.0.1:9443' });
    expect(configOf([...argv, '--shard-id=a']).webhook).toBeUndefined();
  });

  test.each([
    { argv: ['--schedulable-shards='], shards: [] },
    { argv: ['--schedulable-shards=a,, b'], shards: ['a', 'b'] },
  ])('$argv means shards $shards', ({ argv, shards }) => {
    expect(configOf(['--enable-sharding', ...argv]).sharding?.schedulableShards).toEqual(shards);
  });

  test('knows itself by the environment of its pod', () => {
    const config = configOf(['--enable-leader-election'], {
      POD_NAME: 'pod-1',
      HOSTNAME: 'node',
      POD_NAMESPACE: 'ours',
      FLOTILLA_LISTEN_HOST: '127.1.2.3',
    });
    expect(config).toMatchObject({ podName: 'pod-1', namespace: 'ours', listenHost: '127.1.2.3' });
    expect(config.election).toMatchObject({ identity: 'pod-1_x', namespace: 'ours' });
  });

  test('listens on the ports that a shared address leaves it', () => {
    const env = { FLOTILLA_LISTEN_PORTS: '8080=41001,9440=41002,9443=41003,x=1' };
    const { healthAddr, metricsAddr, webhook } = configOf(['--use-webhook'], env);
    expect({ healthAddr, metricsAddr, port: webhook?.port }).toEqual({
      healthAddr: ':41002',
      metricsAddr: ':41001',
      port: 41003,
    });
    expect(configOf(['--metrics-addr=127.0.0.1:8080'], env).metricsAddr).toBe('127.0.0.1:8080');
  });

  test('derives the write timeout and the window for late writes from the lease', () => {
    const argv = ['--enable-sharding', '--shard-lease-duration=6s', '--shard-lease-renew-deadline=4s'];
    const { client, safety } = configOf([...argv, '--shard-lease-retry-period=1s']);
    expect(client.timeouts.writeMs).toBe(6_000);
    expect(safety).toMatchObject({ leaseDurationMs: 6_000, writeTimeoutMs: 6_000, lateWriteMs: 6_000 });
  });

  test.each([
    {
      argv: ['--enable-sharding', '--controller-client-mutating-request-timeout=40s'],
      says: '--controller-client-mutating-request-timeout: write timeout 40s must not be longer than the lease duration 15s: a write must end before another process may hold the Lease',
    },
    {
      argv: ['--enable-leader-election', '--leader-election-renew-deadline=14s'],
      says: '--leader-election-*: renew deadline 14s must be at most nine tenths of the lease duration 15s: a holder may not write after that',
    },
    {
      argv: ['--controller-client-mutating-request-timeout=2m'],
      says: '--controller-client-mutating-request-timeout: write timeout 120s must not be longer than 60s, at which the API server ends a request',
    },
  ])('refuses $argv', ({ argv, says }) => {
    const reading = readOptions(argv, around);
    expect(reading.ok ? [] : reading.problems).toEqual([says]);
  });

  test('a process that knows its pod for certain has its uid in its identity', () => {
    const { election } = configOf(['--enable-sharding'], { POD_NAME: 'pod-1', POD_UID: 'u-1' });
    expect(election).toMatchObject({ identity: 'pod-1_u-1_x', podPrefix: 'pod-1_u-1_' });
  });

  test('shards use their own lease flags, else those of any election', () => {
    const argv = ['--enable-sharding', '--leader-election-lease-duration=20s', '--shard-lease-renew-deadline=8s'];
    const durations = { leaseDurationMs: 20_000, renewDeadlineMs: 8_000, retryPeriodMs: 2_000 };
    expect(configOf(argv).election).toMatchObject(durations);
    const alone = configOf(['--enable-leader-election', '--shard-lease-duration=60s']);
    expect(alone.election?.leaseDurationMs).toBe(15_000);
  });

  test('the number of shards is left to people unless a most is given', () => {
    const autoscale = (...argv: string[]) =>
      configOf(['--enable-sharding', '--shard-rebalance=on-join', ...argv]).sharding?.autoscale;
    expect(autoscale('--shard-autoscale-min=2')).toBeUndefined();
    const rules = { min: 1, max: 8, addAfterMs: 30_000, removeAfterMs: 600_000 };
    expect(autoscale('--shard-autoscale-max=8')).toEqual(rules);
  });

  test('processes that differ in their shard alone are configured alike', () => {
    const hash = (...argv: string[]): string => configOf(['--enable-sharding', ...argv]).configHash;
    expect(hash('--shard-id=a')).toBe(hash('--shard-id=b'));
    expect(hash('--shard-id=a')).not.toBe(hash('--shard-id=a', '--kube-api-qps=7'));
  });

  test('goes on with flags that it does not know, and says so', () => {
    const config = configOf(['--no-such-flag', 'value', '--other=1', '--kube-api-qps=7', 'word']);
    expect(config.client.qps).toBe(7);
    expect(config.warnings).toEqual(['ignored, because unknown: --no-such-flag --other=1 word']);
  });

  test('says once which flags have no effect yet', () => {
    const argv = ['--optimize-list-op', '--profiling-addr=:1', '--feature-gates=MultiStageComponentApply= true'];
    expect(configOf(argv).warnings).toEqual(['accepted, but without effect yet: --profiling-addr, --optimize-list-op']);
  });

  test('takes every feature gate with the default value', () => {
    const items = gateReference.map(({ name, fallback }) => `${name}=${String(fallback)}`);
    expect(configOf([`--feature-gates=${items.join(',')}`]).warnings).toEqual([]);
  });

  test.each(gateReference.map(({ name, fallback, refusal }) => ({ name, value: !fallback, refusal })))(
    'has an effect for $name=$value, or refuses it with the reason',
    ({ name, value, refusal }) => {
      const problems = readFeatureGates([`${name}=${String(value)}`]).problems;
      const refused = [`--feature-gates: ${name}=${String(value)} is not supported: ${refusal ?? ''}`];
      expect(problems).toEqual(refusal === undefined ? [] : refused);
      expect(refusal).not.toBe('');
    },
  );

  test('gathers feature gates, the last word counting', () => {
    const { gates } = configOf([
      '--feature-gates=ApplyOnce=true,AuthenticateApplication=true',
      '--feature-gates',
      'ApplyOnce=false',
    ]);
    expect([gates.ApplyOnce, gates.AuthenticateApplication, gates.PreDispatchDryRun]).toEqual([false, true, true]);
  });

  test.each([
    { argv: '--feature-gates=Nonsense=true', says: 'unknown gate "Nonsense"' },
    { argv: '--feature-gates=ApplyOnce=perhaps', says: 'ApplyOnce must be true or false, not "perhaps"' },
    { argv: '--kube-api-qps=fast', says: '--kube-api-qps: "fast" is not a number' },
    { argv: '--application-re-sync-period=soon', says: 'is not a duration such as 30s or 5m' },
    { argv: '--log-debug=maybe', says: '"maybe" is not true or false' },
    { argv: '--health-addr=9440', says: '--health-addr: must be host:port or :port' },
    { argv: '--webhook-port=70000 --use-webhook', says: '--webhook-port: must be a port' },
    { argv: '--shard-id=Shard_0 --enable-sharding', says: '--shard-id: "Shard_0" must be' },
    { argv: '--shard-id= --enable-sharding', says: '--shard-id: "" must be' },
    { argv: '--use-webhook --webhook-url=http://a', says: 'must begin with https://' },
    {
      argv: '--enable-sharding --leader-election-lease-duration=5s',
      says: 'lease duration 5s must be longer than the renew deadline 10s',
    },
    { argv: '--enable-sharding --shard-lease-retry-period=9s', says: 'must be longer than 1.2 retry periods of 9s' },
    { argv: '--enable-sharding --shard-lease-duration=-1s', says: '"-1s" is not a duration' },
    { argv: '--enable-sharding --shard-autoscale-max=2', says: 'needs --shard-rebalance=on-join or continuous' },
    {
      argv: '--enable-sharding --shard-rebalance=on-join --shard-autoscale-max=2 --shard-autoscale-min=3',
      says: 'must be 0, or not less than --shard-autoscale-min',
    },
    {
      argv: '--enable-sharding --shard-rebalance=on-join --shard-autoscale-max=2 --schedulable-shards=a',
      says: 'needs shards that are discovered',
    },
    {
      argv: '--allow-resource-types=Deployment.v1.apps',
      says: '--allow-resource-types: must be whitelist: or blacklist:',
    },
    { argv: '--allow-resource-types=whitlist:Deployment.v1.apps', says: '--allow-resource-types: must be' },
    { argv: '--allow-resource-types=whitelist:', says: '--allow-resource-types: must be' },
    { argv: '--concurrent-reconciles=0', says: 'must be at least 1' },
    { argv: '--concurrent-reconciles=many', says: '"many" is not a whole number or auto' },
    { argv: '--ref-objects-available-scope=world', says: 'must be namespace, cluster or global' },
  ])('refuses $argv', ({ argv, says }) => {
    expect(problemsOf(...argv.split(' ')).join('\n')).toContain(says);
  });

  test.each(['', 'whitelist:Deployment.v1.apps', 'blacklist:Secret.v1,Role.v1.rbac.authorization.k8s.io'])(
    'takes --allow-resource-types=%s',
    (list) => {
      expect(problemsOf(`--allow-resource-types=${list}`)).toEqual([]);
    },
  );

  test('reports every problem at once', () => {
    expect(problemsOf('--kube-api-qps=a', '--kube-api-burst=b', '--feature-gates=X=true')).toHaveLength(3);
  });

  test.each(['version', 'help'])('--%s asks for that alone', (print) => {
    expect(readOptions([`--${print}`, '--kube-api-qps=a'], around)).toEqual({ ok: true, print });
  });
});
