import type { ManagedResource, ResourceTracker } from '../apis/resource-tracker.ts';
import type { CompressionType } from '../revision/compression.ts';
import { compress, decompress, isCompressed, writableType } from '../revision/compression.ts';
import { DispatchError } from './dispatch-error.ts';

/**
 * A tracker as it is worked with: its entries whole, the type of its compression kept. Throws where the entries cannot be
 * read: what such a tracker holds is unknown, so that nothing may be decided by it, least of all its release.
 */
export function expandedTracker(stored: ResourceTracker): ResourceTracker {
  const { compression } = stored.spec;
  if (!isCompressed(compression)) return stored;
  try {
    const managedResources = (decompress(compression) ?? []) as readonly ManagedResource[];
    return { ...stored, spec: { ...stored.spec, managedResources, compression: { type: compression.type ?? '' } } };
  } catch (error) {
    const remedy = 'its resources are kept until it can be read or is deleted by hand';
    const reason = (error as Error).message;
    const message = `resource tracker ${stored.metadata.name ?? ''} cannot be read: ${reason}; ${remedy}`;
    throw new DispatchError('UnreadableTracker', message);
  }
}

/** From this size of its JSON on a tracker is compressed whatever the gates say: etcd takes objects of 1.5 MiB. */
const largeBytes = 512 * 1024;

/** The tracker as it is stored, compressed where it was, where `type` asks for it, or where it is large. */
export function storedTracker(tracker: ResourceTracker, type: CompressionType): ResourceTracker {
  const { managedResources = [], compression, ...spec } = tracker.spec;
  const asked = type === '' ? ((compression?.type ?? '') as CompressionType) : type;
  const wanted = asked === '' && isLarge(managedResources) ? 'gzip' : asked;
  if (writableType(wanted) === '') return tracker;
  return { ...tracker, spec: { ...spec, compression: compress(managedResources, wanted as 'gzip' | 'zstd') } };
}

/** Few entries are never large enough for their size to be worth counting. */
function isLarge(entries: readonly ManagedResource[]): boolean {
  let bytes = 0;
  for (const entry of entries) {
    bytes += JSON.stringify(entry).length;
    if (bytes > largeBytes) return true;
  }
  return false;
}
