import semver from 'semver';

const options = { includePrerelease: true } as const;

/**
 * Whether a version meets a constraint such as `>=1.8.0`, `>=1.19.0-0, <1.26`, `1.x` or `~1.2 || ^2.1`. An empty
 * constraint and a version that is none, such as a development build, are always fine. `1.9.0-beta` meets `>=1.8.0` but
 * not `>=1.9.0`.
 */
export function satisfies(version: string, constraint: string): boolean {
  const actual = /^v?\d/.test(version.trim()) ? semver.coerce(version, options) : null;
  if (!actual || constraint.trim() === '') return true;
  return constraint.split('||').some((range) => {
    const { unequal, others } = split(range);
    return semver.satisfies(actual, others, options) && !unequal.some((one) => semver.satisfies(actual, one, options));
  });
}

/** Whether a text is a constraint at all. */
export const isConstraint = (constraint: string): boolean =>
  constraint.split('||').every((range) => semver.validRange(split(range).others) !== null);

/** The versions behind `!=`, which the library does not know, and the rest of a range. */
function split(range: string): { readonly unequal: readonly string[]; readonly others: string } {
  const joined = range.replaceAll(',', ' ').replace(/([<>=!~^])\s+/g, '$1');
  const unequal = [...joined.matchAll(/!=(\S+)/g)].map(([, version = '']) => version);
  return { unequal, others: joined.replace(/!=\S+/g, ' ').trim() };
}
