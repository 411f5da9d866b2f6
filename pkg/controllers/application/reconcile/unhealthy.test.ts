import { expect, test } from '@jest/globals';
import { application, ApplicationBed, deployments } from '../../../../test/support/application-bed.ts';

const web1 = { name: 'web', namespace: 'default' };
const suspended = { workflow: { steps: [deploy('web'), { name: 'ask', type: 'suspend' }] } };

function deploy(component: string) {
  return { name: component, type: 'apply-component', properties: { component } };
}

test.each([
  { name: 'after the workflow', options: {}, more: {}, watching: false, phase: 'unhealthy' },
  { name: 'that watches report', options: {}, more: {}, watching: true, phase: 'unhealthy' },
  { name: 'under apply-once', options: { applyOnce: true }, more: {}, watching: false, phase: 'unhealthy' },
  {
    name: 'while the workflow is suspended',
    options: {},
    more: suspended,
    watching: true,
    phase: 'workflowSuspending',
  },
])('a component that turns unhealthy $name reports its present state', async ({ options, more, watching, phase }) => {
  let readyReplicas = 1;
  const bed = new ApplicationBed(options, (object) =>
    object.kind === 'Deployment'
      ? { ...object, status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas } }
      : object,
  );
  bed.watching = watching;
  const components = [{ name: 'web', type: 'web', properties: { image: 'nginx' } }];
  bed.put(application({ components, ...more }));
  await bed.settle();
  expect(bed.app()?.status?.services).toMatchObject([{ healthy: true, message: 'Ready:1/1' }]);

  readyReplicas = 0;
  const status = { readyReplicas };
  await bed.cluster.client().patch(deployments, web1, { type: 'merge', body: { status } }, { subresource: 'status' });
  await bed.reconcile();
  expect(bed.app()?.status?.services).toMatchObject([{ healthy: false, message: 'Ready:0/1' }]);
  expect(bed.app()?.status?.status).toBe(phase);
});
