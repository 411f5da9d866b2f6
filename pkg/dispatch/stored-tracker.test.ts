import { describe, expect, test } from '@jest/globals';
import type { ManagedResource, ResourceTracker } from '../apis/resource-tracker.ts';
import { resourceTrackerResource } from '../apis/resource-tracker.ts';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { expandedTracker, storedTracker } from './stored-tracker.ts';
import { entriesOf } from './tracker.ts';
import { TrackerStore } from './tracker-store.ts';

/** The entries of a Deployment as KubeVela's controller stores them with the gate ZstdResourceTracker. */
const zstdData =
  'KLUv/UQATALNCwCSl0MiMKtQADyD4cr2ekKjHv1Tq8XbhmwnODgfiWazmxKu0qtQAo8555yPGQCAUKCHVQ6boDx9jFqJphDvkdQclCmfx7TCyJcslT5ekHtXGJDh+yqN29J81OXYo8+cBZAUlbmC/FpMX4euIKc76DOnn5R8h8wnsdG2Iq9NfDwg4CggMHAoGPmOcvD0JA3+neka+T1CyUpGNmAwi4UGnLFQBWgYi2RkCFTIsk1BJf8W5xThnK4zunymGwqOBkEDQS66Ls9IIgn5BsG0uYIMt6mose1q1EbjWQV5oi/utznWko8VMgGdUyNvU/A9QTn1MfOJkVexRe6XqPTFpeGNkZ/UwTNdH8c9o7TlPmDkZlXEFYYmABcUctAnhEyV1qqFkcVytAcArAxFIIC7CtqXAa9XFiwCstvP+RAB9uppdFxFrXglOGBcOHDtAAsEaeXgYT0QhA6RMqitgYeFp6rsrF4g19x3FRFT78LB1NN68cLQYSpQwpQuNDK1Bx8OsrA=';

function trackerOf(spec: Partial<ResourceTracker['spec']>): ResourceTracker {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'ResourceTracker',
    metadata: { name: 'app-v1-ns', finalizers: ['resourcetracker.core.oam.dev/finalizer'] },
    spec: { type: 'versioned', applicationGeneration: 1, ...spec },
  };
}

const entry = (name: string, size = 1): ManagedResource => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name,
  raw: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(size) } },
});

describe('a stored tracker', () => {
  test('with zstd data of KubeVela is read', () => {
    const tracker = expandedTracker(trackerOf({ compression: { type: 'zstd', data: zstdData } }));
    expect(entriesOf(tracker)).toMatchObject([
      { kind: 'Deployment', name: 'web', component: 'web', raw: { spec: { template: {} } } },
    ]);
  });

  test.each(['gzip', 'zstd'] as const)('that the gate for %s compresses is read again', (type) => {
    const stored = storedTracker(trackerOf({ managedResources: [entry('a')] }), type);
    expect(stored.spec.managedResources).toBeUndefined();
    expect(stored.spec.compression?.type).toMatch(/^(gzip|zstd)$/);
    expect(entriesOf(expandedTracker(stored))).toEqual([entry('a')]);
  });

  test('stays compressed when its entries change', () => {
    const read = expandedTracker(storedTracker(trackerOf({ managedResources: [entry('a')] }), 'gzip'));
    const changed = { ...read, spec: { ...read.spec, managedResources: [entry('b')] } };
    expect(storedTracker(changed, '').spec).toMatchObject({ compression: { type: 'gzip' } });
  });

  test('of 0.9 MB is compressed although no gate asks for it, a small one is not', () => {
    const large = Array.from({ length: 90 }, (_, i) => entry(`c${i}`, 10_000));
    const stored = storedTracker(trackerOf({ managedResources: large }), '');
    expect(JSON.stringify(stored).length).toBeLessThan(100_000);
    expect(entriesOf(expandedTracker(stored))).toEqual(large);
    const small = trackerOf({ managedResources: [entry('a')] });
    expect(storedTracker(small, '')).toBe(small);
  });

  test.each([
    { compression: { type: 'lz4', data: 'AAAA' }, reason: 'its compression "lz4" is unknown' },
    { compression: { type: 'zstd', data: 'AAAA' }, reason: 'its zstd data is damaged' },
    { compression: { type: 'gzip' }, reason: 'its gzip data is damaged' },
  ])('that cannot be read is refused by name: $reason', ({ compression, reason }) => {
    const tracker = trackerOf({ compression });
    const cluster = new FakeCluster({ resources: [resourceTrackerResource], now: () => 0 });
    expect(() => new TrackerStore(cluster.client(), [tracker])).toThrow(`app-v1-ns cannot be read: ${reason}`);
  });
});
