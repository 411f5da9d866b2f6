import { ApiError, isConflict, isNotFound } from '../apis/api-error.ts';
import type { Application } from '../apis/application.ts';
import { applicationResource } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { JsonObject, KubeObject, OwnerReference, Resource } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../apis/names.ts';
import { applicationName } from './render.ts';

/** The field manager of everything that enabling an addon writes. */
const fieldManager = 'vela-addon';

const secretResource: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
const secretKey = 'addonParameterDataKey';

const secretTarget = (addon: string): { name: string; namespace: string } => ({
  name: `addon-secret-${addon}`,
  namespace: systemNamespace,
});

/** The Application of an enabled addon; undefined when it is not enabled, or nothing is installed at all. */
export async function readApplication(
  client: KubeClient,
  addon: string,
  signal: AbortSignal,
): Promise<Application | undefined> {
  const target = { name: applicationName(addon), namespace: systemNamespace };
  return client.get<Application>(applicationResource, target, { signal }).catch(absentAs(undefined));
}

export type Applied = 'created' | 'configured' | 'unchanged';

export interface AppliedObject<T extends KubeObject> {
  readonly did: Applied;
  readonly object: T;
  /** The object as it was. */
  readonly before: T | undefined;
}

/**
 * Applies an object and says what that changed. Server-side apply refuses objects with fields that their kind does not
 * declare; those are created or replaced instead, which drops the fields.
 */
export async function applyAddonObject<T extends KubeObject>(
  client: KubeClient,
  object: T,
  signal: AbortSignal,
): Promise<AppliedObject<T>> {
  const resource = await client.resourceFor(object.apiVersion, object.kind);
  const { name = '', namespace } = object.metadata;
  const before = await client.get<T>(resource, { name, namespace }, { signal }).catch(absentAs(undefined));
  const after = await client.apply(resource, object, { fieldManager, force: true, signal }).catch((error: unknown) => {
    if (!isUndeclared(error)) throw error;
    return before
      ? replace(client, resource, { object, signal })
      : client.create(resource, object, { fieldManager, signal });
  });
  if (!before) return { did: 'created', object: after, before };
  const isSame = before.metadata.resourceVersion === after.metadata.resourceVersion;
  return { did: isSame ? 'unchanged' : 'configured', object: after, before };
}

const isUndeclared = (error: unknown): boolean =>
  error instanceof ApiError && /field not declared in schema|duplicate entries for key/.test(error.message);

/** Replaces an object and keeps the metadata that others wrote. Controllers write definitions too, so it may take several attempts. */
async function replace<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  { object, signal }: { readonly object: T; readonly signal: AbortSignal },
): Promise<T> {
  const { name = '', namespace } = object.metadata;
  for (let attempt = 1; ; attempt++) {
    const { metadata: before } = await client.get(resource, { name, namespace }, { signal });
    const metadata = {
      ...before,
      ...object.metadata,
      labels: { ...before.labels, ...object.metadata.labels },
      annotations: { ...before.annotations, ...object.metadata.annotations },
    };
    try {
      return await client.update(resource, { ...object, metadata }, { fieldManager, signal });
    } catch (error) {
      if (!isConflict(error) || attempt === 5) throw error;
    }
  }
}

/** Deletes an object that was created a moment ago, unless another one has taken its place. */
export async function removeObject(client: KubeClient, { apiVersion, kind, metadata }: KubeObject): Promise<void> {
  const { name = '', namespace, uid = '' } = metadata;
  const resource = await client.resourceFor(apiVersion, kind);
  await client.delete(resource, { name, namespace }, { preconditions: { uid }, propagationPolicy: 'Background' });
}

/** Puts an object back into an earlier state. */
export async function restoreObject(client: KubeClient, earlier: KubeObject): Promise<void> {
  const { name = '', namespace } = earlier.metadata;
  const resource = await client.resourceFor(earlier.apiVersion, earlier.kind);
  const { metadata } = await client.get(resource, { name, namespace });
  const { resourceVersion } = metadata;
  const restored = { ...earlier, metadata: { ...earlier.metadata, ...(resourceVersion && { resourceVersion }) } };
  await client.update(resource, restored, { fieldManager });
}

/** Whether an object without an owner was written by an attempt to enable an addon that was interrupted. */
export const isLeftOver = ({ metadata }: KubeObject): boolean =>
  metadata.managedFields?.some(({ manager }) => manager === fieldManager) ?? false;

/** Keeps the arguments of an addon in a Secret that goes with its Application; none, no Secret. */
export async function storeArguments(
  client: KubeClient,
  addon: string,
  { app, args }: { readonly app: Application; readonly args: JsonObject },
  signal: AbortSignal,
): Promise<void> {
  const target = secretTarget(addon);
  if (Object.keys(args).length === 0) {
    await client.delete(secretResource, target, { signal }).catch(absentAs(undefined));
    return;
  }
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...target, ownerReferences: [ownerReference(app)] },
    type: 'Opaque',
    data: { [secretKey]: Buffer.from(JSON.stringify(args)).toString('base64') },
  };
  await applyAddonObject(client, secret, signal);
}

/** The arguments that an addon was enabled with. */
export async function readArguments(client: KubeClient, addon: string, signal: AbortSignal): Promise<JsonObject> {
  const secret = await client.get(secretResource, secretTarget(addon), { signal }).catch(absentAs(undefined));
  const data = (secret?.['data'] ?? {}) as Readonly<Record<string, string>>;
  return JSON.parse(Buffer.from(data[secretKey] ?? '', 'base64').toString('utf8') || '{}') as JsonObject;
}

export function ownerReference(app: Application): OwnerReference {
  const { name = '', uid = '' } = app.metadata;
  return { apiVersion: app.apiVersion, kind: app.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** What a missing object, or a kind that is not served, stands for. */
export function absentAs<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (isNotFound(error) || (error instanceof ApiError && error.code === 404)) return value;
    throw error;
  };
}
