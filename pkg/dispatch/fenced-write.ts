import { ApiError } from '../apis/api-error.ts';
import { fenced, fenceOn } from '../apis/fence.ts';
import type { KubeObject } from '../apis/meta.ts';
import { labels } from '../apis/names.ts';
import { deepEqual } from '../patch/equality.ts';
import { deliveredBy, delivererOf } from './deliverer.ts';

/** Brings an object into the cluster, or only asks what it would become. */
type Write = (object: KubeObject, dryRun: boolean) => Promise<KubeObject>;

/** How an object is brought into the cluster. */
export type WritePlan =
  | { readonly do: 'write'; readonly object: KubeObject }
  /** First ask what `asked` would become; where that is what is there, nothing is written. */
  | { readonly do: 'ask'; readonly asked: KubeObject; readonly object: KubeObject };

interface Wanted {
  readonly object: KubeObject;
  /** As it was read; undefined where it was not, or is not there. */
  readonly live: KubeObject | undefined;
}

/**
 * How to write an object with the present fence and shard. Where nothing but these seems to change, which a takeover or a
 * move brings about, it is asked for with those that it carries. What has no shard yet is written, because no watch that
 * chooses by shards would show it.
 */
export function planWrite({ object, live }: Wanted, fence: string | undefined): WritePlan {
  const [own, before] = [delivererOf(object), live && delivererOf(live)];
  const hasShard = own === undefined || before !== undefined;
  const marked = fenced(object, fence);
  const isOthers = live !== undefined && (fenceOn(live) !== fence || before !== own);
  if (!live || !hasShard || !isOthers || !isRenderedSame(object, live)) return { do: 'write', object: marked };
  return { do: 'ask', asked: deliveredBy(fenced(object, fenceOn(live)), before), object: marked };
}

/**
 * Writes an object with the present fence and shard, unless nothing but these would change: then nothing is written, and
 * the live object is returned as it is. Only the API server knows what a write would change, so it is asked.
 */
export async function writeFenced(
  write: Write,
  { object, live }: Wanted,
  { fence }: { readonly fence: string | undefined },
): Promise<KubeObject> {
  const plan = planWrite({ object, live }, fence);
  if (live && plan.do === 'ask') {
    const answer = await outcomeOf(write, plan.asked);
    if (answer && isSettled(live, answer)) return live;
  }
  return write(plan.object, false);
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
export function isSettled(live: KubeObject, answer: KubeObject): boolean {
  return deepEqual(comparable(live), comparable(answer));
}

function comparable(object: KubeObject): object {
  const { metadata } = object;
  const managed = (metadata.managedFields ?? [])
    .filter(({ subresource = '' }) => subresource === '')
    .map((entry) => ({ ...entry, time: undefined }));
  return { ...object, status: undefined, metadata: { ...metadata, resourceVersion: '', managedFields: managed } };
}
