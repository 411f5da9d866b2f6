// How alternatives are marked when disjunctions are unified.
export const MAYBE = 0;
export const DEFAULT = 1;
export const NOT_DEFAULT = 2;

/** Modes of two unified alternatives; a side that lost all its defaults does not count. */
export function combineModes(a: number, b: number, aDrops: boolean, bDrops: boolean): number {
  return Math.max(aDrops ? MAYBE : a, bDrops ? MAYBE : b);
}

/** The mode of a disjunct within its disjunction. */
export function modeOf(isDefault: boolean, hasDefaults: boolean): number {
  if (!hasDefaults) return MAYBE;
  return isDefault ? DEFAULT : NOT_DEFAULT;
}
