import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';

/** The shard that applied a delivered object last, from its label. */
export const delivererOf = ({ metadata }: KubeObject): string | undefined => metadata.labels?.[labels.deliveredBy];

/** The object as that shard writes it; the object itself where there are no shards. */
export function deliveredBy(object: KubeObject, shard: string | undefined): KubeObject {
  if (shard === undefined || delivererOf(object) === shard) return object;
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, [labels.deliveredBy]: shard } } };
}
