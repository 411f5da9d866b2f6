import type { Stored } from './stored.ts';
import { ValueIndex } from './value-index.ts';

/** The uid of the object that controls this one; '' when none does. */
export function controllerUid({ object }: Stored): string {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid ?? '';
}

/** Objects by their controller, so that a controller finds its own among any number of others. */
export class ControllerIndex extends ValueIndex {
  constructor() {
    super(controllerUid);
  }
}
