import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { systemClock, systemRandom } from '../../../machinery/src/clock/system.ts';
import { silentLogger } from '../../../machinery/src/logging/logger.ts';
import { RawApi, credentialsIn } from '../../../test/support/raw-api.ts';
import type { RawAnswer } from '../../../test/support/raw-api.ts';
import { startDevCluster } from '../dev-cluster.ts';
import type { DevCluster } from '../dev-cluster.ts';
import * as kinds from '../contract/builtin.ts';
import { isPodReady, podStatus } from './context.ts';
import type { StatusCondition } from './context.ts';

let cluster: DevCluster;
let admin: RawApi;
const namespace = 'default';

beforeAll(async () => {
  cluster = await startDevCluster({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger(),
    readyDelayMs: 5,
  });
  admin = new RawApi(credentialsIn(cluster.kubeconfig()));
}, 30_000);

afterAll(async () => {
  await admin.close();
  await cluster.stop();
}, 30_000);

/** Polls until `find` returns a value. */
async function eventually<T>(what: string, find: () => T | undefined | false): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const found = find();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${what}`);
    await sleep(5);
  }
}

const statusOf = (resource: Resource, name: string, inNamespace: string | undefined = namespace) =>
  (cluster.api.get(resource, inNamespace, name)?.['status'] ?? {}) as Record<string, unknown>;

const podsOf = (app: string): readonly KubeObject[] =>
  cluster.api.list(kinds.pods, { namespace, labelSelector: `app=${app}` });

const conditionOf = (resource: Resource, name: string, type: string) =>
  (statusOf(resource, name)['conditions'] as StatusCondition[] | undefined)?.find((c) => c.type === type);

async function post(path: string, body: object): Promise<RawAnswer> {
  const answer = await admin.send('POST', path, body);
  if (answer.code >= 300 && !path.endsWith('/eviction')) throw new Error(answer.text);
  return answer;
}

async function merge(path: string, body: object): Promise<void> {
  const answer = await admin.send('PATCH', path, body, { 'content-type': 'application/merge-patch+json' });
  if (answer.code >= 300) throw new Error(answer.text);
}

const apps = `/apis/apps/v1/namespaces/${namespace}`;
const core = `/api/v1/namespaces/${namespace}`;
const template = (app: string, pod: object = {}) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'c', image: 'example' }], ...pod },
});
const workload = (app: string, spec: object) => ({
  metadata: { name: app },
  spec: { replicas: 3, selector: { matchLabels: { app } }, template: template(app), ...spec },
});
const isComplete = (name: string, replicas = 3): boolean => {
  const { updatedReplicas, availableReplicas, observedGeneration } = statusOf(kinds.deployments, name);
  const { generation } = cluster.api.get(kinds.deployments, namespace, name)?.metadata ?? {};
  return updatedReplicas === replicas && availableReplicas === replicas && observedGeneration === generation;
};

describe('Deployment', () => {
  test('never fewer ready pods than its strategy allows while it rolls out', async () => {
    const strategy = { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } };
    await post(`${apps}/deployments`, workload('rolling', { strategy }));
    await eventually('the first roll-out', () => isComplete('rolling'));
    const seen: number[] = [];
    const stop = new AbortController();
    const count = (): void => void seen.push(podsOf('rolling').filter(isPodReady).length);
    cluster.api.subscribe(kinds.pods, { namespace, labelSelector: 'app=rolling' }, count, stop.signal);
    await merge(`${apps}/deployments/rolling`, { spec: { template: { metadata: { labels: { version: '2' } } } } });
    await eventually('the second roll-out', () => isComplete('rolling') && podsOf('rolling').length === 3);
    stop.abort();
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(2);
    expect(conditionOf(kinds.deployments, 'rolling', 'Progressing')?.reason).toBe('NewReplicaSetAvailable');
    expect(cluster.api.get(kinds.deployments, namespace, 'rolling')?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '2',
    });
  });

  test('says so when it stands still for longer than its deadline, and takes it back when it gets on', async () => {
    const stuck = template('late', { nodeSelector: { is: 'nowhere' } });
    await post(`${apps}/deployments`, workload('late', { progressDeadlineSeconds: 1, template: stuck }));
    const late = await eventually('the deadline', () => {
      const found = conditionOf(kinds.deployments, 'late', 'Progressing');
      return found?.status === 'False' && found;
    });
    expect(late.reason).toBe('ProgressDeadlineExceeded');
    const [scheduled] = podsOf('late')
      .flatMap((pod) => podStatus(pod).conditions ?? [])
      .filter((c) => c.type === 'PodScheduled');
    expect(scheduled).toMatchObject({ status: 'False', reason: 'Unschedulable' });
    await merge('/api/v1/nodes/flotilla-dev', { metadata: { labels: { is: 'nowhere' } } });
    await eventually('the end', () => isComplete('late'));
    expect(conditionOf(kinds.deployments, 'late', 'Progressing')?.reason).toBe('NewReplicaSetAvailable');
  });
});

test('a StatefulSet starts its pods one after the other and ends them from the last', async () => {
  const order: string[] = [];
  const stop = new AbortController();
  cluster.api.subscribe(
    kinds.pods,
    { namespace, labelSelector: 'app=ordered' },
    ({ type, object }) => {
      const name = object.metadata.name ?? '';
      if (type === 'ADDED') order.push(`+${name}`);
      if (type === 'MODIFIED' && isPodReady(object) && !order.includes(`ready ${name}`)) order.push(`ready ${name}`);
      if (type === 'DELETED') order.push(`-${name}`);
    },
    stop.signal,
  );
  await post(`${apps}/statefulsets`, workload('ordered', { serviceName: 'ordered' }));
  await eventually('three pods', () => statusOf(kinds.statefulSets, 'ordered')['readyReplicas'] === 3);
  await merge(`${apps}/statefulsets/ordered`, { spec: { replicas: 1 } });
  await eventually('one pod', () => podsOf('ordered').length === 1);
  stop.abort();
  const [a, b, c] = ['ordered-0', 'ordered-1', 'ordered-2'];
  expect(order).toEqual([`+${a}`, `ready ${a}`, `+${b}`, `ready ${b}`, `+${c}`, `ready ${c}`, `-${c}`, `-${b}`]);
});

test('a DaemonSet runs one pod on the node', async () => {
  await post(`${apps}/daemonsets`, workload('daemon', { replicas: undefined }));
  await eventually('the pod', () => statusOf(kinds.daemonSets, 'daemon')['numberReady'] === 1);
  expect(statusOf(kinds.daemonSets, 'daemon')).toMatchObject({ desiredNumberScheduled: 1, currentNumberScheduled: 1 });
});

describe('Job', () => {
  const job = (name: string, exitCode: number, spec: object) => {
    const metadata = { labels: { app: name }, annotations: { 'dev.flotilla/exit-code': String(exitCode) } };
    const pod = { ...template(name, { restartPolicy: 'Never' }), metadata };
    return { metadata: { name }, spec: { template: pod, ...spec } };
  };

  test('completes when enough pods have succeeded', async () => {
    await post(`/apis/batch/v1/namespaces/${namespace}/jobs`, job('good', 0, { completions: 3, parallelism: 2 }));
    await eventually('the end', () => conditionOf(kinds.jobs, 'good', 'Complete')?.status === 'True');
    expect(statusOf(kinds.jobs, 'good')).toMatchObject({ succeeded: 3 });
  });

  test('fails when its pods have failed too often', async () => {
    await post(`/apis/batch/v1/namespaces/${namespace}/jobs`, job('bad', 1, { backoffLimit: 0 }));
    const failed = await eventually('the end', () => conditionOf(kinds.jobs, 'bad', 'Failed'));
    expect(failed).toMatchObject({ status: 'True', reason: 'BackoffLimitExceeded' });
  });
});

test('an eviction is refused as long as the budget would be broken, and counted at once', async () => {
  await post(`${apps}/deployments`, workload('guarded', {}));
  const budget = {
    metadata: { name: 'guarded' },
    spec: { minAvailable: 2, selector: { matchLabels: { app: 'guarded' } } },
  };
  await post(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, budget);
  const allowed = (): unknown => statusOf(kinds.budgets, 'guarded')['disruptionsAllowed'];
  await eventually('the budget', () => isComplete('guarded') && allowed() === 1);
  expect(statusOf(kinds.budgets, 'guarded')).toMatchObject({ currentHealthy: 3, desiredHealthy: 2, expectedPods: 3 });
  await merge('/api/v1/nodes/flotilla-dev', { spec: { unschedulable: true } });
  const [first, second] = podsOf('guarded').map((pod) => pod.metadata.name ?? '');
  const evict = (name = ''): Promise<RawAnswer> => post(`${core}/pods/${name}/eviction`, { metadata: { name } });
  const answers = await Promise.all([evict(first), evict(second)]);
  expect(answers.map(({ code }) => code).sort()).toEqual([201, 429]);
  expect(answers.find(({ code }) => code === 429)?.json).toMatchObject({
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget' }] },
  });
  await merge('/api/v1/nodes/flotilla-dev', { spec: { unschedulable: null } });
  await eventually('the budget again', () => isComplete('guarded') && allowed() === 1);
  expect(statusOf(kinds.budgets, 'guarded')['disruptedPods']).toBeUndefined();
});

test('what a cloud would give: volumes, addresses, endpoints', async () => {
  await post(`${core}/persistentvolumeclaims`, {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  await eventually('the claim', () => statusOf(kinds.claims, 'data')['phase'] === 'Bound');
  const claim = cluster.api.get(kinds.claims, namespace, 'data')?.['spec'] as { volumeName: string };
  expect(cluster.api.get(kinds.volumes, undefined, claim.volumeName)).toMatchObject({
    spec: { capacity: { storage: '1Gi' }, claimRef: { name: 'data' } },
    status: { phase: 'Bound' },
  });
  expect(cluster.api.get(kinds.claims, namespace, 'data')?.metadata.finalizers).toEqual([
    'kubernetes.io/pvc-protection',
  ]);
  await post(`${core}/pods`, {
    metadata: { name: 'user' },
    spec: {
      containers: [{ name: 'c', image: 'i' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
    },
  });
  await eventually('the pod', () => statusOf(kinds.pods, 'user')['phase'] === 'Running');
  await admin.send('DELETE', `${core}/persistentvolumeclaims/data`);
  expect(cluster.api.get(kinds.claims, namespace, 'data')?.metadata.deletionTimestamp).toBeDefined();
  await admin.send('DELETE', `${core}/pods/user?gracePeriodSeconds=0`);
  await eventually('the claim to go', () => cluster.api.get(kinds.claims, namespace, 'data') === undefined);
  await eventually('the volume to go', () => cluster.api.get(kinds.volumes, undefined, claim.volumeName) === undefined);

  await post(`${apps}/deployments`, workload('front', { replicas: 2 }));
  const service = { type: 'LoadBalancer', selector: { app: 'front' }, ports: [{ port: 80, targetPort: 8080 }] };
  await post(`${core}/services`, { metadata: { name: 'front' }, spec: service });
  const rules = [
    {
      http: {
        paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'front', port: { number: 80 } } } }],
      },
    },
  ];
  await post(`/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`, {
    metadata: { name: 'front' },
    spec: { rules },
  });
  const address = { loadBalancer: { ingress: [{ ip: '127.0.0.1' }] } };
  await eventually('the addresses', () =>
    [kinds.services, kinds.ingresses].every((kind) => statusOf(kind, 'front')['loadBalancer'] !== undefined),
  );
  expect(statusOf(kinds.ingresses, 'front')).toEqual(address);
  interface Subset {
    readonly addresses?: readonly { readonly ip: string }[];
    readonly ports: readonly { readonly port: number }[];
  }
  const subsetOf = (count: number): Promise<Subset> =>
    eventually(`${count} endpoints`, () => {
      const [subset] = (cluster.api.get(kinds.endpoints, namespace, 'front')?.['subsets'] ?? []) as Subset[];
      return subset?.addresses?.length === count && subset;
    });
  const addressesOf = ({ addresses = [] }: Subset): string[] => addresses.map(({ ip }) => ip).sort();
  const ready = await subsetOf(2);
  expect(ready.ports).toMatchObject([{ port: 8080 }]);
  expect(addressesOf(ready)).toEqual(
    podsOf('front')
      .map((pod) => podStatus(pod).podIP)
      .sort(),
  );

  // a pod that is no longer selected goes, although none of its labels names the Service any more
  const [taken] = podsOf('front');
  if (!taken) throw new Error('there are no pods');
  await merge(`${core}/pods/${taken.metadata.name ?? ''}`, { metadata: { labels: { app: 'other' } } });
  await eventually('the pod to be replaced', () => podsOf('front').length === 2 && podsOf('other').length === 1);
  await eventually('its address to go', () => {
    const subsets = cluster.api.get(kinds.endpoints, namespace, 'front')?.['subsets'] as Subset[] | undefined;
    const now = subsets?.[0] ? addressesOf(subsets[0]) : [];
    return now.length === 2 && !now.includes(podStatus(taken).podIP ?? '');
  });
  await admin.send('DELETE', `${core}/pods?labelSelector=app%3Dother`);
});
