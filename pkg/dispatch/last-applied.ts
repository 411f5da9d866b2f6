import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { parseApiVersion } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../apis/names.ts';
import { goJson } from '../../machinery/src/patch/go-json.ts';
import { omit } from '../../machinery/src/patch/json.ts';

/**
 * The object with the annotation by which KubeVela's controller finds the fields that an Application has dropped: what was
 * applied, as that controller would write it. It lets an installation go back to KubeVela without a write, and its updates
 * remove what Flotilla had set.
 */
export function withLastApplied(object: KubeObject): KubeObject {
  const text = isRecorded(object) ? goJson(configurationOf(object) as unknown as JsonObject) : undefined;
  if (text === undefined || text.length > largestAnnotation) return object;
  const { metadata } = object;
  const notes = { ...metadata.annotations, [annotations.lastAppliedConfiguration]: text };
  return { ...object, metadata: { ...metadata, annotations: notes } };
}

/** What was last applied to a live object; undefined where it does not say, or in a way that cannot be read. */
export function lastAppliedOf(live: KubeObject): JsonObject | undefined {
  const text = live.metadata.annotations?.[annotations.lastAppliedConfiguration];
  if (!text?.startsWith('{')) return undefined;
  try {
    const applied = JSON.parse(text) as JsonObject;
    const metadata = (applied['metadata'] ?? {}) as JsonObject;
    // the annotation itself was applied as well, with its time
    const notes = {
      ...(metadata['annotations'] as JsonObject | undefined),
      [annotations.lastAppliedConfiguration]: text,
      [annotations.lastAppliedTime]: '',
    };
    return { ...applied, metadata: { ...metadata, annotations: notes } };
  } catch {
    return undefined;
  }
}

/** Annotations of an object may have 256 KiB together. */
const largestAnnotation = 192 * 1024;

/** KubeVela's controller keeps no record of kinds that hold data, nor where the object says so itself. */
function isRecorded({ apiVersion, kind, metadata }: KubeObject): boolean {
  if (parseApiVersion(apiVersion).group === '' && (kind === 'ConfigMap' || kind === 'Secret')) return false;
  return !['-', 'skip'].includes(metadata.annotations?.[annotations.lastAppliedConfiguration] ?? '');
}

/** What was rendered, without what says under which shard it is written and on which state the write is based. */
function configurationOf(object: KubeObject): KubeObject {
  const { labels: own, annotations: notes, ...rest } = omit(omit(object.metadata, 'uid'), 'resourceVersion');
  const left = omit(omit({ ...notes }, annotations.shardFence), annotations.lastAppliedConfiguration);
  return {
    ...object,
    metadata: {
      ...rest,
      ...(own && { labels: omit({ ...own }, labels.deliveredBy) }),
      ...(Object.keys(left).length > 0 && { annotations: left }),
    },
  };
}
