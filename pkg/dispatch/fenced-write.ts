import { ApiError } from '../apis/api-error.ts';
import { fenced, fenceOn } from '../apis/fence.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../apis/names.ts';
import { contains } from '../../machinery/src/patch/contains.ts';
import { deepEqual } from '../../machinery/src/patch/equality.ts';
import { isInherited } from './adopt.ts';
import { deliveredBy, delivererOf } from './deliverer.ts';
import { withEncodedData } from './encoded-data.ts';
import { renderHashOf } from './render-hash.ts';

/** Brings an object into the cluster, or only asks what it would become. */
export type Write = (object: KubeObject, dryRun: boolean) => Promise<KubeObject>;

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
 * How to write an object with the present fence and shard. Where nothing but these seems to change, or the manager of the
 * fields, which an adoption, a move or the installation over another controller brings about, it is asked for with those that
 * it carries.
 */
export function planWrite({ object, live }: Wanted, fence: string | undefined): WritePlan {
  const [own, before] = [delivererOf(object), live && delivererOf(live)];
  const marked = fenced(object, fence);
  const isOthers = live !== undefined && (fenceOn(live) !== fence || before !== own || isInherited(live));
  if (!isOthers || !isRenderedSame(object, live)) return { do: 'write', object: marked };
  return { do: 'ask', asked: asDelivered(fenced(object, fenceOn(live)), before), object: marked };
}

/** The object with the shard that is on the live one, or without any. */
function asDelivered(object: KubeObject, shard: string | undefined): KubeObject {
  if (shard !== undefined || delivererOf(object) === undefined) return deliveredBy(object, shard);
  const { metadata } = object;
  const rest = Object.entries(metadata.labels ?? {}).filter(([key]) => key !== labels.deliveredBy);
  return { ...object, metadata: { ...metadata, labels: Object.fromEntries(rest) } };
}

/**
 * Writes an object with the present fence and shard, unless nothing but these would change: then nothing is written, and
 * the live object is returned as it is. Where the live object does not show that by itself, only the API server knows what a
 * write would change, so it is asked.
 */
export async function writeFenced(
  write: Write,
  { object, live }: Wanted,
  { fence }: { readonly fence: string | undefined },
): Promise<KubeObject> {
  if (live && isDelivered(object, live)) return live;
  const plan = planWrite({ object, live }, fence);
  if (live && plan.do === 'ask') {
    const answer = await outcomeOf(write, plan.asked);
    if (answer && isSettled(live, answer)) return live;
  }
  return write(plan.object, false);
}

/** Whether a live object has all that was rendered, so that a write would change nothing but fence and shard. */
export function isDelivered(object: KubeObject, live: KubeObject): boolean {
  return (
    renderHashOf(object) !== '' && isRenderedSame(object, live) && contains(live, withoutMarks(withEncodedData(object)))
  );
}

/** The object without what says under which shard and fence it is written. */
export function withoutMarks(object: KubeObject): object {
  const { labels: own, annotations: notes, ...rest } = object.metadata;
  return {
    ...object,
    metadata: {
      ...rest,
      labels: { ...own, [labels.deliveredBy]: undefined },
      annotations: {
        ...notes,
        [annotations.shardFence]: undefined,
        [annotations.lastAppliedConfiguration]: undefined,
      },
    },
  };
}

export const isRenderedSame = (a: KubeObject, b: KubeObject): boolean => renderHashOf(a) === renderHashOf(b);

/** Undefined when the server does not say, such as where a webhook refuses to be asked. */
export async function outcomeOf(write: Write, object: KubeObject): Promise<KubeObject | undefined> {
  try {
    return await write(object, true);
  } catch (error) {
    if (error instanceof ApiError && error.code < 500 && error.code !== 429) return undefined;
    throw error;
  }
}

/**
 * Whether two states differ in nothing that is wanted: the status is reported by others, at any moment. Fields that are still
 * another controller's become this one's with the first change.
 */
export function isSettled(live: KubeObject, answer: KubeObject): boolean {
  const owners = !isInherited(live);
  return deepEqual(comparable(live, owners), comparable(answer, owners));
}

function comparable(object: KubeObject, owners: boolean): object {
  const { metadata } = object;
  const managed = (owners ? (metadata.managedFields ?? []) : [])
    .filter(({ subresource = '' }) => subresource === '')
    .map((entry) => ({ ...entry, time: undefined }));
  return { ...object, status: undefined, metadata: { ...metadata, resourceVersion: '', managedFields: managed } };
}
