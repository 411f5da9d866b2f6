import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps } from '../../../../test/support/application-bed.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import { labels } from '../../../apis/names.ts';
import { resourceTrackerResource } from '../../../apis/resource-tracker.ts';

const config = { name: 'conf', type: 'config', properties: { data: { a: '1' } } };
const conf1 = { name: 'conf', namespace: 'default' };

describe('a shard', () => {
  const shard = (id: string) => ({ labels: { [labels.scheduledShardId]: id } });

  test('marks the family of its Applications', async () => {
    const bed = new ApplicationBed({ shard: 'shard-0' });
    bed.put(application({ components: [config] }, shard('shard-0')));
    await bed.settle();
    const family = [
      ...bed.cluster.list(resourceTrackerResource, {}),
      ...bed.cluster.list(applicationRevisionResource, {}),
    ];
    expect(family.map((o) => o.metadata.labels?.[labels.scheduledShardId])).toEqual(['shard-0', 'shard-0']);
    expect(bed.cluster.get(configMaps, conf1).metadata.labels).not.toHaveProperty([labels.scheduledShardId]);
  });

  test.each([
    { name: 'another shard', metadata: shard('shard-1') },
    { name: 'no shard', metadata: {} },
  ])('never writes to an Application of $name', async ({ metadata }) => {
    const bed = new ApplicationBed({ shard: 'shard-0' });
    bed.put(application({ components: [config] }, metadata));
    await bed.reconcile();
    expect(bed.cluster.changes).toEqual([]);
  });
});

test('a paused Application is left alone', async () => {
  const bed = new ApplicationBed();
  bed.put(application({ components: [config] }, { labels: { [labels.pause]: 'true' } }));
  await bed.reconcile();
  expect(bed.cluster.changes).toEqual([]);
});
