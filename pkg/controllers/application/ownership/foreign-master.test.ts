import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed } from '../../../../test/support/application-bed.ts';
import { applicationResource } from '../../../apis/application.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import { labels } from '../../../apis/names.ts';
import { resourceTrackerResource } from '../../../apis/resource-tracker.ts';
import { familiesAtStart } from './foreign-master.ts';

const config = { name: 'conf', type: 'config', properties: { data: { a: '1' } } };
const onShard = (id: string) => ({ labels: { [labels.scheduledShardId]: id } });
const own = { name: 'app', namespace: 'default' };

async function delivered(): Promise<ApplicationBed> {
  const bed = new ApplicationBed({ shard: 'shard-f', foreignMaster: true });
  bed.put(application({ components: [config] }, onShard('shard-f')));
  await bed.settle();
  return bed;
}

/** The shards of trackers and revisions. */
const shardsOf = (bed: ApplicationBed): readonly (string | undefined)[] =>
  [...bed.cluster.list(resourceTrackerResource, {}), ...bed.cluster.list(applicationRevisionResource, {})].map(
    ({ metadata }) => metadata.labels?.[labels.scheduledShardId],
  );

describe("under KubeVela's master", () => {
  test('the family of an Application that was relabelled by hand follows, however busy the Application is', async () => {
    const bed = await delivered();
    bed.put(application({ components: [config] }, onShard('master')));
    for (let seconds = 0; seconds < 4; seconds += 1) {
      // a controller that does not find the revision reports that again and again
      const status = { status: 'rendering', message: String(seconds) };
      await bed.cluster.client().patch(applicationResource, own, { type: 'merge', body: { status } });
      await bed.reconcile();
      await bed.clock.advance(1000);
    }
    expect(shardsOf(bed)).toEqual(['master', 'master']);
  });

  test('the family is left to the command line at first', async () => {
    const bed = await delivered();
    bed.put(application({ components: [config] }, onShard('master')));
    const { requeueAfterMs = 0 } = await bed.reconcile();
    expect(requeueAfterMs).toBeGreaterThan(0);
    expect(shardsOf(bed)).toEqual(['shard-f', 'shard-f']);
  });

  test('an Application that comes back is worked on with its whole family', async () => {
    const bed = await delivered();
    bed.put(application({ components: [config] }, onShard('master')));
    await bed.reconcile();
    await bed.clock.advance(3000);
    await bed.reconcile();
    bed.put(application({ components: [{ ...config, properties: { data: { a: '2' } } }] }, onShard('shard-f')));
    await bed.settle();
    expect(bed.app()?.status).toMatchObject({ status: 'running', observedGeneration: 2 });
    expect(new Set(shardsOf(bed))).toEqual(new Set(['shard-f']));
  });

  test('a process that starts names the Applications of all trackers and revisions with its label', async () => {
    const bed = await delivered();
    bed.put(application({ components: [config] }, onShard('master')));
    bed.cluster.delete(resourceTrackerResource, { name: 'app-v1-default' }, {});
    const keys = new Set<string>();
    const source = familiesAtStart(bed.cluster.client(), 'shard-f');
    source.attach((key) => keys.add(key));
    await source.whenSynced(new AbortController().signal);
    expect([...keys]).toEqual(['default/app']);
  });
});
