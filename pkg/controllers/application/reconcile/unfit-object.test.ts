import { expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps } from '../../../../test/support/application-bed.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import { ApiError } from '../../../apis/api-error.ts';

const refusal = new ApiError({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  code: 500,
  reason: '',
  message:
    'failed to create typed patch object (default/conf; /v1, Kind=ConfigMap): .nosuch: field not declared in schema',
});

const config = (data: JsonObject) => ({ name: 'conf', type: 'config', properties: { data } });

/** A cluster that refuses every server-side apply of a ConfigMap. */
function bedWith(data: JsonObject): ApplicationBed {
  const bed = new ApplicationBed();
  bed.cluster.onRequest = ({ verb, resource }) => {
    if (verb === 'apply' && resource.plural === 'configmaps') throw refusal;
  };
  bed.put(application({ components: [config(data)] }));
  return bed;
}

const dataOf = (bed: ApplicationBed): unknown =>
  bed.cluster.get(configMaps, { name: 'conf', namespace: 'default' })['data'];

test('an object that does not fit its schema is created and updated without server-side apply, with an Event', async () => {
  const bed = bedWith({ a: '1', b: '2' });
  await bed.settle();
  expect(bed.app()?.status?.status).toBe('running');
  expect(dataOf(bed)).toEqual({ a: '1', b: '2' });
  expect(bed.events).toContainEqual(
    expect.stringMatching(/^Warning UnfitObject: ConfigMap default\/conf was written although .*field not declared/),
  );
  bed.put(application({ components: [config({ a: '3', b: '2' })] }));
  await bed.settle();
  expect(dataOf(bed)).toEqual({ a: '3', b: '2' });
});

test('an object that does not fit its schema is not written again while nothing changes', async () => {
  const bed = bedWith({ a: '1' });
  await bed.settle();
  const { resourceVersion } = bed.cluster.get(configMaps, { name: 'conf', namespace: 'default' }).metadata;
  bed.restart();
  await bed.settle();
  await bed.clock.advance(600_000);
  await bed.settle();
  expect(bed.cluster.get(configMaps, { name: 'conf', namespace: 'default' }).metadata.resourceVersion).toBe(
    resourceVersion,
  );
});
