import { compareStrings } from './arithmetic.ts';

/** Labels with the order that declarations demand; where they contradict each other, names decide. */
export class LabelGraph {
  readonly #edges = new Map<string, Set<string>>();

  add(label: string): void {
    if (!this.#edges.has(label)) this.#edges.set(label, new Set());
  }

  addEdge(from: string, to: string): void {
    this.add(from);
    this.add(to);
    this.#edges.get(from)?.add(to);
  }

  /** All labels: each component of labels that contradict each other as a block, the smallest name first where several may follow. */
  sort(): string[] {
    const components = this.#components();
    const componentOf = new Map<string, number>();
    components.forEach((labels, i) => {
      labels.sort(compareStrings);
      for (const label of labels) componentOf.set(label, i);
    });
    const waitingFor = components.map(() => new Set<number>());
    const followers = components.map(() => new Set<number>());
    for (const [from, targets] of this.#edges) {
      for (const to of targets) {
        const [a, b] = [componentOf.get(from) ?? 0, componentOf.get(to) ?? 0];
        if (a === b) continue;
        waitingFor[b]?.add(a);
        followers[a]?.add(b);
      }
    }
    return takeReady(components, waitingFor, followers);
  }

  /** Strongly connected components, by Tarjan's algorithm without recursion. */
  #components(): string[][] {
    const found: string[][] = [];
    const state = new Map<string, { index: number; low: number; onStack: boolean }>();
    const stack: string[] = [];
    let counter = 0;
    const open = (label: string): { label: string; targets: Iterator<string> } => {
      state.set(label, { index: counter, low: counter, onStack: true });
      counter++;
      stack.push(label);
      return { label, targets: (this.#edges.get(label) ?? new Set<string>()).values() };
    };
    for (const start of this.#edges.keys()) {
      if (state.has(start)) continue;
      const work = [open(start)];
      for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
        const next = frame.targets.next();
        const own = state.get(frame.label);
        if (own === undefined) break;
        if (next.done !== true) {
          const seen = state.get(next.value);
          if (seen === undefined) work.push(open(next.value));
          else if (seen.onStack) own.low = Math.min(own.low, seen.index);
          continue;
        }
        work.pop();
        const parent = work.at(-1);
        const above = parent === undefined ? undefined : state.get(parent.label);
        if (above !== undefined) above.low = Math.min(above.low, own.low);
        if (own.low === own.index) found.push(popComponent(stack, state, frame.label));
      }
    }
    return found;
  }
}

function popComponent(stack: string[], state: Map<string, { onStack: boolean }>, root: string): string[] {
  const labels: string[] = [];
  for (let label = stack.pop(); label !== undefined; label = stack.pop()) {
    const entry = state.get(label);
    if (entry !== undefined) entry.onStack = false;
    labels.push(label);
    if (label === root) break;
  }
  return labels;
}

function takeReady(
  components: readonly string[][],
  waitingFor: readonly Set<number>[],
  followers: readonly Set<number>[],
): string[] {
  const out: string[] = [];
  const first = (i: number): string => components[i]?.[0] ?? '';
  const ready = components.map((_, i) => i).filter((i) => waitingFor[i]?.size === 0);
  for (;;) {
    ready.sort((a, b) => compareStrings(first(a), first(b)));
    const current = ready.shift();
    if (current === undefined) return out;
    out.push(...(components[current] ?? []));
    for (const next of followers[current] ?? []) {
      waitingFor[next]?.delete(current);
      if (waitingFor[next]?.size === 0) ready.push(next);
    }
  }
}
