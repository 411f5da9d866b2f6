import type { KubeObject } from '../../../machinery/src/meta.ts';
import { deepCopy } from '../../../machinery/src/patch/json.ts';
import type { MutableObject } from '../contract/strategy.ts';
import { bind } from './binding.ts';
import { decodeBody, mediaType, parseJson, parseYaml, readBody } from './body.ts';
import type { Core, Target } from './core.ts';
import type { WriteContext } from './write-context.ts';
import { badRequest, methodNotAllowed, notFound } from '../contract/errors.ts';
import { evict } from './eviction.ts';
import type { SpecialHandler } from './handler.ts';
import { modify } from './modify.ts';
import { negotiate } from './negotiation.ts';
import { patched } from './patch-object.ts';
import { parseWriteQuery } from './query.ts';
import { nameIn, writeContext } from './request.ts';
import type { ResourceRequest } from './request.ts';
import { respond } from './responses.ts';
import { applyToScale } from './scale-apply.ts';
import { pathsOf, scaledTo, scaleOf, stepsOf } from './scale.ts';
import { storageKey } from './served-resource.ts';
import { patchTypeOf } from './write.ts';

/** The subresources that this room answers itself. */
export function subresourceHandlers(core: Core): [string, SpecialHandler][] {
  return [
    ['any/scale', (request) => answerScale(core, request)],
    ['/namespaces/finalize', (request) => answerFinalize(core, request)],
    ['/pods/binding', (request) => answerBinding(core, request, nameIn(request))],
    ['/bindings', (request) => answerBinding(core, request, undefined)],
    ['/pods/eviction', (request) => answerEviction(core, request)],
  ];
}

function targetOf(request: ResourceRequest): Target {
  return { namespace: request.path.namespace, name: nameIn(request) };
}

function answer(request: ResourceRequest, code: number, object: object): void {
  const { isYaml, contentType } = negotiate(request.incoming.headers.accept, { isList: false, hasViews: false });
  respond(request.incoming, request.response, { code, json: JSON.stringify(object), isYaml, contentType });
}

async function answerScale(core: Core, request: ResourceRequest): Promise<void> {
  const { resource, verb, incoming, path } = request;
  const name = nameIn(request);
  if (verb === 'get') {
    const stored = resource.collection.get(storageKey(resource, path.namespace, name));
    if (stored === undefined) throw notFound(resource, name);
    answer(request, 200, scaleOf(resource, resource.view(stored).object));
    return;
  }
  const isPatch = verb === 'patch';
  const type = isPatch ? patchTypeOf(request) : undefined;
  const kind = isPatch ? 'PatchOptions' : 'UpdateOptions';
  const write = parseWriteQuery(request.query, kind, type === 'apply');
  const context = writeContext(request, kind, write);
  const body = await readBody(incoming);
  const change = (live: KubeObject): MutableObject => {
    if (type === undefined) return scaledTo(resource, live, decodeBody(body, mediaType(incoming)));
    if (type === 'apply') {
      const scaled = scaledTo(resource, live, parseYaml(body.toString('utf8')));
      const path = stepsOf(pathsOf(resource).specReplicasPath);
      const before = scaleOf(resource, live);
      const wanted =
        (scaleOf(resource, scaled as unknown as KubeObject)['spec'] as { replicas?: number }).replicas ?? 0;
      const owned = applyToScale({ core, context, force: write.force }, { live, path, before, wanted });
      return { ...scaled, metadata: { ...scaled.metadata, managedFields: owned.metadata.managedFields } };
    }
    const { status: _status, ...scale } = scaleOf(resource, live);
    const { resourceVersion: _version, ...metadata } = scale.metadata;
    const patch = parseJson(body.toString('utf8'));
    return scaledTo(resource, live, patched(type, { ...scale, metadata }, patch, resource));
  };
  const target = targetOf(request);
  const isTracked = type === 'apply';
  const { object } = await modify({ core, resource, target, context, subresource: 'scale', isTracked, change });
  answer(request, 200, scaleOf(resource, object));
}

async function answerFinalize(core: Core, request: ResourceRequest): Promise<void> {
  const { incoming, path } = request;
  const name = path.name ?? '';
  const context = writeContext(request, 'UpdateOptions', parseWriteQuery(request.query, 'UpdateOptions'));
  const body = decodeBody(await readBody(incoming), mediaType(incoming)) as Partial<KubeObject> | null;
  const { object } = await finalize(core, name, body, context);
  answer(request, 200, object);
}

/** Replaces the finalizers in the spec of a namespace. */
export function finalize(
  core: Core,
  name: string,
  wanted: Partial<KubeObject> | null,
  context: WriteContext,
): ReturnType<typeof modify> {
  const resource = core.resources.find('', 'v1', 'namespaces');
  if (resource === undefined) throw methodNotAllowed();
  if (wanted?.metadata?.name !== undefined && wanted.metadata.name !== name) {
    throw badRequest(`the name of the object (${wanted.metadata.name}) does not match the name on the URL (${name})`);
  }
  const change = (live: KubeObject): MutableObject => {
    const object = deepCopy(live) as unknown as MutableObject;
    const spec = wanted?.['spec'] as { finalizers?: readonly string[] } | undefined;
    const finalizers = spec?.finalizers ?? [];
    object['spec'] = finalizers.length === 0 ? {} : { finalizers };
    const version = wanted?.metadata?.resourceVersion;
    if (version !== undefined) object.metadata['resourceVersion'] = version;
    return object;
  };
  const target = { namespace: undefined, name };
  return modify({ core, resource, target, context, subresource: 'finalize', isInternal: true, change });
}

const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

async function answerBinding(core: Core, request: ResourceRequest, name: string | undefined): Promise<void> {
  const { incoming, path } = request;
  const context = writeContext(request, 'CreateOptions', parseWriteQuery(request.query, 'CreateOptions'));
  const body = decodeBody(await readBody(incoming), mediaType(incoming)) as Partial<KubeObject> | null;
  const pod = body?.metadata?.name ?? '';
  if (name !== undefined && name !== pod) throw badRequest('name in URL does not match name in Binding object');
  await bind(core, { namespace: path.namespace, name: pod }, body, context);
  answer(request, 201, success);
}

async function answerEviction(core: Core, request: ResourceRequest): Promise<void> {
  const { incoming } = request;
  const context = writeContext(request, 'CreateOptions', parseWriteQuery(request.query, 'CreateOptions'));
  const body = decodeBody(await readBody(incoming), mediaType(incoming));
  await evict(core, targetOf(request), body, context);
  answer(request, 201, success);
}
