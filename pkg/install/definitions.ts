import { ignoreNotFound, isConflict } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import { installManager } from './field-manager.ts';

/** What became of a definition; `kept` is one that is not this installation's to change. */
export type DefinitionOutcome =
  { readonly did: 'created' | 'configured' | 'unchanged' } | { readonly did: 'kept'; readonly because: string };

export const isDefinition = ({ apiVersion, kind }: KubeObject): boolean =>
  apiVersion.startsWith('core.oam.dev/') && kind.endsWith('Definition');

/** Whether an object is a query that KubeVela brings under the same name. */
export const isView = ({ kind, metadata }: KubeObject): boolean =>
  kind === 'ConfigMap' && metadata.labels?.[labels.view] !== undefined;

/**
 * Brings a definition or a view into a cluster. One that another installation or a person has made, or has changed since, stays as it
 * is: Applications depend on it. With `overwrite` it is replaced whole, so that no template of another language is left in it.
 */
export async function applyDefinition(
  client: KubeClient,
  definition: KubeObject,
  { overwrite, signal }: { readonly overwrite: boolean; readonly signal: AbortSignal },
): Promise<DefinitionOutcome> {
  const resource = await client.resourceFor(definition.apiVersion, definition.kind);
  const before = await find(client, resource, definition, signal);
  if (!before) {
    await client.apply(resource, definition, { fieldManager: installManager, force: true, signal });
    return { did: 'created' };
  }
  const because = overwrite ? undefined : reasonToKeep(before, definition);
  if (because !== undefined) return { did: 'kept', because };
  try {
    if (overwrite) await replaceSpec(client, { resource, before, definition }, signal);
    const after = await client.apply(resource, definition, { fieldManager: installManager, force: overwrite, signal });
    const isSame = after.metadata.resourceVersion === before.metadata.resourceVersion;
    return { did: isSame ? 'unchanged' : 'configured' };
  } catch (error) {
    if (overwrite || !isConflict(error)) throw error;
    return { did: 'kept', because: `changed since it was installed: ${(error as Error).message}` };
  }
}

function reasonToKeep(live: KubeObject, wanted: KubeObject): string | undefined {
  if (!isOurs(live)) return 'made by another installation or a person';
  const added = Object.keys(schematicOf(live)).filter((language) => !(language in schematicOf(wanted)));
  return added.length > 0 ? `changed since it was installed: spec.schematic.${added.join(', ')}` : undefined;
}

/** Whether an installation of Flotilla made an object. */
export const isOurs = ({ metadata }: KubeObject): boolean =>
  metadata.managedFields?.some((of) => of.manager === installManager && of.operation === 'Apply') ?? false;

const schematicOf = ({ spec }: KubeObject): object =>
  ((spec ?? {}) as { readonly schematic?: object | null }).schematic ?? {};

interface Replacement {
  readonly resource: Resource;
  readonly before: KubeObject;
  readonly definition: KubeObject;
}

async function replaceSpec(client: KubeClient, { resource, before, definition }: Replacement, signal: AbortSignal) {
  const object = { ...before, spec: definition['spec'] };
  await client.update(resource, object, { fieldManager: installManager, signal });
}

async function find(
  client: KubeClient,
  resource: Resource,
  { metadata }: KubeObject,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const { name = '', namespace } = metadata;
  return ignoreNotFound(client.get(resource, { name, namespace }, { signal }));
}
