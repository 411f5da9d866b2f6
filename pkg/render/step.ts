import type { JsonObject } from '../../machinery/src/meta.ts';

/** Something that a workflow step wants done, such as `kube.apply`. */
export interface Action {
  readonly name: string;
  readonly params: JsonObject;
  /** The path of the field that asks for it, which differs for each action of a step. */
  readonly label: string;
  /** Whether parameters and results stand side by side in that field. */
  readonly isFlat: boolean;
}

/** What came of an action. */
export type ActionResult =
  | {
      /** The action is done, and the template goes on with what it returns. */
      readonly kind: 'returned';
      readonly returns: JsonObject;
      /** What the step has to wait for although the template goes on. */
      readonly waitsFor?: string;
      /** The message of the step. */
      readonly message?: string;
    }
  | { readonly kind: 'waiting'; readonly message: string }
  | { readonly kind: 'suspended'; readonly message: string; readonly durationMs?: number }
  /** The step has succeeded, and nothing is to come after it. */
  | { readonly kind: 'broke'; readonly message: string }
  /** `Execute` is tried again; `Action` is the template's own decision. */
  | { readonly kind: 'failed'; readonly message: string; readonly reason?: 'Execute' | 'Action' };

/** Performs the actions of one attempt to execute a step. */
export interface StepActor {
  perform(action: Action): Promise<ActionResult>;
  /** Whether the fields of the step are needed, also when it does not succeed. */
  readonly needsFields: boolean;
}

/** What came of executing a step once. */
export type StepEnd =
  | {
      readonly kind: 'succeeded';
      readonly produced: JsonObject;
      readonly message: string;
      /** Problems that the template does not depend on, such as parameters of a wrong type. */
      readonly ignored?: readonly string[];
    }
  | { readonly kind: 'broke'; readonly message: string; readonly produced?: JsonObject }
  | { readonly kind: 'waiting'; readonly message: string; readonly produced?: JsonObject }
  | {
      readonly kind: 'suspended';
      readonly message: string;
      readonly label: string;
      readonly durationMs?: number;
    }
  | {
      readonly kind: 'failed';
      readonly reason: 'Execute' | 'Action';
      readonly message: string;
      /** Whether it failed because fields of the template have no value, as with wrong parameters. */
      readonly isUnknown?: boolean;
      readonly produced?: JsonObject;
    };
