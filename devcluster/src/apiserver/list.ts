import { apiVersionOf } from '../../../machinery/src/meta.ts';
import type { Stored } from '../storage/stored.ts';
import type { Core } from './core.ts';
import { badRequest, expired, versionTooLarge } from '../contract/errors.ts';
import { parseFieldSelector } from './field-selectors.ts';
import type { FieldSelector } from './field-selectors.ts';
import type { ListQuery } from './query.ts';
import { labelsOf, parseLabelSelector } from './selectors.ts';
import type { LabelMatcher } from './selectors.ts';
import { scanPrefix } from './served-resource.ts';
import type { ServedResource, View } from './served-resource.ts';

/** Which objects a request is about. */
export interface Selection {
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
  readonly labels: LabelMatcher;
  readonly fields: FieldSelector;
}

export function selectionOf(
  resource: ServedResource,
  namespace: string | undefined,
  query: Pick<ListQuery, 'labelSelector' | 'fieldSelector'>,
): Selection {
  return {
    resource,
    namespace,
    labels: parseLabelSelector(query.labelSelector),
    fields: parseFieldSelector(query.fieldSelector, resource, resource.custom?.selectableFields),
  };
}

/** Whether a stored object is selected; its place in the collection is not checked. */
export function isSelected({ resource, labels, fields }: Selection, stored: Stored): boolean {
  if (labels !== undefined && !labels(labelsOf(stored.object))) return false;
  return fields.matches === undefined || fields.matches(resource.view(stored).object);
}

/** The prefix of the keys that a selection can contain. */
export function prefixOf({ resource, namespace, fields }: Selection): string {
  const within = namespace ?? fields.namespace;
  if (fields.name === undefined) return scanPrefix(resource, within);
  if (!resource.namespaced) return fields.name;
  return within === undefined ? '' : `${within}/${fields.name}`;
}

/** Candidates for a selection at present, ordered by key; each has to be checked. */
function candidates(selection: Selection): readonly Stored[] {
  const { collection } = selection.resource;
  const prefix = prefixOf(selection);
  const { pairs = [] } = selection.labels ?? {};
  const labelled = pairs.length > 0 ? collection.labelled(pairs) : undefined;
  return labelled?.filter(({ key }) => key.startsWith(prefix)) ?? collection.scan(prefix);
}

/** One page of a list. */
export interface Page {
  readonly views: readonly View[];
  readonly revision: number;
  readonly continueToken: string | undefined;
  readonly remaining: number | undefined;
}

interface Token {
  readonly revision: number;
  readonly after: string;
}

function encodeToken({ revision, after }: Token): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString('base64url');
}

function decodeToken(text: string): Token {
  try {
    const { v, rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
    if (v === 'meta.k8s.io/v1' && typeof rv === 'number' && typeof start === 'string')
      return { revision: rv, after: start };
  } catch {
    // refused below
  }
  const wrong = /[^A-Za-z0-9_-]/.exec(text)?.index ?? text.length - (text.length % 4 === 1 ? 1 : 0);
  throw badRequest(`invalid continue token: continue key is not valid: illegal base64 data at input byte ${wrong}`);
}

const forgottenPage =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.';

/** Collects a page. Throws Expired for a past that is forgotten, Timeout for a version not reached yet. */
export function listPage(core: Core, selection: Selection, query: ListQuery): Page {
  const { continueToken, resourceVersion, limit } = query;
  if (continueToken !== undefined && resourceVersion !== undefined && resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const token = continueToken === undefined ? undefined : decodeToken(continueToken);
  const revision = token?.revision ?? exactRevision(core, query);
  const { resource } = selection;
  const scanned =
    revision === undefined ? candidates(selection) : resource.collection.scanAt(prefixOf(selection), revision);
  if (scanned === undefined) {
    throw expired(token === undefined ? `The resourceVersion for the provided list is too old.` : forgottenPage);
  }
  return paged(selection, scanned, { after: token?.after, limit, revision: revision ?? core.store.revision });
}

function exactRevision(core: Core, query: ListQuery): number | undefined {
  const { resourceVersion, resourceVersionMatch: match, limit } = query;
  if (resourceVersion === undefined || resourceVersion === '0') return undefined;
  const wanted = Number(resourceVersion);
  if (wanted > core.store.revision) throw versionTooLarge(resourceVersion, core.store.revision);
  const isExact = match === 'Exact' || (match === undefined && limit > 0);
  return isExact ? wanted : undefined;
}

function paged(
  selection: Selection,
  scanned: readonly Stored[],
  { after, limit, revision }: { readonly after: string | undefined; readonly limit: number; readonly revision: number },
): Page {
  const { resource, labels, fields } = selection;
  const views: View[] = [];
  let at = 0;
  if (after !== undefined) while (at < scanned.length && (scanned[at]?.key ?? '') <= after) at += 1;
  let last: string | undefined;
  for (; at < scanned.length; at++) {
    const stored = scanned[at];
    if (stored === undefined || !isSelected(selection, stored)) continue;
    if (limit > 0 && views.length === limit) break;
    views.push(resource.view(stored));
    last = stored.key;
  }
  const hasMore = at < scanned.length;
  if (!hasMore || last === undefined) return { views, revision, continueToken: undefined, remaining: undefined };
  const isCounted = labels === undefined && fields.matches === undefined;
  return {
    views,
    revision,
    continueToken: encodeToken({ revision, after: last }),
    remaining: isCounted ? scanned.length - at : undefined,
  };
}

/** The JSON text of a list's metadata. */
export function listMetadata({ revision, continueToken, remaining }: Page, isCustom = false): string {
  return JSON.stringify({
    resourceVersion: String(revision),
    continue: continueToken ?? (isCustom ? '' : undefined),
    remainingItemCount: remaining,
  });
}

/** The JSON text of a list of whole objects. Items of built-in kinds carry neither kind nor apiVersion. */
export function listJson(resource: ServedResource, page: Page): string {
  const apiVersion = apiVersionOf(resource);
  const head = `{"kind":${JSON.stringify(resource.listKind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${listMetadata(page, resource.custom !== undefined)},"items":[`;
  if (resource.custom !== undefined) return `${head}${page.views.map((view) => view.json).join(',')}]}`;
  const skipped = `{"kind":${JSON.stringify(resource.kind)},"apiVersion":${JSON.stringify(apiVersion)},`.length;
  let text = head;
  let separator = '';
  for (const view of page.views) {
    text += `${separator}{${view.json.slice(skipped)}`;
    separator = ',';
  }
  return `${text}]}`;
}

const metaVersion = 'meta.k8s.io/v1';

/** The JSON text of an object's metadata alone. */
export function metadataJson({ object }: View, resource: Pick<ServedResource, 'group' | 'plural'>): string {
  const metadata = JSON.stringify(resource.plural === 'daemonsets' ? bareMetadata(object, resource) : object.metadata);
  return `{"kind":"PartialObjectMetadata","apiVersion":"${metaVersion}","metadata":${metadata}}`;
}

/** Metadata as kube-apiserver stores it: the generation of a DaemonSet's template becomes an annotation in apps/v1 only. */
function bareMetadata({ metadata }: View['object'], { group }: { readonly group: string }): View['object']['metadata'] {
  const { annotations, ...rest } = metadata;
  if (group !== 'apps' || annotations === undefined) return metadata;
  const others = Object.entries(annotations).filter(([key]) => key !== 'deprecated.daemonset.template.generation');
  return others.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(others) };
}

export function metadataListJson(page: Page, resource: Pick<ServedResource, 'group' | 'plural'>): string {
  const items = page.views.map((view) => metadataJson(view, resource)).join(',');
  return `{"kind":"PartialObjectMetadataList","apiVersion":"${metaVersion}","metadata":${listMetadata(page)},"items":${items === '' ? 'null' : `[${items}]`}}`;
}
