import { expect, test } from '@jest/globals';
import { workloadHealth } from './workload-health.ts';

const object = (type: string, spec: object, status: object | undefined, metadata: object = {}) => {
  const slash = type.lastIndexOf('/');
  return {
    apiVersion: type.slice(0, slash),
    kind: type.slice(slash + 1),
    metadata: { name: 'x', generation: 2, ...metadata },
    spec,
    ...(status && { status }),
  };
};
const rolledOut = { observedGeneration: 2, replicas: 2, readyReplicas: 2, updatedReplicas: 2 };
const onNodes = {
  observedGeneration: 2,
  desiredNumberScheduled: 1,
  numberReady: 1,
  updatedNumberScheduled: 1,
  currentNumberScheduled: 1,
};

test.each([
  {
    name: 'a deployment that is rolled out',
    given: object('apps/v1/Deployment', { replicas: 2 }, rolledOut),
    want: { healthy: true, message: 'Ready:2/2' },
  },
  {
    name: 'a deployment with one pod not ready',
    given: object('apps/v1/Deployment', { replicas: 2 }, { ...rolledOut, readyReplicas: 1 }),
    want: { healthy: false, message: 'Ready:1/2' },
  },
  {
    name: 'a deployment with an old pod left',
    given: object('apps/v1/Deployment', { replicas: 2 }, { ...rolledOut, replicas: 3 }),
    want: { healthy: false, message: 'Ready:2/2' },
  },
  {
    name: 'a deployment with a change that is not observed yet',
    given: object('apps/v1/Deployment', { replicas: 2 }, { ...rolledOut, observedGeneration: 1 }),
    want: { healthy: false, message: 'Ready:2/2' },
  },
  {
    name: 'a deployment without status',
    given: object('apps/v1/Deployment', { replicas: 1 }, undefined),
    want: { healthy: false, message: 'Ready:0/1' },
  },
  {
    name: 'a deployment scaled to nothing',
    given: object('apps/v1/Deployment', { replicas: 0 }, { observedGeneration: 2 }),
    want: { healthy: true, message: 'Ready:0/0' },
  },
  {
    name: 'a broken deployment that asked not to be checked',
    given: object('apps/v1/Deployment', { replicas: 1 }, undefined, {
      annotations: { 'app.oam.dev/disable-health-check': '' },
    }),
    want: { healthy: true, message: 'Ready:0/1' },
  },
  {
    name: 'a daemon set on all nodes',
    given: object('apps/v1/DaemonSet', {}, onNodes),
    want: { healthy: true, message: 'Ready:1/1' },
  },
  {
    name: 'a daemon set that is not observed yet',
    given: object('apps/v1/DaemonSet', {}, undefined),
    want: { healthy: false, message: 'Ready:0/0' },
  },
  {
    name: 'a job half done',
    given: object('batch/v1/Job', { parallelism: 2 }, { active: 1, succeeded: 1 }),
    want: { healthy: false, message: 'Active/Failed/Succeeded:1/0/1' },
  },
  {
    name: 'a job done',
    given: object('batch/v1/Job', { parallelism: 2 }, { failed: 1, succeeded: 2 }),
    want: { healthy: true, message: 'Active/Failed/Succeeded:0/1/2' },
  },
  {
    name: 'a load balancer without address',
    given: object('v1/Service', { type: 'LoadBalancer' }, { loadBalancer: {} }),
    want: { healthy: false, message: 'ExternalIP: Pending' },
  },
  {
    name: 'a load balancer with a host name only',
    given: object('v1/Service', { type: 'LoadBalancer' }, { loadBalancer: { ingress: [{ hostname: 'lb' }] } }),
    want: { healthy: true, message: 'ExternalIP: lb' },
  },
  {
    name: 'a service inside the cluster',
    given: object('v1/Service', { type: 'ClusterIP', clusterIP: '10.0.0.1' }, {}),
    want: { healthy: true, message: 'ClusterIP: 10.0.0.1' },
  },
  {
    name: 'a pod that is not ready',
    given: object('v1/Pod', {}, { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] }),
    want: { healthy: false, message: 'Running' },
  },
  {
    name: 'a kind without a rule',
    given: object('example.com/v1/Thing', {}, undefined),
    want: { healthy: true, message: '' },
  },
])('$name', ({ given, want }) => {
  expect(workloadHealth(given)).toEqual(want);
});
