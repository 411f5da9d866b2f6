import type { Core } from './core.ts';
import { notFound, unreadableVersion, versionTooLarge } from '../contract/errors.ts';
import { listJson, listMetadata, listPage, metadataJson, metadataListJson, selectionOf } from './list.ts';
import type { Page, Selection } from './list.ts';
import { checkView, inVersion, negotiate } from './negotiation.ts';
import type { Format } from './negotiation.ts';
import { parseListQuery } from './query.ts';
import type { ListQuery } from './query.ts';
import { nameIn } from './request.ts';
import type { ResourceRequest } from './request.ts';
import { respond } from './responses.ts';
import type { ServedResource, View } from './served-resource.ts';
import { storageKey } from './served-resource.ts';
import { tableJson } from './tables.ts';
import { metadataOnly, WatchStream, wholeObjects } from './watch.ts';
import type { EventFormat } from './watch.ts';

/** Answers GET of one object. */
export async function answerGet(core: Core, request: ResourceRequest): Promise<void> {
  const { resource, path, query } = request;
  const name = nameIn(request);
  const format = negotiate(request.incoming.headers.accept, { isList: false, hasViews: true });
  const version = query.get('resourceVersion') ?? '';
  if (version !== '' && !/^\d+$/.test(version)) throw unreadableVersion(version);
  if (version !== '' && Number(version) > core.store.revision) {
    throw versionTooLarge(version, core.store.revision);
  }
  const stored = resource.collection.get(storageKey(resource, path.namespace, name));
  if (stored === undefined) throw notFound(resource, name);
  await core.store.durable(stored.revision);
  answerObject(core, request, { code: 200, view: resource.view(stored), format });
}

/** Answers with one object in the form that was asked for. */
export function answerObject(
  core: Core,
  request: ResourceRequest,
  { code, view, format }: { readonly code: number; readonly view: View; readonly format: Format },
): void {
  const { resource, query, incoming, response } = request;
  const json = formatted(core, resource, format, { views: [view], isList: false, query });
  respond(incoming, response, { code, json: json ?? view.json, ...format, isPretty: isPretty(request) });
}

export function isPretty({ query, incoming }: ResourceRequest): boolean {
  const pretty = query.get('pretty');
  if (pretty !== null) return pretty !== 'false' && pretty !== '0';
  return /^(curl|wget|mozilla)/i.test(incoming.headers['user-agent'] ?? '');
}

function formatted(
  core: Core,
  resource: ServedResource,
  format: Format,
  { views, query }: { readonly views: readonly View[]; readonly isList: false; readonly query: URLSearchParams },
): string | undefined {
  const [view] = views;
  if (view === undefined || format.as === 'object') return undefined;
  checkView(format, false, resource);
  if (format.as === 'metadata') return inVersion(metadataJson(view, resource), format);
  const metadata = JSON.stringify({ resourceVersion: view.object.metadata.resourceVersion });
  return inVersion(tableJson({ core, resource, views, metadata, include: query.get('includeObject') }), format);
}

/** Answers GET of a collection: a list or a watch. */
export async function answerCollection(core: Core, request: ResourceRequest): Promise<void> {
  const { resource, path, query: parameters, incoming, response } = request;
  const format = negotiate(incoming.headers.accept, { isList: true, hasViews: true });
  const query = parseListQuery(parameters, path.isWatch);
  const selection = selectionOf(resource, path.namespace, withName(query, path.name));
  if (query.isWatch) {
    const to = { format: eventFormat(core, request, format), response };
    await new WatchStream(core, selection, query, to).run(format.contentType, request.signal);
    return;
  }
  const page = listPage(core, selection, query);
  await core.store.durable(page.revision);
  const json = listText(core, request, { selection, page, format });
  respond(incoming, response, { code: 200, json, ...format, isPretty: isPretty(request) });
}

/** The old watch path names one object. */
function withName(query: ListQuery, name: string | undefined): ListQuery {
  return name === undefined ? query : { ...query, fieldSelector: `metadata.name=${name}` };
}

function listText(
  core: Core,
  { query }: ResourceRequest,
  { selection, page, format }: { readonly selection: Selection; readonly page: Page; readonly format: Format },
): string {
  const { resource } = selection;
  checkView(format, true, resource);
  switch (format.as) {
    case 'metadata':
    case 'metadataList':
      return inVersion(metadataListJson(page, resource), format);
    case 'table': {
      const { views } = page;
      const include = query.get('includeObject');
      return inVersion(tableJson({ core, resource, views, metadata: listMetadata(page), include }), format);
    }
    case 'object':
    case 'discovery':
      return listJson(resource, page);
  }
}

function eventFormat(core: Core, { resource, query }: ResourceRequest, format: Format): EventFormat {
  if (format.as === 'metadata') return metadataOnly;
  if (format.as !== 'table') return wholeObjects;
  let isFirst = true;
  return {
    key: undefined,
    json: (view) => {
      const metadata = JSON.stringify({ resourceVersion: view.object.metadata.resourceVersion });
      const hasColumns = isFirst;
      isFirst = false;
      return tableJson({ core, resource, views: [view], metadata, include: query.get('includeObject'), hasColumns });
    },
  };
}
