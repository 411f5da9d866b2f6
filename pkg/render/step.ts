import type { JsonObject } from '../apis/meta.ts';

/** Something that a workflow step wants done, such as `kube.apply`. */
export interface Action {
  readonly name: string;
  readonly params: JsonObject;
}

/** What came of an action: what it returns to the template, or why there is nothing yet, or never will be. */
export type ActionResult =
  | { readonly kind: 'returned'; readonly returns: JsonObject }
  | { readonly kind: 'waiting'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  /** Nobody here knows the action. */
  | { readonly kind: 'unknown' };

/** What came of executing a step once. */
export type StepEnd =
  | { readonly kind: 'succeeded'; readonly produced: JsonObject; readonly message: string }
  /** The step succeeded, and nothing is to come after it. */
  | { readonly kind: 'broke'; readonly message: string }
  | { readonly kind: 'waiting'; readonly message: string }
  /** `Execute` is tried again; `Action` is the template's own decision; `Rendering` says that it is wrong. */
  | { readonly kind: 'failed'; readonly reason: 'Execute' | 'Action' | 'Rendering'; readonly message: string };
