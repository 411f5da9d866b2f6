import { keyOf } from '../../../machinery/src/meta.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';

import { controllerOf } from './context.ts';
import type { ControllerContext } from './context.ts';
import { Loop } from './loop.ts';

interface OwnerLoop {
  /** The kind of the objects that are reconciled. */
  readonly owners: Resource;
  /** The kind of the objects that they control. */
  readonly owned: Resource;
  readonly reconcile: (key: string) => Promise<number | undefined>;
  /** Called for an owned object without a controller. */
  readonly onOrphan?: (orphan: KubeObject, loop: Loop) => void;
}

/** Reconciles the objects of a kind whenever one of them, or an object that it controls, changes. */
export function startOwnerLoop(
  { api, clock, logger }: ControllerContext,
  { owners, owned, reconcile, onOrphan }: OwnerLoop,
  signal: AbortSignal,
): void {
  const loop = new Loop({ name: owners.kind.toLowerCase(), clock, logger, reconcile });
  const onOwner = ({ object }: { readonly object: KubeObject }): void => {
    loop.add(keyOf(object));
  };
  const onOwned = ({ object }: { readonly object: KubeObject }): void => {
    const owner = controllerOf(object.metadata);
    if (owner === undefined) onOrphan?.(object, loop);
    else if (owner.kind === owners.kind) loop.add(`${object.metadata.namespace ?? ''}/${owner.name}`);
  };
  api.subscribe(owners, {}, onOwner, signal);
  api.subscribe(owned, {}, onOwned, signal);
  loop.start(signal);
}
