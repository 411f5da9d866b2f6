import type { Json, JsonObject } from '../../machinery/src/meta.ts';

export type ExpressionResult =
  | { readonly ok: true; readonly value: Json }
  /** `isFinal` where no other value of a field would help: what it refers to is there, or it refers to nothing. */
  | { readonly ok: false; readonly problem: string; readonly isFinal: boolean };

/** Evaluates `if` and `valueFrom` of steps in the language of the templates. */
export interface Expressions {
  /** The value of an expression over top-level fields. The text may begin with imports. */
  evaluate(expression: string, fields: JsonObject): Promise<ExpressionResult>;
  /** Why an expression cannot be evaluated over any fields; undefined when it may be. */
  check(expression: string): Promise<string | undefined>;
}
