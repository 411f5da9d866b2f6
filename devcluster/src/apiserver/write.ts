import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { MutableObject } from '../contract/strategy.ts';
import { goMap } from '../../../machinery/src/patch/strategic-merge.ts';
import { applyObject } from './apply-object.ts';
import { decodeBody, mediaType, parseYaml, readBody } from './body.ts';
import { create } from './create.ts';
import { checkedDeleteOptions } from './delete-options.ts';
import type { DeleteOptionsBody } from './delete-options.ts';
import type { Core, Target, Written } from './core.ts';
import type { WriteContext } from './write-context.ts';
import { checkName, checkUid, decodeObject, placeIn } from './decoding.ts';
import { unsupportedMediaType } from '../contract/errors.ts';
import { listJson, listPage, selectionOf } from './list.ts';
import { modify, staleUid } from './modify.ts';
import type { Modification } from './modify.ts';
import { negotiate } from './negotiation.ts';
import { parsePatch, patched, patchTypes } from './patch-object.ts';
import { parseInt64, parseListQuery, parseWriteQuery } from './query.ts';
import { answerObject } from './read.ts';
import { checkOptions, deletedStatus, remove } from './remove.ts';
import type { Deletion } from './remove.ts';
import { nameIn, writeContext } from './request.ts';
import type { ResourceRequest } from './request.ts';
import { respond } from './responses.ts';
import { storageKey } from './served-resource.ts';
import type { ServedResource } from './served-resource.ts';
import { StatusError } from '../contract/status-error.ts';

function answerWritten(core: Core, request: ResourceRequest, { object, wasCreated }: Written): void {
  const format = negotiate(request.incoming.headers.accept, { isList: false, hasViews: true });
  const { namespace, name } = { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
  const stored = request.resource.collection.get(storageKey(request.resource, namespace, name));
  // What was written is usually still what is stored, with its text at hand.
  const isStored = stored !== undefined && request.resource.view(stored).object === object;
  const view = isStored ? request.resource.view(stored) : { object, json: JSON.stringify(object) };
  answerObject(core, request, { code: wasCreated ? 201 : 200, view, format });
}

/** The text of a JSON body, for the search for keys that stand twice. */
function jsonText(body: Buffer, type: string): string | undefined {
  return type === 'application/vnd.kubernetes.protobuf' ? undefined : body.toString('utf8');
}

function targetOf(request: ResourceRequest): Target {
  return { namespace: request.path.namespace, name: nameIn(request) };
}

/** Answers POST to a collection. */
export async function answerCreate(core: Core, request: ResourceRequest): Promise<void> {
  const { resource, path, incoming, query } = request;
  const body = await readBody(incoming);
  negotiate(incoming.headers.accept, { isList: false, hasViews: true });
  const context = writeContext(request, 'CreateOptions', parseWriteQuery(query, 'CreateOptions'));
  const object = decodeObject(
    resource,
    decodeBody(body, mediaType(incoming)),
    context,
    jsonText(body, mediaType(incoming)),
  );
  answerWritten(core, request, await create({ core, resource, namespace: path.namespace, context }, object));
}

/** Answers PUT of an object or one of its subresources with the same kind. */
export async function answerUpdate(core: Core, request: ResourceRequest): Promise<void> {
  const { resource, incoming, query, path } = request;
  const body = await readBody(incoming);
  const context = writeContext(request, 'UpdateOptions', parseWriteQuery(query, 'UpdateOptions'));
  const wanted = decodeObject(
    resource,
    decodeBody(body, mediaType(incoming)),
    context,
    jsonText(body, mediaType(incoming)),
  );
  const target = targetOf(request);
  checkName(wanted, target.name);
  placeIn(wanted, resource, target.namespace);
  const { subresource } = path;
  const exists = resource.collection.get(storageKey(resource, target.namespace, target.name)) !== undefined;
  if (!exists && subresource === '' && resource.strategy.createOnUpdate === true) {
    answerWritten(core, request, await createByUpdate({ core, resource, target, context }, wanted));
    return;
  }
  const needsVersion = resource.custom !== undefined || resource.strategy.updateNeedsVersion === true;
  const change = (): MutableObject => ({ ...wanted, metadata: { ...wanted.metadata } });
  answerWritten(core, request, await modify({ core, resource, target, context, subresource, change, needsVersion }));
}

/** Creates what an update does not find; one that names a uid meant an object that is gone. */
async function createByUpdate(
  { core, resource, target, context }: Pick<Modification, 'core' | 'resource' | 'target' | 'context'>,
  wanted: MutableObject,
): Promise<Written> {
  const { resourceVersion: _version, uid, ...metadata } = wanted.metadata;
  if (typeof uid === 'string' && uid !== '') throw staleUid(resource, target, uid, '');
  const creation = { core, resource, namespace: target.namespace, context, isUpsert: true };
  return create(creation, { ...wanted, metadata });
}

const builtinPatches = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
const customPatches = builtinPatches.filter((type) => !type.includes('strategic'));

/** Answers PATCH of an object or one of its subresources with the same kind. */
export async function answerPatch(core: Core, request: ResourceRequest): Promise<void> {
  const { resource, incoming, path } = request;
  const type = patchTypeOf(request);
  const body = await readBody(incoming);
  const write = parseWriteQuery(request.query, 'PatchOptions', type === 'apply');
  const context = writeContext(request, 'PatchOptions', write);
  const target = targetOf(request);
  const { subresource } = path;
  if (type === 'apply') {
    const applied = parseYaml(body.toString('utf8'));
    const { force } = write;
    answerWritten(
      core,
      request,
      await applyObject({ core, resource, target, context, subresource, force, body: applied }),
    );
    return;
  }
  const patch = parsePatch(body.toString('utf8'), type);
  const change = (live: KubeObject): MutableObject => {
    const result = patched(type, live, patch, resource);
    const shown = type === 'strategic' ? goMap(patch) : JSON.stringify(result);
    const wanted = decodePatched(resource, result, context, shown);
    if (wanted.metadata['name'] !== live.metadata.name) checkName(wanted, target.name);
    placeIn(wanted, resource, target.namespace);
    checkUid(resource, wanted, live);
    return wanted;
  };
  answerWritten(core, request, await modify({ core, resource, target, context, subresource, change }));
}

/** What a patch makes of an object and cannot be read as its kind is a fault of the patch. */
function decodePatched(resource: ServedResource, object: unknown, context: WriteContext, shown: string): MutableObject {
  try {
    return decodeObject(resource, object, context);
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 400) throw error;
    const cause = error.message.replace(/^\w+ in version "\w+" cannot be handled as a \w+: /, '');
    const message = `Invalid value: ${JSON.stringify(shown)}: ${cause}`;
    throw new StatusError({
      code: 422,
      reason: 'Invalid',
      message: ` "" is invalid: patch: ${message}`,
      details: { causes: [{ reason: 'FieldValueInvalid', field: 'patch', message }] },
    });
  }
}

export function patchTypeOf({ incoming, resource }: ResourceRequest): 'json' | 'merge' | 'strategic' | 'apply' {
  const type = mediaType(incoming);
  const known = Object.hasOwn(patchTypes, type) ? patchTypes[type as keyof typeof patchTypes] : undefined;
  const offered = resource.custom === undefined ? builtinPatches : customPatches;
  if (known === undefined) {
    throw new StatusError({
      code: 415,
      reason: 'UnsupportedMediaType',
      message: '415: Unsupported Media Type',
      details: {},
    });
  }
  if (!offered.includes(type)) throw unsupportedMediaType(offered);
  return known;
}

interface DeleteRequest {
  readonly deletion: Deletion;
  readonly dryRun: boolean;
}

/** What a DELETE asks for: in its body alone, where it has one, else in its query. */
async function readDeleteRequest(request: ResourceRequest): Promise<DeleteRequest> {
  const { incoming, query } = request;
  const body = await readBody(incoming);
  if (body.length === 0) {
    const grace = query.get('gracePeriodSeconds');
    const orphan = query.get('orphanDependents');
    const { dryRun } = parseWriteQuery(query, 'DeleteOptions');
    return {
      dryRun,
      deletion: {
        propagationPolicy: query.get('propagationPolicy') ?? undefined,
        gracePeriodSeconds: grace === null || grace === '' ? undefined : parseInt64(grace),
        orphanDependents: orphan === null ? undefined : orphan === 'true',
      },
    };
  }
  return deleteRequestOf(checkedDeleteOptions(decodeBody(body, mediaType(incoming))));
}

function deleteRequestOf(options: DeleteOptionsBody): DeleteRequest {
  const { preconditions, gracePeriodSeconds, propagationPolicy, orphanDependents } = options;
  const dryRun = new URLSearchParams();
  for (const value of Array.isArray(options.dryRun) ? options.dryRun : []) dryRun.append('dryRun', String(value));
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return {
    dryRun: parseWriteQuery(dryRun, 'DeleteOptions').dryRun,
    deletion: {
      propagationPolicy: text(propagationPolicy),
      gracePeriodSeconds: typeof gracePeriodSeconds === 'number' ? gracePeriodSeconds : undefined,
      orphanDependents: typeof orphanDependents === 'boolean' ? orphanDependents : undefined,
      uid: text(preconditions?.uid),
      resourceVersion: text(preconditions?.resourceVersion),
    },
  };
}

function deleteContext(request: ResourceRequest, deletion: Deletion, dryRun: boolean): WriteContext {
  const context = writeContext(request, 'DeleteOptions', {
    dryRun,
    fieldManager: undefined,
    fieldValidation: 'Ignore',
  });
  const { options } = context;
  if (options === undefined) return context;
  const { uid, resourceVersion, ...given } = deletion;
  const preconditions = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  const wanted = Object.entries(given).filter(([, value]) => value !== undefined);
  if (Object.keys(preconditions).length > 0) wanted.push(['preconditions', preconditions as never]);
  return { ...context, options: { ...options, ...Object.fromEntries(wanted) } };
}

const orphanedPods =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

function warnOfOrphans({ resource, warnings }: ResourceRequest, deletion: Deletion): void {
  const isUndecided = deletion.propagationPolicy === undefined && deletion.orphanDependents === undefined;
  if (resource.group === 'batch' && resource.plural === 'jobs' && isUndecided) warnings.push(orphanedPods);
}

/** Answers DELETE of an object. */
export async function answerDelete(core: Core, request: ResourceRequest): Promise<void> {
  const { resource, incoming, response } = request;
  const { deletion, dryRun } = await readDeleteRequest(request);
  checkOptions(deletion);
  const context = deleteContext(request, deletion, dryRun);
  warnOfOrphans(request, deletion);
  const { object, isGone } = await remove({ core, resource, target: targetOf(request), context, deletion });
  const format = negotiate(incoming.headers.accept, { isList: false, hasViews: true });
  if (isGone && resource.strategy.returnsDeleted !== true) {
    respond(incoming, response, {
      code: 200,
      json: JSON.stringify(deletedStatus(resource, object)),
      isYaml: format.isYaml,
      contentType: format.contentType,
    });
    return;
  }
  const code = !isGone && deletion.orphanDependents === false ? 202 : 200;
  answerObject(core, request, { code, view: { object, json: JSON.stringify(object) }, format });
}

/** Answers DELETE of a collection with the list of what it deleted. */
export async function answerDeleteCollection(core: Core, request: ResourceRequest): Promise<void> {
  const { resource, path, query, incoming, response } = request;
  const { deletion, dryRun } = await readDeleteRequest(request);
  checkOptions(deletion);
  const context = deleteContext(request, deletion, dryRun);
  warnOfOrphans(request, deletion);
  const listed = parseListQuery(query, false);
  const page = listPage(core, selectionOf(resource, path.namespace, listed), listed);
  for (const { object } of page.views) {
    const target = { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
    try {
      await remove({ core, resource, target, context, deletion });
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    }
  }
  respond(incoming, response, { code: 200, json: listJson(resource, { ...page, revision: core.store.revision }) });
}
