/** Something that may happen next in a model. */
export interface Step<World> {
  readonly name: string;
  readonly next: World;
  /** What must never happen, where this step is that. */
  readonly violation?: string | undefined;
}

export interface Exploration {
  readonly states: number;
  /** What went wrong, each with the shortest way that leads there. */
  readonly violations: ReadonlyMap<string, readonly string[]>;
  /** States from which no good one can be reached any more. */
  readonly stuck: number;
}

export interface Model<World> {
  readonly start: World;
  /** Everything that may happen next. */
  readonly steps: (world: World) => readonly Step<World>[];
  /** Whether everything has come to rest as it should. */
  readonly isGood: (world: World) => boolean;
  /** How many different things that go wrong end the search; then not all states were visited. Any number when absent. */
  readonly enough?: number | undefined;
}

interface Found<World> {
  readonly world: World;
  readonly from: number;
  readonly by: string;
}

/** Visits every state that a model can get into, nearest first. Worlds are JSON values; equal ones have equal texts. */
export function explore<World>({ start, steps, isGood, enough = Infinity }: Model<World>): Exploration {
  const numbers = new Map([[JSON.stringify(start), 0]]);
  const found: Found<World>[] = [{ world: start, from: -1, by: '' }];
  const sources: number[][] = [[]];
  const violations = new Map<string, readonly string[]>();
  for (let at = 0; at < found.length && violations.size < enough; at += 1) {
    const { world } = found[at] ?? { world: start };
    for (const { name, next, violation } of steps(world)) {
      if (violation !== undefined && !violations.has(violation)) violations.set(violation, [...wayTo(found, at), name]);
      const text = JSON.stringify(next);
      const known = numbers.get(text);
      if (known !== undefined) {
        sources[known]?.push(at);
        continue;
      }
      numbers.set(text, found.length);
      found.push({ world: next, from: at, by: name });
      sources.push([at]);
    }
  }
  const good = found.flatMap(({ world }, at) => (isGood(world) ? [at] : []));
  return { states: found.length, violations, stuck: found.length - countReaching(good, sources) };
}

function wayTo<World>(found: readonly Found<World>[], end: number): string[] {
  const names: string[] = [];
  for (let at = end; at > 0; at = found[at]?.from ?? 0) names.unshift(found[at]?.by ?? '');
  return names;
}

function countReaching(good: readonly number[], sources: readonly (readonly number[])[]): number {
  const reached = new Set(good);
  for (const at of reached) for (const from of sources[at] ?? []) reached.add(from);
  return reached.size;
}
