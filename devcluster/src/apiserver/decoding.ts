import { apiVersionOf, parseApiVersion } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { checkFields, decodeBuiltin, fieldWarnings, strictDecodingError } from '../schema/decode.ts';
import { dropZeroScalars, writeZeroFields } from '../schema/encoding.ts';
import { duplicateFields } from '../schema/duplicates.ts';
import { applyDefaults } from '../schema/structural.ts';
import type { MutableObject } from '../contract/strategy.ts';
import type { WriteContext } from './write-context.ts';
import { dropEmpty } from './canonical.ts';
import { canonicalValues } from './canonical-values.ts';
import { textOf } from '../contract/json.ts';
import { badRequest, invalid } from '../contract/errors.ts';
import type { DecodeContext, ServedResource } from './served-resource.ts';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The object in a body as this resource's kind: kind and apiVersion filled in or checked, defaults filled in.
 *
 * Fields that the kind does not have are dropped, with a warning or an error as the request wants it; `text` is the
 * body itself, where it is JSON, so that keys given twice are found.
 */
export function decodeObject(
  resource: ServedResource,
  body: unknown,
  context: WriteContext,
  text?: string,
): MutableObject {
  if (body === null && resource.custom === undefined) return decodeObject(resource, {}, context, text);
  if (!isRecord(body))
    throw badRequest(`the object provided is unrecognized: an object of kind ${resource.kind} is expected`);
  if (resource.custom !== undefined) checkCustomKind(resource, body);
  const given = identified(resource, body);
  if (resource.custom !== undefined) return resource.custom.decode(given, context, text);
  const { schema } = resource;
  const { unknown, mistyped } = checkFields(given, schema, resource.kind);
  const [wrong] = mistyped;
  const prefix = `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}`;
  if (wrong !== undefined) throw badRequest(`${prefix}: ${wrong}`);
  reportFields({ context, prefix, unknown, text });
  const object = decodeBuiltin(given, schema) as MutableObject;
  completeBuiltin(resource, object);
  return object;
}

/** Warns of or refuses fields that are unknown or given twice. */
export function reportFields(found: {
  readonly context: DecodeContext;
  readonly prefix: string;
  readonly unknown: readonly string[];
  readonly text: string | undefined;
}): void {
  const { context, prefix, unknown, text } = found;
  if (context.fieldValidation === 'Ignore') return;
  const duplicates = text === undefined ? [] : duplicateFields(text);
  if (unknown.length === 0 && duplicates.length === 0) return;
  if (context.fieldValidation === 'Strict') throw badRequest(`${prefix}: ${strictDecodingError(unknown, duplicates)}`);
  for (const warning of fieldWarnings(unknown, duplicates)) context.warn(warning);
}

/** Fills in defaults, of the schema and computed ones. */
export function completeBuiltin(resource: ServedResource, object: MutableObject): void {
  dropEmpty(object, resource.schema);
  dropZeroScalars(object, resource.schema);
  const [problem] = canonicalValues(object, resource.schema);
  if (problem !== undefined) {
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${problem}`,
    );
  }
  applyDefaults(object, resource.schema);
  resource.strategy.default?.(object);
  writeZeroFields(object, resource.schema);
}

/** Objects of custom kinds must say what they are, and may not be of another kind. */
function checkCustomKind(resource: ServedResource, { apiVersion, kind, metadata }: Record<string, unknown>): void {
  const wanted = apiVersionOf(resource);
  if (typeof kind !== 'string' || kind === '')
    throw badRequest(`Object 'Kind' is missing in the ${resource.kind} of the request`);
  if (typeof apiVersion !== 'string' || apiVersion === '')
    throw badRequest(`Object 'apiVersion' is missing in the ${resource.kind} of the request`);
  if (apiVersion !== wanted)
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`);
  if (kind === resource.kind) return;
  const name = isRecord(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '';
  const message = `Invalid value: ${JSON.stringify(kind)}: must be ${resource.kind}`;
  throw invalid({ group: resource.group, kind }, name, [{ reason: 'FieldValueInvalid', field: 'kind', message }]);
}

/** The body with its kind and apiVersion filled in. Throws BadRequest when they are another resource's. */
export function identified(resource: ServedResource, body: Record<string, unknown>): MutableObject {
  const apiVersion = apiVersionOf(resource);
  const { apiVersion: given = apiVersion, kind = resource.kind, metadata } = body;
  if (given !== apiVersion || kind !== resource.kind) {
    throw badRequest(otherKind(resource, textOf(given), textOf(kind)));
  }
  if (metadata !== undefined && metadata !== null && !isRecord(metadata)) {
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: metadata must be an object`,
    );
  }
  return { ...body, apiVersion, kind: resource.kind, metadata: { ...metadata } };
}

/** What kube-apiserver says of a body of another kind: one that it knows cannot be converted, another is not registered. */
function otherKind(resource: ServedResource, apiVersion: string, kind: string): string {
  const { group, version } = parseApiVersion(apiVersion);
  const prefix = `${kind} in version "${version}" cannot be handled as a ${resource.kind}`;
  if (kind === 'Status' && apiVersion === 'v1') {
    const [own = ''] = (resource.group === '' ? 'core' : resource.group).split('.');
    return `${prefix}: converting (v1.Status) to (${own}.${resource.kind}): unknown conversion`;
  }
  if (group === resource.group && version === resource.version && kind === resource.kind) return prefix;
  const scheme = 'pkg/api/legacyscheme/scheme.go:30';
  return `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: no kind "${kind}" is registered for version "${apiVersion}" in scheme "${scheme}"`;
}

/** The namespace of an object that goes to the given one. Throws BadRequest when it names another. */
export function placeIn(object: MutableObject, resource: ServedResource, namespace: string | undefined): void {
  const given = object.metadata['namespace'];
  if (!resource.namespaced) {
    delete object.metadata['namespace'];
    return;
  }
  if (given !== undefined && given !== '' && given !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  object.metadata['namespace'] = namespace;
}

/** Throws Invalid when a patch or apply names another object's uid; the kind is named without its group, as upstream does. */
export function checkUid(resource: ServedResource, object: MutableObject, live: KubeObject): void {
  const { uid } = object.metadata;
  if (uid === undefined || uid === null || uid === '' || uid === live.metadata.uid) return;
  const message = `Invalid value: ${JSON.stringify(uid)}: field is immutable`;
  const problem = { reason: 'FieldValueInvalid', field: 'metadata.uid', message } as const;
  // Twice, as metadata is checked twice on such an update.
  throw invalid(resource, live.metadata.name ?? '', [problem, problem]);
}

/** Throws BadRequest unless the object carries the name that the path has. */
export function checkName(object: KubeObject | MutableObject, name: string): void {
  const given = (object.metadata as Record<string, unknown>)['name'];
  if (given === undefined || given === '') {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (given !== name) {
    throw badRequest(`the name of the object (${textOf(given)}) does not match the name on the URL (${name})`);
  }
}
