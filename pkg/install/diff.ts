import { isConflict, isNotFound } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { installManager } from './field-manager.ts';

/** One object that an installation would create or change, with the paths that differ. */
export interface ObjectDiff {
  readonly object: KubeObject;
  readonly change: 'create' | 'change';
  readonly fields: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[];
}

/** What applying objects would change, by the API server's own answer to a dry run; unchanged objects are left out. */
export async function diffObjects(
  client: KubeClient,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<readonly ObjectDiff[]> {
  const found: ObjectDiff[] = [];
  for (const object of objects) {
    const diff = await diffObject(client, object, signal);
    if (diff) found.push(diff);
  }
  return found;
}

async function diffObject(
  client: KubeClient,
  object: KubeObject,
  signal: AbortSignal,
): Promise<ObjectDiff | undefined> {
  const { name = '', namespace } = object.metadata;
  const created = { object, change: 'create', fields: [] } as const;
  try {
    const resource = await client.resourceFor(object.apiVersion, object.kind);
    const before = await client.get(resource, { name, namespace }, { signal });
    // definitions of others stay as they are
    const force = !object.kind.endsWith('Definition') || object.kind === 'CustomResourceDefinition';
    const after = await client.apply(resource, object, { fieldManager: installManager, force, dryRun: true, signal });
    const fields = changedFields(comparable(before), comparable(after));
    return fields.length > 0 ? { object, change: 'change', fields } : undefined;
  } catch (error) {
    if (isNotFound(error)) return created;
    if (isConflict(error)) return undefined;
    throw error;
  }
}

function comparable({ metadata, ...rest }: KubeObject): object {
  const { resourceVersion: _, managedFields: __, generation: ___, ...own } = metadata;
  return { ...rest, status: undefined, metadata: own };
}

/** The paths at which two values differ, deepest first difference only. */
export function changedFields(before: unknown, after: unknown, path = ''): ObjectDiff['fields'] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (!isHolder(before) || !isHolder(after) || Array.isArray(before) !== Array.isArray(after))
    return [{ path, before, after }];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const inner = (key: string): string =>
    Array.isArray(before) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
  return keys.flatMap((key) =>
    changedFields((before as Record<string, unknown>)[key], (after as Record<string, unknown>)[key], inner(key)),
  );
}

const isHolder = (value: unknown): value is object => typeof value === 'object' && value !== null;
