/** The paths that are compared: the root, and the regular fields of the first level. */
export function pathsOf(source: string): string[] {
  const names = new Set<string>();
  let depth = 0;
  for (const line of source.split('\n')) {
    const label = depth === 0 ? /^([a-z][a-z0-9]*): /.exec(line)?.[1] : undefined;
    if (label !== undefined) names.add(label);
    for (const c of line) {
      if (c === '{' || c === '(' || c === '[') depth++;
      else if (c === '}' || c === ')' || c === ']') depth--;
    }
  }
  return ['', ...names];
}
