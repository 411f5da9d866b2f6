import type { Named, Selection } from '../apis/kube-client.ts';
import { apiVersionOf } from '../../machinery/src/meta.ts';
import type { Resource } from '../../machinery/src/meta.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** `/api/v1` or `/apis/group/version`. */
export function groupVersionPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** The path of a kind's objects, in one namespace or, without one, in all. */
export function collectionPath(resource: Resource, namespace: string | undefined): string {
  if (resource.namespaced && namespace) checkSegment(resource, namespace, 'namespace');
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${groupVersionPath(apiVersionOf(resource))}${scope}/${resource.plural}`;
}

/** The path of one object. Throws when the target lacks a name, or the namespace that its kind needs. */
export function objectPath(resource: Resource, { namespace, name }: Named, subresource?: string): string {
  if (!name) throw new Error(`${resource.kind}: metadata.name is missing`);
  checkSegment(resource, name, 'name');
  const collection = collectionPath(resource, requiredNamespace(resource, namespace, name));
  return `${collection}/${encodeURIComponent(name)}${subresource ? `/${subresource}` : ''}`;
}

/** A path is cleaned on its way to the API server, and would be that of something else. */
function checkSegment({ kind }: Resource, text: string, what: 'name' | 'namespace'): void {
  if (text === '.' || text === '..' || /[/%]/.test(text))
    throw new Error(`${kind}: "${text}" is no ${what}: it may not be . or .., nor contain / or %`);
}

/** The given namespace; throws when a namespaced kind has none. */
export function requiredNamespace(resource: Resource, namespace: string | undefined, name: string): string | undefined {
  if (!resource.namespaced) return undefined;
  if (!namespace) throw new Error(`${resource.kind} "${name}": metadata.namespace is missing`);
  return namespace;
}

export function selectionQuery({ labelSelector, fieldSelector }: Selection): Query {
  return { labelSelector: nonEmpty(labelSelector), fieldSelector: nonEmpty(fieldSelector) };
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/** The path with its query; absent values are left out. */
export function withQuery(path: string, query: Query): string {
  const present = Object.entries(query).filter(([, value]) => value !== undefined && value !== false);
  if (present.length === 0) return path;
  const text = present.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join('&');
  return `${path}${path.includes('?') ? '&' : '?'}${text}`;
}
