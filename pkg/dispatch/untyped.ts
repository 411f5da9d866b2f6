import { ApiError } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { Json, JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { isMap, omit } from '../../machinery/src/patch/json.ts';
import { annotations } from '../apis/names.ts';
import { fieldManager } from './field-manager.ts';
import { lastAppliedOf } from './last-applied.ts';
import { namesOf } from './manifest.ts';

/**
 * Whether the API server refuses a server-side apply because of a field that the schema does not declare, or of two elements
 * of a list with the same key. It accepts both in other writes, and so does KubeVela's controller, which uses those.
 */
export const isUntyped = (error: unknown): error is ApiError =>
  error instanceof ApiError && error.message.includes('failed to create typed patch object');

interface UntypedWrite {
  readonly client: KubeClient;
  readonly resource: Resource;
  readonly dryRun: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Writes an object without server-side apply: the one with its uid is patched, one without a uid is created. */
export async function writeUntyped(object: KubeObject, write: UntypedWrite): Promise<KubeObject> {
  const { client, resource, signal } = write;
  const options = { fieldManager, signal, ...(write.dryRun && { dryRun: true }) };
  const { uid } = object.metadata;
  if (uid === undefined)
    return client.create(resource, { ...object, metadata: omit(object.metadata, 'resourceVersion') }, options);
  const live = await client.get<KubeObject>(resource, namesOf(object), { signal });
  const before = lastAppliedOf(live);
  // the question is whether anything but the records of the last write would change
  const asked = write.dryRun ? before && withoutTime(before) : before;
  const patch = mergePatchOf(asked, object as unknown as JsonObject) as JsonObject;
  // a uid that differs from the live one is a conflict
  const metadata = { ...(patch['metadata'] as JsonObject), uid, resourceVersion: live.metadata.resourceVersion ?? '' };
  return client.patch(resource, namesOf(object), { type: 'merge', body: { ...patch, metadata } }, options);
}

function withoutTime(applied: JsonObject): JsonObject {
  const metadata = applied['metadata'] as JsonObject;
  const notes = omit(metadata['annotations'] as JsonObject, annotations.lastAppliedTime);
  return { ...applied, metadata: { ...metadata, annotations: notes } };
}

/** The merge patch that sets every field of `wanted` and removes those that were applied before and are wanted no more. */
function mergePatchOf(before: Json | undefined, wanted: Json): Json {
  if (!isMap(wanted)) return wanted;
  const fields = wanted;
  const old = isMap(before) ? before : {};
  const removed = Object.keys(old).filter((key) => !Object.hasOwn(fields, key));
  return {
    ...Object.fromEntries(removed.map((key) => [key, null])),
    ...Object.fromEntries(
      Object.entries(fields).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, mergePatchOf(old[key], value)] as const],
      ),
    ),
  };
}
