/** Something that waits for others of its kind, by name. */
export interface Dependent {
  readonly name: string;
  readonly dependsOn?: readonly string[] | undefined;
}

/** Returns the names along one cycle of dependencies, first repeated last, or nothing. */
export function findCycle(items: readonly Dependent[]): readonly string[] | undefined {
  const byName = new Map(items.map((item) => [item.name, item]));
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const next of byName.get(name)?.dependsOn ?? []) {
      const cycle = visit(next, [...path, name]);
      if (cycle) return cycle;
    }
    done.add(name);
    return undefined;
  };
  for (const { name } of items) {
    const cycle = visit(name, []);
    if (cycle) return cycle;
  }
  return undefined;
}
