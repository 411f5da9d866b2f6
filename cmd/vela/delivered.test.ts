import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { textIo } from '../../test/support/vela.ts';
import type { Text } from '../../test/support/vela.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { labels } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { Session } from './connect.ts';
import { printReport, readFleet } from './fleet.ts';
import type { Io } from './io.ts';
import { podsOf } from './pods.ts';
import { printEndpoints, printPods } from './status-details.ts';
import { printTree } from './tree.ts';

const kind = (name: string, plural: string, group = '', namespaced = true): Resource => ({
  group,
  version: 'v1',
  kind: name,
  plural,
  namespaced,
});
const pods = kind('Pod', 'pods');
const services = kind('Service', 'services');
const ingresses = kind('Ingress', 'ingresses', 'networking.k8s.io');
const deployments = kind('Deployment', 'deployments', 'apps');
const namespaces = kind('Namespace', 'namespaces', '', false);

let cluster: FakeCluster;
let io: Io & { readonly stdout: Text };
let session: Session;

beforeEach(() => {
  cluster = new FakeCluster({
    resources: [pods, services, ingresses, deployments, namespaces, resourceTrackerResource, applicationResource],
    now: () => Date.UTC(2026, 0, 1),
  });
  io = textIo();
  session = { client: cluster.client(), namespace: 'apps', server: '' } as unknown as Session;
});

const app = (appliedResources: readonly object[] = []): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'web', namespace: 'apps' },
  spec: { components: [] },
  status: { appliedResources },
});

/** Creates an object of the component with its spec and status. */
function put(
  resource: Resource,
  name: string,
  more: {
    readonly namespace?: string;
    readonly component?: string;
    readonly labels?: object;
    readonly spec?: object;
    readonly status?: object;
  } = {},
): void {
  const { namespace = 'apps', component, spec, status } = more;
  const own = component === undefined ? {} : { [labels.appName]: 'web', [labels.appComponent]: component };
  const object: KubeObject = {
    apiVersion: resource.group === '' ? 'v1' : `${resource.group}/v1`,
    kind: resource.kind,
    metadata: { name, ...(resource.namespaced && { namespace }), labels: { ...own, ...more.labels } },
    ...(spec && { spec }),
  };
  const created = cluster.create(resource, object);
  if (status)
    cluster.replace(
      resource,
      { ...created, status },
      resource.group === '' && resource.kind !== 'Pod' ? undefined : 'status',
    );
}

const lines = (): readonly string[] =>
  io.stdout.text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, '  '));

describe('the pods of an Application', () => {
  const namesOf = async (one: Application, component?: string) =>
    (await podsOf(cluster.client(), one, component)).map(
      ({ component: own, pod }) => `${own} ${pod.metadata.namespace ?? ''}/${pod.metadata.name ?? ''}`,
    );

  test('are those with its labels, in every namespace that it delivers to', async () => {
    put(pods, 'a', { component: 'front' });
    put(pods, 'b', { component: 'back', namespace: 'other' });
    put(pods, 'c', { component: 'back', namespace: 'third' });
    expect(await namesOf(app([{ apiVersion: 'v1', kind: 'Service', namespace: 'other', name: 's' }]))).toEqual([
      'back other/b',
      'front apps/a',
    ]);
  });

  test('are those that the selectors of its workloads choose', async () => {
    put(deployments, 'web', { component: 'front', spec: { selector: { matchLabels: { run: 'web', tier: 'x' } } } });
    put(pods, 'a', { labels: { run: 'web', tier: 'x' } });
    put(pods, 'b', { labels: { run: 'web' } });
    expect(await namesOf(app([{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }]))).toEqual(['front apps/a']);
  });

  test('are counted once, and limited to a component', async () => {
    put(deployments, 'web', { component: 'front', spec: { selector: { matchLabels: { run: 'web' } } } });
    put(pods, 'a', { component: 'front', labels: { run: 'web' } });
    put(pods, 'b', { component: 'back' });
    const one = app([{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }]);
    expect(await namesOf(one)).toEqual(['back apps/b', 'front apps/a']);
    expect(await namesOf(one, 'back')).toEqual(['back apps/b']);
    expect(await namesOf(one, 'absent')).toEqual([]);
  });

  test('are none of a workload that is gone, that selects nothing, or of a kind that is not served', async () => {
    put(deployments, 'all', { spec: { selector: {} } });
    put(pods, 'stranger');
    expect(
      await namesOf(
        app([
          { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gone' },
          { apiVersion: 'apps/v1', kind: 'Deployment', name: 'all' },
          { apiVersion: 'x/v1', kind: 'CloneSet', name: 'x' },
        ]),
      ),
    ).toEqual([]);
  });

  test('are printed with phase and revision, and the heading alone where there are none', async () => {
    put(pods, 'a', {
      component: 'front',
      labels: { 'app.oam.dev/revision': 'v2' },
      status: { phase: 'Running', hostIP: '10.0.0.9' },
    });
    await printPods(io, session, app(), undefined);
    await printPods(io, session, app(), 'absent');
    const heading = 'CLUSTER  COMPONENT  POD NAME  NAMESPACE  PHASE  CREATE TIME  REVISION  HOST';
    expect(lines().map((line) => line.replace(/ (?=POD NAME|CREATE TIME)/g, ' '))).toEqual([
      heading,
      'local  front  a  apps  Running  2026-01-01T00:00:00.000Z  v2  10.0.0.9',
      expect.stringMatching(/^CLUSTER/),
    ]);
  });
});

describe('the endpoints of an Application', () => {
  const endpoints = async (component?: string): Promise<readonly string[]> => {
    await printEndpoints(io, session, app(), component);
    return lines()
      .slice(2)
      .map((line) => line.split('  ').slice(1).join(' '));
  };

  test.each<{ name: string; spec: object; status?: object; want: readonly string[] }>([
    {
      name: 'inside of the cluster',
      spec: { ports: [{ port: 80 }, { port: 443 }] },
      want: ['c Service/apps/s s.apps:80 true', 'c Service/apps/s s.apps:443 true'],
    },
    {
      name: 'of nodes',
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }, { port: 81 }] },
      want: ['c Service/apps/s NODE:30080 false', 'c Service/apps/s s.apps:80 true', 'c Service/apps/s s.apps:81 true'],
    },
    {
      name: 'of a load balancer',
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
      status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { hostname: 'lb.example.com', ip: '1.2.3.5' }] } },
      want: [
        'c Service/apps/s 1.2.3.4:80 false',
        'c Service/apps/s lb.example.com:80 false',
        'c Service/apps/s s.apps:80 true',
      ],
    },
  ])('are those $name', async ({ spec, status, want }) => {
    put(services, 's', { component: 'c', spec, ...(status && { status }) });
    expect(await endpoints()).toEqual(want);
  });

  test.each<{ name: string; spec: object; status?: object; want: readonly string[] }>([
    {
      name: 'with a host and paths',
      spec: { rules: [{ host: 'a.example.com', http: { paths: [{ path: '/x' }, {}] } }] },
      want: ['http://a.example.com/x', 'http://a.example.com/'],
    },
    {
      name: 'with TLS',
      spec: { tls: [{ hosts: ['a.example.com'] }], rules: [{ host: 'a.example.com' }, { host: 'b.example.com' }] },
      want: ['https://a.example.com/', 'http://b.example.com/'],
    },
    { name: 'without a host', spec: { rules: [{}] }, want: ['http://*/'] },
    {
      name: 'without a host behind a load balancer',
      spec: { rules: [{}] },
      status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
      want: ['http://1.2.3.4/'],
    },
  ])('are those of an Ingress $name', async ({ spec, status, want }) => {
    put(ingresses, 'i', { component: 'c', spec, ...(status && { status }) });
    expect(await endpoints()).toEqual(want.map((address) => `c Ingress/apps/i ${address} false`));
  });

  test('are limited to a component', async () => {
    put(services, 's', { component: 'c', spec: { ports: [{ port: 80 }] } });
    put(services, 't', { component: 'd', spec: { ports: [{ port: 81 }] } });
    expect(await endpoints('d')).toEqual(['d Service/apps/t t.apps:81 true']);
  });
});

describe('the tree of what was delivered', () => {
  const track = (name: string, entries: readonly object[], own: object = {}): void => {
    cluster.create(resourceTrackerResource, {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ResourceTracker',
      metadata: { name, labels: { [labels.appName]: 'web', [labels.appNamespace]: 'apps', ...own } },
      spec: { type: 'versioned', managedResources: entries },
    });
  };
  const entry = (type: string, name: string, namespace?: string, more: object = {}) => {
    const [apiVersion, kindName] = type.split(' ');
    return { apiVersion, kind: kindName, name, ...(namespace && { namespace }), ...more };
  };

  test('has a branch for each namespace, and says what is missing', async () => {
    put(deployments, 'web');
    put(services, 'web', { namespace: 'other' });
    put(namespaces, 'extra');
    track('t1', [
      entry('apps/v1 Deployment', 'web', 'apps'),
      entry('v1 Service', 'gone', 'apps'),
      entry('v1 Service', 'old', 'apps', { deleted: true }),
    ]);
    track('t2', [
      entry('apps/v1 Deployment', 'web', 'apps'),
      entry('v1 Service', 'web', 'other'),
      entry('v1 Namespace', 'extra'),
    ]);
    await printTree(io, session, app(), false);
    expect(io.stdout.text).toBe(
      [
        'CLUSTER       NAMESPACE       RESOURCE         STATUS',
        'local    ─┬─  -          ───  Namespace/extra  updated',
        '          ├─  apps       ─┬─  Deployment/web   updated',
        '         │                └─  Service/gone     not-deployed',
        '          └─  other      ───  Service/web      updated',
        '',
      ].join('\n'),
    );
  });

  test('shows when and how far with the details', async () => {
    put(deployments, 'web', { status: { replicas: 3, readyReplicas: 1 } });
    put(deployments, 'idle', { status: { replicas: 0 } });
    put(pods, 'p', { status: { phase: 'Running' } });
    track('t', [
      entry('apps/v1 Deployment', 'web', 'apps'),
      entry('apps/v1 Deployment', 'idle', 'apps'),
      entry('v1 Pod', 'p', 'apps'),
    ]);
    await printTree(io, session, app(), true);
    expect(
      lines()
        .slice(1)
        .map((line) => line.split('  ').slice(-4)),
    ).toEqual([
      ['Deployment/idle', 'updated', '2026-01-01T00:00:00.000Z', 'Ready: 0/0'],
      ['Deployment/web', 'updated', '2026-01-01T00:00:00.000Z', 'Ready: 1/3'],
      ['Pod/p', 'updated', '2026-01-01T00:00:00.000Z', 'Phase: Running'],
    ]);
  });

  test('is that of this Application alone, and names a kind that is not served any more', async () => {
    track('mine', [entry('example.com/v1 Odd', 'x', 'apps')]);
    track('other', [entry('v1 Service', 's', 'apps')], { [labels.appNamespace]: 'elsewhere' });
    await printTree(io, session, app(), false);
    expect(lines().slice(1)).toEqual([expect.stringMatching(/Odd\/x {2}not-deployed$/)]);
  });
});

describe('the pods of the fleet', () => {
  const shardPod = (name: string, shard: string, status?: object): void => {
    put(pods, name, { namespace: 'vela-system', labels: { [labels.shardId]: shard }, ...(status && { status }) });
  };

  test('have the master first, and their state', async () => {
    shardPod('b-0', 'shard-1', {
      podIP: '10.0.0.2',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ restartCount: 3, containerID: 'process://4711' }],
    });
    shardPod('a-0', 'shard-0');
    shardPod('m-0', 'master', {
      conditions: [{ type: 'Ready', status: 'False' }],
      containerStatuses: [{ restartCount: 0, containerID: 'containerd://abc' }],
    });
    put(pods, 'other', { namespace: 'vela-system' });
    expect(await readFleet(cluster.client())).toEqual([
      { name: 'm-0', shard: 'master', ready: false, restarts: 0, ip: '', pid: undefined },
      { name: 'a-0', shard: 'shard-0', ready: false, restarts: 0, ip: '', pid: undefined },
      { name: 'b-0', shard: 'shard-1', ready: true, restarts: 3, ip: '10.0.0.2', pid: 4711 },
    ]);
  });

  test('are reported beside every Application and what it delivered', async () => {
    shardPod('m-0', 'master');
    cluster.create(applicationResource, {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'Application',
      metadata: { name: 'web', namespace: 'apps' },
      spec: { components: [] },
    });
    await printReport(io, session.client);
    expect(lines()).toEqual([
      '',
      'The fleet',
      'POD  SHARD  READY  RESTARTS  ADDRESS  PROCESS',
      'm-0  master  no  0',
      '',
      'The Applications',
      'NAMESPACE  NAME  SHARD  PHASE  RESOURCES',
      'apps  web  (none)',
    ]);
  });
});
