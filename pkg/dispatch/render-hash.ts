import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import { structuralHash } from '../../machinery/src/patch/structural-hash.ts';

/** Objects that trackers hold come again with every resync. */
const known = new WeakMap<KubeObject, KubeObject>();

/** The hash of what was rendered, as an object's label says it. */
export const renderHashOf = ({ metadata }: KubeObject): string => metadata.labels?.[labels.renderHash] ?? '';

/** The object with the hash of its content, which distinguishes two states of it; one that has a hash keeps it. */
export function withRenderHash(object: KubeObject): KubeObject {
  const before = known.get(object);
  if (before) return before;
  const hashed = renderHashOf(object) === '' ? labelled(object, structuralHash(object)) : object;
  known.set(object, hashed);
  return hashed;
}

function labelled(object: KubeObject, hash: string): KubeObject {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, [labels.renderHash]: hash } } };
}

/** The object as trackers hold it. */
export function withoutRenderHash(object: KubeObject): KubeObject {
  const { metadata } = object;
  const rest = Object.entries(metadata.labels ?? {}).filter(([key]) => key !== labels.renderHash);
  return { ...object, metadata: { ...metadata, labels: Object.fromEntries(rest) } };
}
