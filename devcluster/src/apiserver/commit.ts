import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { MutableObject } from '../contract/strategy.ts';
import type { Stored } from '../storage/stored.ts';
import type { Core } from './core.ts';
import { finished } from './object-meta.ts';
import type { ServedResource } from './served-resource.ts';
import type { WriteContext } from './write-context.ts';

export interface Commit {
  readonly core: Core;
  readonly resource: ServedResource;
  readonly context: WriteContext;
}

/** Stores an object of the served version in the place of `base`, and returns it as it is now. */
export async function commitPut(
  { core, resource, context }: Commit,
  key: string,
  base: Stored | undefined,
  object: MutableObject,
): Promise<KubeObject> {
  const wanted = resource.conversion?.toStorage(object) ?? object;
  const written = await core.store.put(resource.collection, key, base, (version) => finished(wanted, version));
  context.onWritten?.(base?.object, written.object);
  return resource.view(written).object;
}

/** Removes an object, and returns its last state, numbered as the removal. */
export async function commitRemoval({ core, resource, context }: Commit, base: Stored): Promise<KubeObject> {
  const last = await core.store.remove(resource.collection, base);
  context.onWritten?.(base.object, last.object);
  return resource.view(last).object;
}
