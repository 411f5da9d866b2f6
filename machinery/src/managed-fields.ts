import type { KubeObject } from './meta.ts';

/** The object without its managed fields, which are often larger than all else. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields, ...metadata } = object.metadata;
  return managedFields === undefined ? object : { ...object, metadata };
}
