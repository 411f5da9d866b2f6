import { ApiError } from '../apis/api-error.ts';
import { fenced, fenceOn } from '../apis/fence.ts';
import type { KubeObject } from '../apis/meta.ts';
import { labels } from '../apis/names.ts';
import { deepEqual } from '../patch/equality.ts';
import { deliveredBy, delivererOf } from './deliverer.ts';

/** Brings an object into the cluster, or only asks what it would become. */
type Write = (object: KubeObject, dryRun: boolean) => Promise<KubeObject>;

/**
 * Writes an object with the present fence and shard, unless nothing but these would change: then nothing is written, and
 * the live object is returned as it is. Only the API server knows what a write would change, so it is asked. What has no
 * shard yet is written, because no watch that chooses by shards would show it.
 */
export async function writeFenced(
  write: Write,
  { object, live }: { readonly object: KubeObject; readonly live: KubeObject | undefined },
  { fence }: { readonly fence: string | undefined },
): Promise<KubeObject> {
  const [own, before] = [delivererOf(object), live && delivererOf(live)];
  const hasShard = own === undefined || before !== undefined;
  if (live && hasShard && (fenceOn(live) !== fence || before !== own) && isRenderedSame(object, live)) {
    const answer = await outcomeOf(write, deliveredBy(fenced(object, fenceOn(live)), before));
    if (answer && isSame(live, answer)) return live;
  }
  return write(fenced(object, fence), false);
}

const isRenderedSame = (a: KubeObject, b: KubeObject): boolean =>
  a.metadata.labels?.[labels.renderHash] === b.metadata.labels?.[labels.renderHash];

/** Undefined when the server does not say, such as where a webhook refuses to be asked. */
async function outcomeOf(write: Write, object: KubeObject): Promise<KubeObject | undefined> {
  try {
    return await write(object, true);
  } catch (error) {
    if (error instanceof ApiError && error.code < 500 && error.code !== 429) return undefined;
    throw error;
  }
}

/** Whether two states differ in nothing that is wanted: the status is reported by others, at any moment. */
function isSame(a: KubeObject, b: KubeObject): boolean {
  return deepEqual(comparable(a), comparable(b));
}

function comparable(object: KubeObject): object {
  const { metadata } = object;
  const managed = (metadata.managedFields ?? [])
    .filter(({ subresource = '' }) => subresource === '')
    .map((entry) => ({ ...entry, time: undefined }));
  return { ...object, status: undefined, metadata: { ...metadata, resourceVersion: '', managedFields: managed } };
}
