/** One step of a path: a function from values to the values below them. */
export type Step =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'all' }
  | { readonly type: 'descend' }
  | {
      readonly type: 'slice';
      readonly from?: number | undefined;
      readonly to?: number | undefined;
      readonly by: number;
    }
  | { readonly type: 'union'; readonly keys: readonly (string | number)[] }
  | {
      readonly type: 'filter';
      readonly left: Operand;
      readonly operator: string;
      readonly right?: Operand | undefined;
    };

/** A side of a filter's comparison: a path below the element, or a value. */
export type Operand =
  { readonly type: 'path'; readonly steps: readonly Step[] } | { readonly type: 'value'; readonly value: unknown };
