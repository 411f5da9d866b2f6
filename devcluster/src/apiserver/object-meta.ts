import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { Random } from '../../../machinery/src/clock/clock.ts';
import type { MutableObject } from '../contract/strategy.ts';

const order = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

const maps = new Set(['labels', 'annotations']);
const lists = new Set(['ownerReferences', 'finalizers', 'managedFields']);

/** metadata with its fields in the order in which the API server writes them, without those that are empty. */
export function orderedMetadata(metadata: Record<string, unknown>): Record<string, unknown> {
  const ordered: Record<string, unknown> = {};
  for (const key of order) {
    const value = metadata[key];
    if (value === undefined || value === null || value === '') continue;
    if (maps.has(key) && Object.keys(value).length === 0) continue;
    if (lists.has(key) && Array.isArray(value) && value.length === 0) continue;
    if (key === 'generation' && value === 0) continue;
    ordered[key] = value;
  }
  return ordered;
}

/** The object as it is stored: kind, apiVersion and metadata first, the given resourceVersion in it. */
export function finished(object: MutableObject, resourceVersion: string): KubeObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  const ordered = orderedMetadata({ ...metadata, resourceVersion });
  return { kind, apiVersion, metadata: ordered, ...rest } as unknown as KubeObject;
}

const suffixCharacters = 'bcdfghjklmnpqrstvwxz2456789';
const longestPrefix = 58;

/** A name that begins with the prefix and ends in five random characters; at most 63 long. */
export function generatedName(prefix: string, random: Random): string {
  let name = prefix.slice(0, longestPrefix);
  for (let i = 0; i < 5; i++) name += suffixCharacters[Math.floor(random() * suffixCharacters.length)] ?? 'x';
  return name;
}

/** A copy with a top level and metadata of its own; deeper values are shared. */
export function shallow(object: KubeObject): MutableObject {
  return { ...object, metadata: { ...object.metadata } };
}
