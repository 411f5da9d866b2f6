import { describe, expect, test } from '@jest/globals';
import type { ResourceTracker } from '../apis/resource-tracker.ts';
import { resourceTrackerResource } from '../apis/resource-tracker.ts';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { newTracker } from './tracker.ts';
import { TrackerStore } from './tracker-store.ts';

function trackerOf(given: { generation: number; publishVersion?: string; uid?: string }): ResourceTracker {
  const { generation, publishVersion = '', uid = 'app-uid' } = given;
  const app = {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'app', namespace: 'default', uid, generation },
    spec: { components: [] },
  };
  return newTracker({ app, revision: `app-v${generation}`, publishVersion, shard: undefined }, 'versioned', []);
}

describe('creating a tracker', () => {
  const newCluster = (): FakeCluster => new FakeCluster({ resources: [resourceTrackerResource], now: () => 0 });

  test('with the name of a tracker of an earlier publish version', async () => {
    const store = new TrackerStore(newCluster().client(), []);
    const published = await store.create(trackerOf({ generation: 2, publishVersion: 'v3' }));
    const next = await store.create(trackerOf({ generation: 3 }));
    expect(published.metadata.name).toBe('app-v3-default');
    expect(next.metadata.name).toMatch(/^app-v3-default-[0-9a-f]{8}$/);
    expect(store.list()).toHaveLength(2);
  });

  test('that another process created in between is an error', async () => {
    const cluster = newCluster();
    await new TrackerStore(cluster.client(), []).create(trackerOf({ generation: 3 }));
    const other = new TrackerStore(cluster.client(), []);
    await expect(other.create(trackerOf({ generation: 3 }))).rejects.toThrow(/appeared while it was created/);
  });

  test('with the name of one of another Application', async () => {
    const cluster = newCluster();
    await new TrackerStore(cluster.client(), []).create(trackerOf({ generation: 3, uid: 'other' }));
    const made = await new TrackerStore(cluster.client(), []).create(trackerOf({ generation: 3 }));
    expect(made.metadata.name).toMatch(/^app-v3-default-/);
  });
});
