import { apiVersionOf } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { serverSideApply } from '../../../machinery/src/patch/apply.ts';
import { describeConflicts } from '../../../machinery/src/patch/conflict.ts';
import type { MutableObject } from '../contract/strategy.ts';
import { create } from './create.ts';
import type { Core, Target, Written } from './core.ts';
import type { WriteContext } from './write-context.ts';
import { checkName, checkUid, completeBuiltin, identified } from './decoding.ts';
import { deepCopy } from '../../../machinery/src/patch/json.ts';
import { badRequest, invalid } from '../contract/errors.ts';
import { writerOf } from './managed.ts';
import { modify } from './modify.ts';
import { decodeBuiltin } from '../schema/decode.ts';
import { refused } from './patch-object.ts';
import { storageKey } from './served-resource.ts';
import type { ServedResource } from './served-resource.ts';
import { textOf } from '../contract/json.ts';
import { StatusError } from '../contract/status-error.ts';

export interface Application {
  readonly core: Core;
  readonly resource: ServedResource;
  readonly target: Target;
  readonly context: WriteContext;
  readonly subresource: string;
  readonly force: boolean;
  readonly body: unknown;
}

/** Server-side apply; creates what does not exist. */
export async function applyObject(application: Application): Promise<Written> {
  const { core, resource, target, context, subresource } = application;
  const applied = appliedObject(application);
  const key = storageKey(resource, target.namespace, target.name);
  const merge = (live: KubeObject | undefined): MutableObject => merged(application, applied, live);
  for (let attempt = 1; ; attempt++) {
    if (resource.collection.get(key) !== undefined || subresource !== '') {
      return modify({ core, resource, target, context, subresource, isTracked: true, change: merge });
    }
    checkName({ metadata: givenMetadata(application) }, target.name);
    if (applied.metadata.uid !== undefined) throw uidOfNothing(application, applied.metadata.uid);
    const object = merge(undefined);
    delete object.metadata['resourceVersion'];
    try {
      return await create(
        { core, resource, namespace: target.namespace, context, isTracked: true, isUpsert: true },
        object,
      );
    } catch (error) {
      const raced = error instanceof StatusError && error.status.reason === 'AlreadyExists';
      if (!raced || attempt === 3) throw error;
    }
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function givenMetadata({ body }: Application): Record<string, unknown> {
  return (body as { readonly metadata?: Record<string, unknown> | null }).metadata ?? {};
}

function uidOfNothing({ resource, target }: Application, uid: string): StatusError {
  return invalid(resource, target.name, [
    {
      reason: 'FieldValueInvalid',
      field: 'metadata.uid',
      message: `Invalid value: "${uid}": uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    },
  ]);
}

function appliedObject({ resource, target, body }: Application): KubeObject {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    const type = Array.isArray(body) ? 'array' : typeof body;
    const cause = `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${cause}`);
  }
  const given = body as Record<string, unknown>;
  const { kind, apiVersion } = given;
  if (
    kind === undefined ||
    apiVersion === undefined ||
    kind !== resource.kind ||
    apiVersion !== apiVersionOf(resource)
  ) {
    const version = textOf(apiVersion);
    throw badRequest(`invalid object type: ${version.includes('/') ? '' : '/'}${version}, Kind=${textOf(kind)}`);
  }
  const object = identified(resource, given);
  if (object.metadata['name'] !== undefined) checkName(object, target.name);
  if (isGiven(object.metadata['managedFields'])) throw badRequest('metadata.managedFields must be nil');
  const { namespace } = object.metadata;
  if (resource.namespaced && namespace !== undefined && namespace !== target.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  object.metadata['name'] = target.name;
  if (resource.namespaced) object.metadata['namespace'] = target.namespace;
  return object as unknown as KubeObject;
}

function merged(application: Application, applied: KubeObject, live: KubeObject | undefined): MutableObject {
  const { core, resource, context, subresource, force } = application;
  const writer = writerOf(core, resource, context, subresource);
  try {
    const { metadata } = application.body as { readonly metadata?: { readonly namespace?: string } };
    const own = { givenNamespace: metadata?.namespace, schema: resource.schema, force };
    const result = serverSideApply({ ...writer, ...own, live, applied });
    if (!result.ok) {
      const { message, causes } = describeConflicts(result.conflicts);
      throw new StatusError({ code: 409, reason: 'Conflict', message, details: { causes } });
    }
    const object = completed(resource, result.object, context);
    if (live) checkUid(resource, object, live);
    return object;
  } catch (error) {
    throw refused(error);
  }
}

function completed(resource: ServedResource, object: KubeObject, context: WriteContext): MutableObject {
  const custom = resource.custom?.decode(deepCopy(object) as unknown as MutableObject, context, undefined);
  if (custom !== undefined) return custom;
  const copy = decodeBuiltin(object, resource.schema) as MutableObject;
  completeBuiltin(resource, copy);
  return copy;
}
