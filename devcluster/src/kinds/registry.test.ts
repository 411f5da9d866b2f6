import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { strategyFor } from './registry.ts';
import { ServiceIndex } from '../storage/service-index.ts';
import type { KindStrategy, MutableObject, StrategyEnvironment } from '../contract/strategy.ts';

const now = '2026-01-02T03:04:05Z';

function world(...services: KubeObject[]): StrategyEnvironment {
  const index = new ServiceIndex();
  for (const service of services) index.add(service);
  return { now, list: () => [], services: () => index };
}

function strategy(path: string): KindStrategy {
  const [group = '', version = '', plural = ''] = path.split('/');
  const found = strategyFor({ group, version, plural });
  if (found === undefined) throw new Error(`no strategy for ${path}`);
  return found;
}

/** What is stored of a new object, and what is wrong with it. */
function create(path: string, object: object, environment = world()): { object: KubeObject; problems: string[] } {
  const made = { metadata: { name: 'x', uid: 'u-1' }, ...structuredClone(object) } as MutableObject;
  const kind = strategy(path);
  kind.default?.(made);
  kind.prepareForCreate?.(made, environment);
  const done = made as unknown as KubeObject;
  const problems = (kind.validate?.(done) ?? []).map(({ field, message }) => `${field}: ${message}`);
  return { object: done, problems };
}

const containers = [{ name: 'main', image: 'example.com/app:1' }];
const template = { metadata: { labels: { app: 'd' } }, spec: { containers } };
const workload = { spec: { selector: { matchLabels: { app: 'd' } }, template } };

describe('a Deployment', () => {
  test('is completed', () => {
    const { object, problems } = create('apps/v1/deployments', workload);
    expect(problems).toEqual([]);
    expect(object['spec']).toMatchObject({
      replicas: 1,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: { spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, securityContext: {} } },
    });
  });

  test.each<[string, object, string[]]>([
    [
      'selector of others',
      { ...workload.spec, selector: { matchLabels: { app: 'e' } } },
      ['spec.template.metadata.labels: Invalid value: {"app":"d"}: `selector` does not match template `labels`'],
    ],
    [
      'negative',
      { ...workload.spec, replicas: -1 },
      ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'no containers',
      { ...workload.spec, template: { metadata: template.metadata, spec: {} } },
      ['spec.template.spec.containers: Required value'],
    ],
    [
      'recreate with numbers',
      { ...workload.spec, strategy: { type: 'Recreate', rollingUpdate: {} } },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      'twice the same container',
      { ...workload.spec, template: { ...template, spec: { containers: [...containers, ...containers] } } },
      ['spec.template.spec.containers[1].name: Duplicate value: "main"'],
    ],
    [
      'no image',
      { ...workload.spec, template: { ...template, spec: { containers: [{ name: 'main' }] } } },
      ['spec.template.spec.containers[0].image: Required value'],
    ],
    [
      'asks for more than allowed',
      {
        ...workload.spec,
        template: {
          ...template,
          spec: { containers: [{ ...containers[0], resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }] },
        },
      },
      [
        'spec.template.spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      ],
    ],
  ])('with %s is refused', (_, spec, expected) => {
    expect(create('apps/v1/deployments', { spec }).problems).toEqual(expected);
  });

  test('keeps its selector', () => {
    const old = create('apps/v1/deployments', workload).object;
    const changed = { ...old, spec: { ...(old['spec'] as object), selector: { matchLabels: { app: 'z' } } } };
    const problems = strategy('apps/v1/deployments').validateUpdate?.(changed, old);
    expect(problems).toMatchObject([{ field: 'spec.selector', reason: 'FieldValueInvalid' }]);
  });

  test('counts annotations as a generation, labels not', () => {
    const deployments = strategy('apps/v1/deployments');
    const old = create('apps/v1/deployments', workload).object;
    expect(deployments.changesGeneration?.({ ...old, metadata: { ...old.metadata, labels: { a: 'b' } } }, old)).toBe(
      false,
    );
    expect(
      deployments.changesGeneration?.({ ...old, metadata: { ...old.metadata, annotations: { a: 'b' } } }, old),
    ).toBe(true);
  });
});

describe('a Service', () => {
  const ports = [{ port: 80 }];

  test('gets the first address and port that are free', () => {
    const first = create('/v1/services', { spec: { ports, type: 'NodePort' } }).object;
    const second = create(
      '/v1/services',
      { metadata: { name: 'y', uid: 'u-2' }, spec: { ports, type: 'NodePort' } },
      world(first),
    );
    expect(first['spec']).toMatchObject({
      clusterIP: '10.96.0.2',
      clusterIPs: ['10.96.0.2'],
      ports: [{ nodePort: 30_000 }],
    });
    expect(second.object['spec']).toMatchObject({
      clusterIP: '10.96.0.3',
      ports: [{ nodePort: 30_001, targetPort: 80 }],
    });
  });

  test('keeps its address when an update leaves it out', () => {
    const old = create('/v1/services', { spec: { ports } }).object;
    const wanted = { metadata: old.metadata, spec: { ports: [{ port: 81 }] } } as unknown as MutableObject;
    strategy('/v1/services').default?.(wanted);
    strategy('/v1/services').prepareForUpdate?.(wanted, old, world(old));
    expect(wanted['spec']).toMatchObject({ clusterIP: '10.96.0.2', ipFamilies: ['IPv4'] });
  });

  test('does not get what another has', () => {
    const first = create('/v1/services', {
      spec: { ports: [{ port: 80, nodePort: 30_500 }], type: 'NodePort' },
    }).object;
    const wanted = {
      metadata: { name: 'y', uid: 'u-2' },
      spec: { ports: [{ port: 81, nodePort: 30_500 }], type: 'NodePort' },
    };
    expect(() => create('/v1/services', wanted, world(first))).toThrow(
      'spec.ports[0].nodePort: Invalid value: 30500: provided port is already allocated',
    );
    const same = { metadata: { name: 'y', uid: 'u-2' }, spec: { ports, clusterIP: '10.96.0.2' } };
    expect(() => create('/v1/services', same, world(first))).toThrow('provided IP is already allocated');
  });

  test('loses what only its former type had', () => {
    const old = create('/v1/services', { spec: { ports, type: 'NodePort' } }).object;
    const wanted = { metadata: old.metadata, spec: { ...structuredClone(old['spec'] as object), type: 'ClusterIP' } };
    strategy('/v1/services').prepareForUpdate?.(wanted as unknown as MutableObject, old, world(old));
    expect(wanted.spec).not.toHaveProperty('externalTrafficPolicy');
    expect(wanted.spec).toMatchObject({
      clusterIP: '10.96.0.2',
      ports: [expect.not.objectContaining({ nodePort: 30_000 })],
    });
  });

  test('names its ports when there are several', () => {
    const { problems } = create('/v1/services', { spec: { ports: [{ port: 1 }, { port: 2 }] } });
    expect(problems).toEqual(['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value']);
  });
});

describe('a Job', () => {
  test('selects its own pods', () => {
    const { object, problems } = create('batch/v1/jobs', {
      spec: { template: { spec: { containers, restartPolicy: 'Never' } } },
    });
    expect(problems).toEqual([]);
    expect(object['spec']).toMatchObject({
      backoffLimit: 6,
      completions: 1,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } },
    });
    expect(object.metadata.labels).toMatchObject({ 'job-name': 'x', 'controller-uid': 'u-1' });
  });

  test('does not restart its pods forever', () => {
    const { problems } = create('batch/v1/jobs', { spec: { template: { spec: { containers } } } });
    expect(problems).toEqual(['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"']);
  });
});

describe('other kinds', () => {
  test('a Secret folds stringData in', () => {
    const { object } = create('/v1/secrets', { data: { a: 'MQ==' }, stringData: { b: 'two' } });
    expect(object).toMatchObject({ type: 'Opaque', data: { a: 'MQ==', b: 'dHdv' } });
    expect(object).not.toHaveProperty('stringData');
  });

  test('an immutable ConfigMap stays as it is', () => {
    const old = { ...create('/v1/configmaps', { data: { k: 'v' } }).object, immutable: true };
    const problems = strategy('/v1/configmaps').validateUpdate?.({ ...old, data: { k: 'w' } }, old);
    expect(problems).toMatchObject([
      { field: 'data', message: 'Forbidden: field is immutable when `immutable` is set' },
    ]);
  });

  test.each([
    ['*/5 * * * *', true],
    ['0 0 1 jan mon', true],
    ['@hourly', true],
    ['often', false],
    ['61 * * * *', false],
    ['* * * *', false],
    ['*/0 * * * *', false],
    ['TZ=UTC * * * * *', false],
  ])('a CronJob at %s: %s', (schedule, isRight) => {
    const jobTemplate = { spec: { template: { spec: { containers, restartPolicy: 'Never' } } } };
    const { problems } = create('batch/v1/cronjobs', { spec: { schedule, jobTemplate } });
    expect(problems.length === 0).toBe(isRight);
  });

  test('a pod may change its image, nothing else', () => {
    const old = create('/v1/pods', { spec: { containers } }).object;
    const update = (container: object) => {
      const spec = {
        ...(old['spec'] as object),
        containers: [{ ...(old['spec'] as { containers: object[] }).containers[0], ...container }],
      };
      return strategy('/v1/pods').validateUpdate?.({ ...old, spec }, old);
    };
    expect(update({ image: 'other:2' })).toEqual([]);
    expect(update({ env: [{ name: 'A', value: 'b' }] })).toMatchObject([
      { field: 'spec', reason: 'FieldValueForbidden' },
    ]);
  });

  test('a Lease is created by a PUT, and updated only with its version', () => {
    expect(strategy('coordination.k8s.io/v1/leases')).toMatchObject({ createOnUpdate: true, updateNeedsVersion: true });
  });
});
