import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import { componentDefinitionResource } from '../../pkg/apis/component-definition.ts';
import { definitionRevisionResource } from '../../pkg/apis/definition-revision.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import {
  assertAllRunning,
  assertNothingLeft,
  createNamespace,
  deploymentResource,
  sampleApplication,
} from '../support/applications.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import { RawApi } from '../support/raw-api.ts';
import type { AuditEvent, TestCluster } from '../support/fleet.ts';

const configMapResource: Resource = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster('--ready-delay', '100');
  await cluster.must('install', '--set', 'sharding.enabled=true');
  await cluster.must('addon', 'enable', 'vela-core-shard-manager', 'nShards=2');
}, 120_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

interface DeploymentSpec {
  readonly template: { readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] } };
}

const argsOf = (deployment: KubeObject | undefined): readonly string[] =>
  (deployment?.['spec'] as DeploymentSpec | undefined)?.template.spec.containers[0]?.args ?? [];

const shardOf = (object: KubeObject): string | undefined => object.metadata.labels?.[labels.scheduledShardId];

describe('the addon', () => {
  test('adds exactly one Deployment when a third shard is asked for, with the arguments of the master', async () => {
    const before = await cluster.client.list(deploymentResource, { namespace: systemNamespace });
    await cluster.must('addon', 'enable', 'vela-core-shard-manager', 'nShards=3');
    const after = await cluster.client.list(deploymentResource, { namespace: systemNamespace });
    const known = new Set(before.items.map((item) => item.metadata.uid));
    expect(after.items.filter((item) => !known.has(item.metadata.uid)).map((item) => item.metadata.name)).toEqual([
      'kubevela-vela-core-shard-2',
    ]);
    expect(after.items).toHaveLength(before.items.length + 1);
    const master = argsOf(after.items.find((item) => item.metadata.name === 'kubevela-vela-core'));
    for (const id of ['shard-0', 'shard-1', 'shard-2']) {
      expect(argsOf(after.items.find((item) => item.metadata.name === `kubevela-vela-core-${id}`))).toEqual([
        ...master,
        `--shard-id=${id}`,
      ]);
    }
  }, 60_000);
});

describe('sixty Applications created at once', () => {
  const count = 60;
  const namespace = 'sixty';

  test('run, spread over the slaves within one of even, families on one shard', async () => {
    await createNamespace(cluster.client, namespace);
    const names = Array.from({ length: count }, (_, i) => `app-${i}`);
    await Promise.all(
      names.map((name) => cluster.client.create(applicationResource, sampleApplication(name, namespace))),
    );
    const apps = await eventually(
      'all Applications to run',
      () => assertAllRunning(cluster.client, namespace, count),
      90,
    );
    const perShard = new Map<string, number>();
    for (const app of apps) perShard.set(shardOf(app) ?? '', (perShard.get(shardOf(app) ?? '') ?? 0) + 1);
    expect([...perShard].sort()).toEqual([
      ['shard-0', 20],
      ['shard-1', 20],
      ['shard-2', 20],
    ]);
    const owner = new Map(apps.map((app) => [app.metadata.name ?? '', shardOf(app)]));
    const revisions = await cluster.client.list(applicationRevisionResource, { namespace });
    const trackers = await cluster.client.list(resourceTrackerResource, {
      labelSelector: `${labels.appNamespace}=${namespace}`,
    });
    expect(revisions.items).toHaveLength(count);
    for (const member of [...revisions.items, ...trackers.items]) {
      expect(shardOf(member)).toBe(owner.get(member.metadata.labels?.[labels.appName] ?? ''));
    }
  }, 120_000);

  test("are written to by their own shard's process only", async () => {
    const apps = await cluster.client.list<Application>(applicationResource, { namespace });
    const owner = new Map(apps.items.map((app) => [app.metadata.name ?? '', shardOf(app) ?? '']));
    const writers = writersOf(await cluster.audit(), namespace);
    expect(writers.size).toBe(count);
    for (const [name, pods] of writers) {
      expect([...pods].map((pod) => /kubevela-vela-core-(shard-\d+)-/.exec(pod)?.[1])).toEqual([owner.get(name)]);
    }
  });

  test('leave nothing behind when they are deleted', async () => {
    await cluster.must('delete', '--all', '-n', namespace);
    await eventually('everything to be gone', () => assertNothingLeft(cluster.client, namespace), 30);
  }, 90_000);
});

/** Which pods changed each Application's status, by the audit. */
function writersOf(events: readonly AuditEvent[], namespace: string): Map<string, Set<string>> {
  const writers = new Map<string, Set<string>>();
  for (const { verb, user, objectRef, responseStatus } of events) {
    const pod = user.extra?.['authentication.kubernetes.io/pod-name']?.[0];
    const isWrite = ['update', 'patch'].includes(verb) && responseStatus.code < 300;
    if (!isWrite || !pod || objectRef?.resource !== 'applications' || objectRef.namespace !== namespace) continue;
    if (objectRef.subresource !== 'status') continue;
    const name = objectRef.name ?? '';
    writers.set(name, (writers.get(name) ?? new Set<string>()).add(pod));
  }
  return writers;
}

/** Creates an Application, and returns what the API server says to that. */
async function warningsOf(app: Application): Promise<string> {
  const api = await RawApi.fromKubeconfig(cluster.kubeconfig);
  try {
    const path = `/apis/core.oam.dev/v1beta1/namespaces/${app.metadata.namespace ?? ''}/applications`;
    const { code, headers } = await api.send('POST', path, app);
    expect(code).toBe(201);
    return headers.warning ?? '';
  } finally {
    await api.close();
  }
}

describe('an Application with a mistake', () => {
  test.each([
    {
      name: 'unknown-type',
      type: 'webservise',
      properties: { image: 'a:1' },
      says: /webservise.*webservice/,
      warns: /webservise.*webservice/,
    },
    {
      name: 'wrong-parameter',
      type: 'webservice',
      properties: { image: 7 },
      says: /image.*string/,
      warns: /image: must be string/,
    },
    { name: 'missing-parameter', type: 'worker', properties: {}, says: /image/, warns: /image: is required/ },
  ])(
    '$name ends in a condition on it and nowhere else',
    async ({ name, type, properties, says, warns }) => {
      const app: Application = {
        apiVersion: 'core.oam.dev/v1beta1',
        kind: 'Application',
        metadata: { name, namespace: 'default' },
        spec: { components: [{ name, type, properties }] },
      };
      expect(await warningsOf(app)).toMatch(warns);
      const message = await eventually('a condition that is False', async () => {
        const now = await cluster.client.get<Application>(applicationResource, { name, namespace: 'default' });
        const bad = now.status?.conditions?.find((c) => c.status === 'False' && c.message);
        if (!bad?.message) throw new Error(JSON.stringify(now.status ?? {}));
        return bad.message;
      });
      expect(message).toMatch(says);
      await cluster.must('delete', name, '-n', 'default');
    },
    60_000,
  );
});

describe('a master that gets no answers', () => {
  test('does not block the creation of an Application, which gets its shard afterwards', async () => {
    const target = { name: 'unhurried', namespace: 'default' };
    const chaos = (...rules: readonly object[]): Promise<unknown> =>
      cluster.client.raw('PUT', '/flotilla/chaos', { rules: [...rules] });
    await chaos({ effect: 'delay', ms: 4_000, verbs: ['get'], resources: ['namespaces'], userAgent: 'vela-core' });
    try {
      const warnings = await warningsOf(sampleApplication(target.name, target.namespace));
      expect(warnings).toBe('299 - "no shard could be chosen now; the application gets one as soon as possible"');
      expect(shardOf(await cluster.client.get(applicationResource, target))).toBeUndefined();
    } finally {
      await chaos();
    }
    await eventually('it to run', async () => {
      const app = await cluster.client.get<Application>(applicationResource, target);
      expect([app.status?.status, shardOf(app)]).toEqual(['running', expect.stringMatching(/^shard-/)]);
    });
    await cluster.must('delete', target.name, '-n', target.namespace);
  }, 90_000);
});

describe('vela up NAME --shard-id', () => {
  test('moves the family and leaves the resources alone', async () => {
    const target = { name: 'mover', namespace: 'default' };
    await cluster.client.create(applicationResource, sampleApplication(target.name, target.namespace));
    const [app] = await eventually('it to run', () => assertAllRunning(cluster.client, 'default', 1));
    if (!app) throw new Error('no Application');
    const before = await cluster.client.get(deploymentResource, { name: 'mover-web', namespace: 'default' });
    const to = shardOf(app) === 'shard-0' ? 'shard-1' : 'shard-0';
    expect(await cluster.must('up', 'mover', '--shard-id', to)).toContain(`Application scheduled to ${to}`);
    const body = {
      spec: { components: [{ ...app.spec.components[0], traits: [{ type: 'scaler', properties: { replicas: 2 } }] }] },
    };
    await cluster.client.patch(applicationResource, target, {
      type: 'merge',
      body: JSON.parse(JSON.stringify(body)) as never,
    });
    await eventually('the new shard to deliver the change', async () => {
      const now = await cluster.client.get(deploymentResource, { name: 'mover-web', namespace: 'default' });
      expect((now['spec'] as { replicas: number }).replicas).toBe(2);
      expect(now.metadata.uid).toBe(before.metadata.uid);
    });
    const revisions = await cluster.client.list(applicationRevisionResource, {
      namespace: 'default',
      labelSelector: `${labels.appName}=mover`,
    });
    expect(new Set(revisions.items.map(shardOf))).toEqual(new Set([to]));
    await cluster.must('delete', 'mover', '-n', 'default');
  }, 90_000);
});

describe('a definition that changes', () => {
  test('has a revision for each state, and an Application keeps to the one that it names', async () => {
    const definition = (image: string): KubeObject => ({
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ComponentDefinition',
      metadata: { name: 'settings', namespace: systemNamespace },
      spec: {
        workload: { type: 'autodetects.core.oam.dev' },
        schematic: {
          handlebars: {
            parameters: { type: 'object', properties: { extra: { type: 'string', default: 'none' } } },
            template: `output: { apiVersion: v1, kind: ConfigMap, data: { image: ${image}, extra: {{json parameter.extra}} } }`,
          },
        },
      },
    });
    const revision = (name: string): Promise<KubeObject> =>
      cluster.client.get(definitionRevisionResource, { name, namespace: systemNamespace });
    await cluster.client.apply(componentDefinitionResource, definition('one'), { fieldManager: 'test' });
    await eventually('the first revision', () => revision('settings-v1'));
    await cluster.client.apply(componentDefinitionResource, definition('two'), { fieldManager: 'test' });
    await eventually('the second revision', () => revision('settings-v2'));
    const schema = await eventually('the schema', () =>
      cluster.client.get(configMapResource, { name: 'component-schema-settings', namespace: systemNamespace }),
    );
    expect(JSON.stringify(schema['data'])).toContain('extra');
    for (const type of ['settings@v1', 'settings']) {
      const name = type.replace('@', '-');
      const app: Application = {
        apiVersion: 'core.oam.dev/v1beta1',
        kind: 'Application',
        metadata: { name, namespace: 'default' },
        spec: { components: [{ name, type, properties: {} }] },
      };
      await eventually('the Application to be accepted', () => cluster.client.create(applicationResource, app));
    }
    await eventually('both to be delivered', async () => {
      const images = await Promise.all(
        ['settings-v1', 'settings'].map((name) =>
          cluster.client.get(configMapResource, { name, namespace: 'default' }),
        ),
      );
      expect(images.map((object) => (object['data'] as { image: string }).image)).toEqual(['one', 'two']);
    });
    await cluster.must('delete', 'settings', 'settings-v1', '-n', 'default');
  }, 90_000);
});
