import type { KubeObject } from '../apis/meta.ts';
import { labels } from '../apis/names.ts';
import type { ManagedResource } from '../apis/resource-tracker.ts';
import { sameContent } from '../revision/hash.ts';
import { DispatchError } from './dispatch-error.ts';
import type { Manifest, ResolvedManifest } from './manifest.ts';
import { describe, objectKey } from './manifest.ts';
import { entryKey } from './tracker.ts';

/**
 * The manifests without those that say the same of one object as an earlier one. Throws where two say different things of
 * one object: each would undo what the other writes, for ever.
 */
export function distinctManifests(manifests: readonly ResolvedManifest[]): readonly ResolvedManifest[] {
  const byKey = new Map<string, ResolvedManifest>();
  for (const manifest of manifests) {
    const key = objectKey(manifest.object);
    const first = byKey.get(key);
    if (!first) byKey.set(key, manifest);
    else if (!sameContent(withoutMarks(first.object), withoutMarks(manifest.object)))
      throw duplicate(manifest.object, originOf(first), originOf(manifest));
  }
  return [...byKey.values()];
}

/** The manifests by which components deliver objects, by resource key. */
export type Claims = Map<string, Manifest>;

/**
 * Claims objects for the component that delivers them, and returns those that another component delivers with the same
 * content: these are written once. Throws where the contents differ.
 */
export function claimForComponent(
  manifests: readonly ResolvedManifest[],
  entries: readonly ManagedResource[],
  claims: Claims,
): ReadonlySet<string> {
  const recorded = new Map(entries.map((entry) => [entryKey(entry), entry]));
  const delivered = new Set<string>();
  for (const manifest of manifests) {
    const { object, component } = manifest;
    const key = objectKey(object);
    const entry = recorded.get(key);
    const other = claims.get(key) ?? (entry?.raw && { object: entry.raw, component: entry.component ?? '', trait: '' });
    const isOthers = component !== '' && other !== undefined && other.component !== '' && other.component !== component;
    if (!isOthers) claims.set(key, manifest);
    else if (sameContent(withoutMarks(other.object), withoutMarks(object))) delivered.add(key);
    else throw duplicate(object, `component "${other.component}"`, `component "${component}"`);
  }
  return delivered;
}

const duplicate = (object: KubeObject, first: string, second: string): DispatchError =>
  new DispatchError(
    'Duplicate',
    `${describe(object)} is delivered twice, by ${first} and by ${second}; rename one of them, or remove it`,
  );

function originOf({ object, component, trait }: Manifest): string {
  const resource = object.metadata.labels?.[labels.traitResource];
  const part = resource ? `outputs.${resource}` : 'output';
  if (component === '') return 'the step';
  return trait === '' || trait === 'AuxiliaryWorkload'
    ? `${part} of component "${component}"`
    : `${part} of trait "${trait}" of component "${component}"`;
}

/** Labels and annotations name the part of the Application that an object is from. */
function withoutMarks(object: KubeObject): object {
  const { name = '', namespace = '' } = object.metadata;
  return { ...object, metadata: { name, namespace } };
}
