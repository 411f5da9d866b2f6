import { expect, test } from '@jest/globals';
import { application, ApplicationBed, oneAction } from '../../../../../test/support/application-bed.ts';

const absent = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'none' } };

test.each([
  ['an object that does not exist', 'value.metadata.name', 'none'],
  ['it, with the reason beside it', 'err', 'configmaps "none" not found'],
])('a template that reads %s gets it back', async (_, path, expected) => {
  const bed = new ApplicationBed();
  bed.defineStep(
    'ask',
    oneAction('kube.read', () => ({ value: absent })),
  );
  const steps = [{ name: 'ask', type: 'ask', outputs: [{ name: 'got', valueFrom: `act.$returns.${path}` }] }];
  bed.put(application({ components: [], workflow: { steps } }));
  await bed.settle();
  const context = bed.cluster.find(
    { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
    { name: 'workflow-app-context', namespace: 'default' },
  );
  expect(JSON.stringify(context?.['data'])).toContain(JSON.stringify(JSON.stringify(expected)).slice(1, -1));
});
