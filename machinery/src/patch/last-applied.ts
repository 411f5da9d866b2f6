import type { KubeObject } from '../meta.ts';
import { difference, type FieldSet } from './field-set.ts';
import { isMap, sortKeys } from './json.ts';
import { withoutManagedFields } from './managers.ts';
import { compare, setOfObject } from './object-set.ts';
import type { Schema } from './schema.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** The manager of server-side apply by kubectl. */
export const kubectlManager = 'kubectl';

/**
 * What client-side `kubectl apply` last asked for, by its annotation: fields that kubectl may take over without a
 * conflict when it moves to server-side apply. Undefined without a readable annotation.
 */
export function lastAppliedSet(live: KubeObject, schema: Schema | undefined): FieldSet | undefined {
  const text = live.metadata.annotations?.[annotation];
  if (text === undefined || text === '') return undefined;
  try {
    const applied: unknown = JSON.parse(text);
    if (!isMap(applied)) return undefined;
    // Fields that another manager changed since are not kubectl's any more.
    const { added, modified, removed } = compare(applied, withoutManagedFields(live), schema);
    return [added, modified, removed].reduce(difference, setOfObject(applied, schema));
  } catch {
    // Any client may write the annotation; an unreadable one allows nothing.
    return undefined;
  }
}

/** The object with an annotation that it already has brought up to date with what kubectl applied on the server. */
export function withLastApplied(object: KubeObject, applied: KubeObject): KubeObject {
  const { annotations } = object.metadata;
  if (annotations?.[annotation] === undefined || annotations[annotation] === '') return object;
  const text = `${JSON.stringify(sortKeys(applied))}\n`;
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [annotation]: text } } };
}
