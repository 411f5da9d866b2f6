interface Version {
  readonly numbers: readonly number[];
  readonly pre: readonly string[];
}

/** Reads `1.2.3`, `v1.2` or `1.2.3-rc.1+build`; undefined when it is no version. */
function parseVersion(text: string): Version | undefined {
  const [, numbers, pre] = /^v?(\d+(?:\.\d+){0,2})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(text.trim()) ?? [];
  if (numbers === undefined) return undefined;
  const [major = 0, minor = 0, patch = 0] = numbers.split('.').map(Number);
  return { numbers: [major, minor, patch], pre: pre?.split('.') ?? [] };
}

function compare(a: Version, b: Version): number {
  for (const [i, number] of a.numbers.entries()) if (number !== b.numbers[i]) return number - (b.numbers[i] ?? 0);
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i += 1) {
    const [x, y] = [a.pre[i], b.pre[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const bothNumbers = /^\d+$/.test(x) && /^\d+$/.test(y);
    if (x !== y) return bothNumbers ? Number(x) - Number(y) : x < y ? -1 : 1;
  }
  return 0;
}

/**
 * Whether a version meets a constraint such as `>=1.8.0`, `>=1.19.0-0, <1.26` or `~1.2 || ^2.1`. An empty constraint and
 * a version that is none, such as a development build, are always fine. `1.9.0-beta` meets `>=1.8.0` but not `>=1.9.0`.
 */
export function satisfies(version: string, constraint: string): boolean {
  const actual = parseVersion(version);
  if (!actual || constraint.trim() === '') return true;
  return constraint.split('||').some((range) => {
    const terms = range.match(/[<>=!~^]*\s*v?\d[^\s,<>=!~^]*/g) ?? [];
    return terms.length > 0 && terms.every((term) => meets(actual, term));
  });
}

function meets(actual: Version, term: string): boolean {
  const [, operator = '', text = ''] = /^([<>=!~^]*)\s*(.*)$/.exec(term) ?? [];
  const wanted = parseVersion(text);
  if (!wanted) return false;
  const order = compare(actual, wanted);
  switch (operator) {
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '!=':
      return order !== 0;
    case '~':
    case '^':
      return order >= 0 && compare(actual, ceiling(wanted, operator)) < 0;
    default:
      return order === 0;
  }
}

/** The first version that `~` or `^` does not admit any more. */
function ceiling({ numbers: [major = 0, minor = 0, patch = 0] }: Version, operator: '~' | '^'): Version {
  if (operator === '~') return { numbers: [major, minor + 1, 0], pre: ['0'] };
  if (major > 0) return { numbers: [major + 1, 0, 0], pre: ['0'] };
  return { numbers: minor > 0 ? [0, minor + 1, 0] : [0, 0, patch + 1], pre: ['0'] };
}
