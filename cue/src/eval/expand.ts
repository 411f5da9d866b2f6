import { BYTES } from './budget.ts';
import { checkClosed, refuseFieldsBelow } from './closedness.ts';
import { resolveDisjunctions } from './disjunction.ts';
import * as ir from './ir.ts';
import * as K from './kind.ts';
import type { Machine } from './machine.ts';
import {
  Bottom,
  Conjunction,
  DONE,
  IDLE,
  Node,
  RUNNING,
  SUSPENDED,
  Vertex,
  type Conjunct,
  type Task,
} from './model.ts';
import { isDefinitionReference } from './reference.ts';
import { nodeOf } from './task.ts';
import { runValidators } from './validate.ts';
import { setError } from './unify-scalar.ts';
import { FREE_HOPS } from './value-of.ts';
import { printValue } from './print.ts';

const OP = ir.OP;

/** Makes the fields and the value of a vertex known. It stays SUSPENDED where a vertex in evaluation is needed first. */
export function expandVertex(m: Machine, v: Vertex): void {
  if (v.state === DONE || v.state === RUNNING) return;
  m.budget.step();
  m.budget.enter(m.depth);
  const savedTrail = m.trail;
  const isFirst = v.state === IDLE;
  v.state = RUNNING;
  v.block = null;
  if (!isFirst) restart(v);
  v.depth = ++m.depth;
  m.running.push(v);
  if (!(isFirst && v.conjuncts.length === 1 && startSingle(m, v))) {
    if (isFirst) m.budget.allocate(BYTES.node);
    run(m, v, (v.node ??= new Node()));
  }
  m.running.pop();
  m.depth--;
  m.trail = savedTrail;
}

/** What was not known before may be known now. */
function restart(v: Vertex): void {
  if (v.error?.isIncomplete === true) v.error = null;
  if (v.node?.hasPending !== true) return;
  v.node.hasPending = false;
  for (const arc of v.arcs?.values() ?? []) arc.pending = null;
}

/** A vertex with one conjunct is often a scalar or the same as another vertex. */
function startSingle(m: Machine, v: Vertex): boolean {
  const [c] = v.conjuncts;
  if (c === undefined || v.node !== null) return false;
  const { expr } = c;
  if (expr.op === OP.LITERAL) {
    m.process(v, c);
    v.processed = 1;
    v.state = DONE;
    return true;
  }
  return isReference(expr.op) && shareReference(m, v, c);
}

function isReference(op: number): boolean {
  return op >= OP.FIELD_REF && op <= OP.INDEX;
}

/** Makes a vertex the same as the one that its only conjunct refers to. */
function shareReference(m: Machine, v: Vertex, c: Conjunct): boolean {
  m.trail = c.trail;
  const target = m.evaluate(c.expr, c.env);
  if (!(target instanceof Vertex) || target === v || target.original !== null || isSelfOrAncestor(m, target, v))
    return false;
  if (c.trail !== null || isDefinitionReference(c.expr) || (hasEmbedding(c) && !isPlain(target))) return false;
  if (target.state === RUNNING || target.parent?.state === RUNNING || target.parent?.state === SUSPENDED) return false;
  v.share = target;
  v.processed = 1;
  v.state = DONE;
  return true;
}

/** Whether nothing of the target is in a closing scope or an embedding. */
function isPlain(target: Vertex): boolean {
  for (const { group, isCyclic } of target.conjuncts) if (group !== null || isCyclic) return false;
  return true;
}

function hasEmbedding(c: Conjunct): boolean {
  return c.group !== null && c.group.embeddedAt >= 0;
}

function isSelfOrAncestor(m: Machine, target: Vertex, v: Vertex): boolean {
  for (let at: Vertex | null = v; at !== null; at = at.parent)
    if (at === target || at.original === target || at.share === target) return true;
  let hops = 0;
  for (let at = target.share; at !== null; at = at.share) {
    if (at === v) return true;
    if (++hops % FREE_HOPS === 0) m.budget.step();
  }
  return false;
}

function run(m: Machine, v: Vertex, node: Node): void {
  for (;;) {
    const progressed = processPending(m, v);
    const ran = runTasks(m, v, node);
    if (!progressed && !ran) {
      if (v.processed < v.conjuncts.length || node.extra.length > 0) continue;
      const blocker = settle(m, v, node);
      if (blocker === 'again') continue;
      if (blocker !== null) {
        v.block = blocker;
        v.state = SUSPENDED;
        v.isForced = false;
        return;
      }
      break;
    }
  }
  v.isForced = false;
  complete(m, v, node);
}

function processPending(m: Machine, v: Vertex): boolean {
  let progressed = false;
  while (v.processed < v.conjuncts.length) {
    const c = v.conjuncts[v.processed++];
    if (c === undefined) break;
    m.process(v, c);
    progressed = true;
  }
  const { extra } = nodeOf(v);
  if (extra.length === 0) return progressed;
  for (let c = extra.shift(); c !== undefined; c = extra.shift()) {
    m.process(v, c);
    progressed = true;
  }
  return progressed;
}

/** Runs the tasks that are not done; true when one was. Comprehensions wait for the values, and for disjunctions. */
function runTasks(m: Machine, v: Vertex, node: Node): boolean {
  if (node.tasks.length === 0 || (hasFailed(v) && v.original !== null)) return false;
  if (runSome(m, v, node, (t) => !t.isComprehension)) return true;
  if (isStructuralCycle(node)) return false;
  return node.disjunctions.length === 0 && runSome(m, v, node, (t) => t.isComprehension);
}

/** Whether nothing else can change what the vertex is: an error. */
function hasFailed(v: Vertex): boolean {
  return v.error !== null && !v.error.isIncomplete;
}

/** All that a vertex is made of leads back to a vertex around it. */
function isStructuralCycle(node: Node): boolean {
  return node.hasCyclic && !node.hasNonCyclic;
}

function runSome(m: Machine, v: Vertex, node: Node, select: (task: Task) => boolean): boolean {
  let ran = false;
  for (const task of [...node.tasks]) {
    if (!select(task)) continue;
    m.budget.step();
    task.blocker = task.run();
    if (task.blocker !== null) continue;
    node.tasks = node.tasks.filter((t) => t !== task);
    ran = true;
    if (v.isForced) {
      v.isForced = false;
      return true;
    }
  }
  return ran;
}

/**
 * Nothing moves any more. A task that needs a vertex further up in evaluation suspends this one; one that needs this
 * vertex runs again as if what is known were all; then the disjunctions are resolved.
 */
function settle(m: Machine, v: Vertex, node: Node): Bottom | 'again' | null {
  if (isStructuralCycle(node) || (hasFailed(v) && v.original !== null)) return null;
  const tasks = node.disjunctions.length === 0 ? node.tasks : node.tasks.filter((t) => !t.isComprehension);
  for (const { blocker } of tasks) {
    if (blocker?.isBlocked === true && blocker.blockedAt < v.depth) return blocker;
  }
  if (!v.isForced && tasks.some((t) => t.blocker?.isBlocked === true)) {
    v.isForced = true;
    return 'again';
  }
  if (node.disjunctions.length > 0 && v.result === undefined && v.error === null)
    return resolveDisjunctions(m, v, node);
  return null;
}

function complete(m: Machine, v: Vertex, node: Node): void {
  v.state = DONE;
  if (node.disjunctions.length === 0) {
    for (const task of node.tasks) if (task.blocker !== null) fail(v, task, incompleteOf(v, unblocked(task.blocker)));
  }
  if (v.result !== undefined) return;
  if (isStructuralCycle(node)) {
    setError(v, new Bottom('structural', 'structural cycle', { positions: [v.conjuncts[0]?.expr.pos] }));
    v.arcs = null;
    v.elems = null;
    return;
  }
  decideStruct(v, node);
  // a disjunction that is not decided yet may still admit fields
  if (node.disjunctions.length === 0 && node.choices.every((c) => c.index >= 0)) checkClosed(v, node);
  refuseFieldsBelow(v);
  if (node.validators.length > 0 && node.disjunctions.length === 0) runValidators(m, v, node);
}

/** A task that cannot be done makes the vertex incomplete, and the fields that it would add to. */
function fail(v: Vertex, task: Task, error: Bottom): void {
  setError(v, error);
  const { expr } = task.conjunct;
  if (!(expr instanceof ir.ComprehensionExpr) || !(expr.body instanceof ir.StructLit)) return;
  if (v.node !== null) v.node.hasPending = true;
  for (const decl of expr.body.decls) {
    const arc = decl.kind === 'field' ? v.arcs?.get(decl.info.label) : undefined;
    if (arc !== undefined) arc.pending ??= error;
  }
}

/** A value that a cycle leaves unknown is not concrete where it has bounds. */
function incompleteOf(v: Vertex, error: Bottom): Bottom {
  const { base } = v;
  if (error.code !== 'cycle' || !(base instanceof Conjunction)) return error;
  return new Bottom('incomplete', () => `non-concrete value ${printValue(base)}`, { positions: error.positions });
}

/** An error without the mark that something is in evaluation. */
function unblocked(error: Bottom): Bottom {
  return error.isBlocked ? new Bottom(error.code, error.message, { positions: error.positions }) : error;
}

/** A struct literal with embeddings only is a struct unless an embedding made it something else. */
function decideStruct(v: Vertex, node: Node): void {
  if (v.isStruct) {
    const { base } = v;
    if (base !== undefined && (v.kinds & K.STRUCT) === 0) {
      setError(
        v,
        new Bottom(
          'eval',
          () => `conflicting values ${printValue(base)} and {...} (mismatched types ${K.kindName(v.kinds)} and struct)`,
        ),
      );
    }
    return;
  }
  if (
    node.mayBeStruct &&
    !node.hasTop &&
    v.base === undefined &&
    v.elems === null &&
    (v.kinds & K.STRUCT) !== 0 &&
    v.error?.isIncomplete !== false
  ) {
    const isOnlyType = v.kinds !== K.TOP && v.kindSource?.expr instanceof ir.ValueExpr;
    if (!isOnlyType || v.kinds === K.STRUCT) v.isStruct = true;
  }
}
