import { expect, test } from '@jest/globals';
import { application, ApplicationBed, deployments, readyAtOnce } from '../../../../test/support/application-bed.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';

const webKey = { name: 'web', namespace: 'default' };
const web = (image: string) => ({ name: 'web', type: 'web', properties: { image } });
const policies = [
  {
    name: 'replace',
    type: 'resource-update',
    properties: { rules: [{ selector: { resourceTypes: ['Deployment'] }, strategy: { op: 'replace' } }] },
  },
];

/** As the Deployment controller and the API server's defaults do. */
function withOthersFields(object: KubeObject): KubeObject {
  if (object.kind !== 'Deployment') return object;
  const { metadata } = object;
  const annotations = { ...metadata.annotations, 'deployment.kubernetes.io/revision': '1' };
  const spec = { revisionHistoryLimit: 10, ...(object['spec'] as object) };
  return readyAtOnce({ ...object, spec, metadata: { ...metadata, annotations } });
}

test('an object that a policy replaces is not written again for what other controllers add to it', async () => {
  const bed = new ApplicationBed({}, withOthersFields);
  bed.put(application({ components: [web('nginx')], policies }));
  await bed.settle();
  bed.cluster.changes.length = 0;
  for (let i = 0; i < 5; i++) {
    bed.restart();
    await bed.settle();
    await bed.clock.advance(300_000);
  }
  expect(bed.cluster.changes.filter((change) => JSON.stringify(change).includes('Deployment'))).toEqual([]);
});

test('an object that a policy replaces is written when its content changes, and when a wanted field was edited', async () => {
  const bed = new ApplicationBed({}, withOthersFields);
  bed.put(application({ components: [web('nginx')], policies }));
  await bed.settle();
  bed.put(application({ components: [web('other')], policies }));
  await bed.settle();
  const live = bed.cluster.find(deployments, webKey);
  expect(live?.['spec']).toMatchObject({ image: 'other' });
  bed.cluster.replace(
    deployments,
    { ...live, spec: { ...(live?.['spec'] as object), image: 'edited' } } as never,
    undefined,
  );
  await bed.clock.advance(300_000);
  await bed.settle();
  expect(bed.cluster.find(deployments, webKey)?.['spec']).toMatchObject({ image: 'other' });
});
