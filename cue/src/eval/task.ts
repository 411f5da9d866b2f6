import * as ir from './ir.ts';
import type { Machine } from './machine.ts';
import { append, Bottom, Node, type Group, type Conjunct, type Task, type Value, type Vertex } from './model.ts';

export function nodeOf(v: Vertex): Node {
  return (v.node ??= new Node());
}

/** Any field is admitted for the structs of a group. */
export function openTo(node: Node, group: Group | null): void {
  node.openGroups = append(node.openGroups, group);
}

/** Adds work that needs the value of the conjunct's expression. */
export function addTask(m: Machine, v: Vertex, c: Conjunct, use: (value: Value) => void): void {
  const run = (): Bottom | null => {
    const saved = m.trail;
    m.trail = c.trail;
    const value = m.evaluate(c.expr, c.env);
    m.trail = saved;
    if (value instanceof Bottom && value.isIncomplete) return value;
    use(value);
    return null;
  };
  addWork(v, c, run);
}

export function addWork(v: Vertex, conjunct: Conjunct, run: () => Bottom | null): void {
  const task: Task = { conjunct, blocker: null, run, isComprehension: conjunct.expr.op === ir.OP.COMPREHENSION };
  const node = nodeOf(v);
  node.tasks = append(node.tasks, task);
}
