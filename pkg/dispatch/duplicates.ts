import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import type { ManagedResource } from '../apis/resource-tracker.ts';
import { isMap } from '../../machinery/src/patch/json.ts';
import { sameContent } from '../revision/hash.ts';
import { DispatchError } from './dispatch-error.ts';
import type { Manifest, ResolvedManifest } from './manifest.ts';
import { describe, objectKey } from './manifest.ts';
import { entryKey } from './tracker.ts';

/**
 * The manifests with one for each object. Two manifests of one object become one where neither contradicts the other, as
 * the Services of a webservice with exposed ports and of its gateway. Throws where they do: each would undo what the other
 * writes, for ever.
 */
export function distinctManifests(manifests: readonly ResolvedManifest[]): readonly ResolvedManifest[] {
  const byKey = new Map<string, ResolvedManifest>();
  for (const manifest of manifests) {
    const key = objectKey(manifest.object);
    const first = byKey.get(key);
    if (!first) byKey.set(key, manifest);
    else if (!sameContent(withoutMarks(first.object), withoutMarks(manifest.object)))
      byKey.set(key, { ...first, object: unitedObject(first, manifest) });
  }
  return [...byKey.values()];
}

function unitedObject(first: ResolvedManifest, second: ResolvedManifest): KubeObject {
  const united = unite(withoutMarks(first.object), withoutMarks(second.object));
  if (!united.ok) throw duplicate(second.object, originOf(first), originOf(second));
  return { ...(united.value as KubeObject), metadata: first.object.metadata };
}

type United = { readonly ok: true; readonly value: unknown } | { readonly ok: false };

/** The value with what both have: fields of either, lists of the same length element by element, equal scalars. */
function unite(one: unknown, other: unknown): United {
  if (Array.isArray(one) && Array.isArray(other)) {
    if (one.length !== other.length) return { ok: false };
    const items = one.map((item, i) => unite(item, other[i]));
    const values = items.flatMap((item) => (item.ok ? [item.value] : []));
    return values.length === items.length ? { ok: true, value: values } : { ok: false };
  }
  if (!isMap(one) || !isMap(other)) return one === other ? { ok: true, value: one } : { ok: false };
  const fields = [...new Set([...Object.keys(one), ...Object.keys(other)])].map((key): readonly [string, United] => {
    if (!Object.hasOwn(other, key)) return [key, { ok: true, value: one[key] }];
    return [key, Object.hasOwn(one, key) ? unite(one[key], other[key]) : { ok: true, value: other[key] }];
  });
  const known = fields.flatMap(([key, field]) => (field.ok ? [[key, field.value] as const] : []));
  return known.length === fields.length ? { ok: true, value: Object.fromEntries(known) } : { ok: false };
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
