// Kinds of values as bits of a mask.
export const NULL = 1;
export const BOOL = 2;
export const INT = 4;
export const FLOAT = 8;
export const STRING = 16;
export const BYTES = 32;
export const LIST = 64;
export const STRUCT = 128;
export const NUMBER = INT | FLOAT;
export const TEXT = STRING | BYTES;
export const SCALAR = NULL | BOOL | NUMBER | TEXT;
export const TOP = SCALAR | LIST | STRUCT;

const NAMES: readonly (readonly [number, string])[] = [
  [NULL, 'null'],
  [BOOL, 'bool'],
  [INT, 'int'],
  [FLOAT, 'float'],
  [STRING, 'string'],
  [BYTES, 'bytes'],
  [LIST, 'list'],
  [STRUCT, 'struct'],
];

/** The name of a mask, as CUE prints it: `int`, `number`, `(string|struct)`, `_`. */
export function kindName(mask: number): string {
  if (mask === 0) return '_|_';
  if (mask === TOP) return '_';
  if (mask === NUMBER) return 'number';
  const names: string[] = [];
  for (const [bit, name] of NAMES) {
    if ((mask & NUMBER) === NUMBER && (bit & NUMBER) !== 0) {
      if (bit === INT) names.push('number');
    } else if ((mask & bit) !== 0) names.push(name);
  }
  return names.length === 1 ? (names[0] ?? '') : `(${names.join('|')})`;
}

/** The names of the kinds in a mask. */
export function kindNames(mask: number): string[] {
  return NAMES.filter(([bit]) => (mask & bit) !== 0).map(([, name]) => name);
}
