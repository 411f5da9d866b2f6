/** Negative when `a` is older than `b`; undefined when the two cannot be compared, because one is not a number. */
export function compareVersions(a: string | undefined, b: string | undefined): number | undefined {
  if (!isNumber(a) || !isNumber(b)) return undefined;
  return a.length === b.length ? (a < b ? -1 : Number(a > b)) : a.length - b.length;
}

function isNumber(version: string | undefined): version is string {
  return version !== undefined && /^(0|[1-9]\d*)$/.test(version);
}
