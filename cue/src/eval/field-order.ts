import type { Vertex } from './model.ts';

/** The arcs of a struct in the order in which CUE writes them. */
export function orderedArcs(v: Vertex): Iterable<readonly [string, Vertex]> {
  return v.arcs ?? [];
}
