import type { Template, TemplateInput } from '../engine.ts';
import type { Action, ActionResult } from '../step.ts';

/** What the process and the thread that evaluates long templates say to each other. An id names one evaluation. */

export type Method =
  | 'render'
  | 'renderTrait'
  | 'evaluateHealth'
  | 'runStep'
  | 'renderPolicy'
  | 'check'
  | 'parameterSchema'
  | 'declaredParameters';

export interface RunRequest {
  readonly kind: 'run';
  readonly id: number;
  readonly method: Method;
  readonly template: Template;
  readonly input: TemplateInput;
  readonly needsFields: boolean;
}

export type ToThread =
  RunRequest | { readonly kind: 'performed'; readonly id: number; readonly result: ActionResult | undefined };

export type FromThread =
  | { readonly kind: 'perform'; readonly id: number; readonly action: Action }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };
