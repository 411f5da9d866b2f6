import { ApiError } from '../../../../apis/api-error.ts';
import type { Json, JsonObject, KubeObject, Resource } from '../../../../../machinery/src/meta.ts';
import { apiVersionOf } from '../../../../../machinery/src/meta.ts';
import type { Doomed } from '../../../../dispatch/delete.ts';
import { objectKey } from '../../../../dispatch/manifest.ts';
import { isMap } from '../../../../../machinery/src/patch/json.ts';
import type { ActionResult } from '../../../../render/step.ts';
import { stepManifest } from '../../component/render.ts';
import type { Capabilities } from '../../stages.ts';
import type { ActionContext, Perform, Performers } from './context.ts';
import type { WrittenObject } from './params.ts';
import { incomplete, objectParam, returned, textParam, writtenObject, wrongTemplate } from './params.ts';
import { applyPatch } from './patch.ts';

/** The namespace of objects that name none, as in KubeVela. */
const defaultNamespace = 'default';

/** What is applied belongs to the Application: it is tracked, kept and collected like what components deliver. */
const apply: Perform = async (params, context) => {
  const { value, patch } = params;
  const object = writtenObject(value);
  if (!object) return incomplete;
  const patched = patch === undefined ? object : applyPatch(object as unknown as JsonObject, patch);
  const [live] = await dispatch([patched as unknown as WrittenObject], context, textParam(params, 'cluster'));
  return returned({ value: live ?? null });
};

const applyAll: Perform = async (params, context) => {
  const { value } = params;
  const objects = Array.isArray(value) ? (value as readonly Json[]).map(writtenObject) : [];
  const known = objects.filter((object) => object !== undefined);
  if (known.length < objects.length || objects.length === 0) return incomplete;
  return returned({ value: await dispatch(known, context, textParam(params, 'cluster')) });
};

/** Changes an object of this Application; one of another, or of none, is refused as by an apply. */
const patch: Perform = async ({ value, patch: change }, context) => {
  const object = writtenObject(value);
  if (!object || change === undefined) return incomplete;
  const { live } = await readLive(object, context.capabilities);
  const { prepared, capabilities } = context;
  const recorded = capabilities.keeper.recorded(live);
  const base = recorded?.object ?? withoutLiveFields(live);
  const patched = applyPatch(base as unknown as JsonObject, change) as unknown as KubeObject;
  const manifest = recorded ? { ...recorded, object: patched } : stepManifest(prepared, patched);
  const [delivered] = await capabilities.keeper.dispatch([manifest], capabilities.signal);
  return returned({ result: delivered?.live ?? null });
};

/** Reads objects with the rights of the Application's author. */
type Reader = Pick<Capabilities, 'author' | 'signal'>;

/** A failure is returned to the template, beside the object that it asked for: it may ask whether something is there. */
export function readObject({ value }: JsonObject, reader: Reader): ActionResult | Promise<ActionResult> {
  const object = writtenObject(value);
  if (!object) return incomplete;
  const ask = async () => ({ value: (await readLive(object, reader)).live });
  return orError(ask, { value: object as unknown as JsonObject });
}

export function listObjects(
  { resource: kind, filter }: JsonObject,
  reader: Reader,
): ActionResult | Promise<ActionResult> {
  const { apiVersion, kind: name } = (kind ?? {}) as JsonObject;
  if (typeof apiVersion !== 'string' || typeof name !== 'string')
    return wrongTemplate('resource needs apiVersion and kind');
  return orError(
    async () => {
      const items = (await selected({ apiVersion, kind: name }, filter, reader)).map(({ live }) => live);
      return { values: { items }, list: { items } };
    },
    { values: { items: [] } },
  );
}

const read: Perform = (params, { capabilities }) => readObject(params, capabilities);
const list: Perform = (params, { capabilities }) => listObjects(params, capabilities);

/** A failure of the API server is returned to the template; an object of another Application fails the step. */
const remove: Perform = async (params, context) => {
  const { value, filter } = params;
  const object = writtenObject({ metadata: {}, ...(value as JsonObject | undefined) });
  if (!object) return incomplete;
  if (filter === undefined && !object.metadata.name)
    return wrongTemplate('value needs metadata.name, or a filter beside it');
  const { keeper, signal, author } = context.capabilities;
  if (filter !== undefined && textParam(isMap(filter) ? filter : {}, 'namespace') === '') {
    const { namespaced } = await author.resourceFor(object.apiVersion, object.kind);
    if (namespaced) return wrongTemplate('filter needs a namespace: nothing is deleted in all namespaces');
  }
  return orError(async () => {
    const doomed =
      filter === undefined
        ? [await readToDelete(object, context)]
        : await selected(object, filter, context.capabilities);
    await keeper.delete(doomed, signal);
    return {};
  });
};

export const kubeActions: Performers = {
  'kube.apply': apply,
  'kube.apply-in-parallel': applyAll,
  'kube.patch': patch,
  'kube.read': read,
  'kube.list': list,
  'kube.delete': remove,
};

async function readLive(
  { apiVersion, kind, metadata }: WrittenObject,
  { author: client, signal }: Reader,
): Promise<Doomed> {
  const resource = await client.resourceFor(apiVersion, kind);
  const { name = '', namespace = defaultNamespace } = metadata;
  const target = resource.namespaced ? { name, namespace } : { name };
  return { resource, live: await client.get(resource, target, { signal }) };
}

/** What is not there stays marked as deleted, so that it does not come back. */
async function readToDelete(object: WrittenObject, context: ActionContext): Promise<Doomed> {
  try {
    return await readLive(object, context.capabilities);
  } catch (error) {
    const { apiVersion, kind, metadata } = object;
    const { namespace = defaultNamespace } = metadata;
    const key = objectKey({ apiVersion, kind, metadata: { ...metadata, namespace } });
    if (error instanceof ApiError && error.code === 404)
      await context.capabilities.keeper.markDeleted([key], context.capabilities.signal);
    throw error;
  }
}

async function selected(
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
  filter: Json | undefined,
  { author: client, signal }: Reader,
): Promise<readonly Doomed[]> {
  const resource = await client.resourceFor(apiVersion, kind);
  const { items } = await client.list(resource, { ...selectionOf(filter, resource), signal });
  return items.map((item) => ({
    resource,
    live: { ...item, apiVersion: apiVersionOf(resource), kind: resource.kind },
  }));
}

function selectionOf(filter: Json | undefined, { namespaced }: Resource) {
  const params = isMap(filter) ? filter : {};
  const namespace = textParam(params, 'namespace');
  const pairs = Object.entries(objectParam(params, 'matchingLabels'));
  const text = (value: Json | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value));
  return {
    ...(namespaced && namespace !== '' && { namespace }),
    ...(pairs.length > 0 && { labelSelector: pairs.map(([key, value]) => `${key}=${text(value)}`).join(',') }),
  };
}

async function dispatch(
  objects: readonly WrittenObject[],
  { prepared, capabilities }: ActionContext,
  cluster: string,
): Promise<readonly (KubeObject | undefined)[]> {
  const manifests = objects.map((object) => {
    const metadata = { namespace: defaultNamespace, ...object.metadata };
    return stepManifest(prepared, { ...object, metadata }, cluster);
  });
  return (await capabilities.keeper.dispatch(manifests, capabilities.signal)).map(({ live }) => live);
}

function withoutLiveFields(live: KubeObject): KubeObject {
  const { name, namespace, labels: own, annotations } = live.metadata;
  const rest = Object.entries(live).filter(([key]) => key !== 'status' && key !== 'metadata');
  const metadata = {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(own && { labels: own }),
    ...(annotations && { annotations }),
  };
  return { ...Object.fromEntries(rest), metadata } as unknown as KubeObject;
}

/** What the API server refuses is an answer; what never reached it, and what ownership forbids, is thrown. */
export async function orError(ask: () => Promise<object>, otherwise: JsonObject = {}): Promise<ActionResult> {
  try {
    return returned(await ask());
  } catch (error) {
    if (!(error instanceof ApiError) || error.code >= 500 || error.code === 429) throw error;
    return returned({ ...otherwise, err: error.message });
  }
}
