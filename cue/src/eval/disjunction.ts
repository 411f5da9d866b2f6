import { BYTES } from './budget.ts';
import { combineModes, DEFAULT, MAYBE, modeOf, NOT_DEFAULT } from './default-mode.ts';
import { equalValues } from './equality.ts';
import { childrenOf } from './finalize.ts';
import { DataExpr, OP, ValueExpr } from './ir.ts';
import type { Machine } from './machine.ts';
import {
  Bottom, Disjunction, DONE, MEMBER, Node, Vertex, type Alternative, type Choice, type Conjunct, type DisjunctionTask, type ErrorCode, type Value,
} from './model.ts'; // prettier-ignore
import { resolveScalars } from './scalar-disjunction.ts';
import { setError } from './unify-scalar.ts';

/** Resolves the disjunctions of a vertex; the Bottom that blocks it otherwise. */
export function resolveDisjunctions(m: Machine, v: Vertex, node: Node): Bottom | null {
  const scalars = resolveScalars(v, node);
  if (scalars !== null) {
    conclude(v, scalars);
    return null;
  }
  let cross: Alternative[] = [{ value: v, mode: MAYBE, choices: node.choices }];
  node.disjunctions = inOrder(node.disjunctions);
  for (let i = 0; i < node.disjunctions.length; i++) {
    const task = node.disjunctions[i];
    if (task === undefined) break;
    const later = node.disjunctions.slice(i + 1);
    const step = crossWith(m, v, { cross, task, later });
    if (step.blocker !== null) return step.blocker;
    if (step.alternatives.length === 0) {
      v.result = undefined;
      setError(v, emptyDisjunction(step.errors));
      return null;
    }
    cross = step.alternatives;
  }
  conclude(v, cross);
  return null;
}

/** Disjunctions that are declared for the vertex come before those that references lead to. */
function inOrder(tasks: readonly DisjunctionTask[]): DisjunctionTask[] {
  const references = ({ conjunct }: DisjunctionTask): number => conjunct.trail?.length ?? 0;
  return [...tasks].sort((a, b) => references(a) - references(b));
}

interface Step {
  readonly cross: readonly Alternative[];
  readonly task: DisjunctionTask;
  readonly later: readonly DisjunctionTask[];
}

interface Survivor {
  readonly twin: Vertex;
  readonly before: Alternative;
  readonly mode: number;
}

interface StepResult {
  readonly alternatives: Alternative[];
  readonly errors: Bottom[];
  readonly blocker: Bottom | null;
}

function crossWith(m: Machine, v: Vertex, { cross, task, later }: Step): StepResult {
  const survivors: Survivor[] = [];
  const errors: Bottom[] = [];
  const undecided: Choice[] = later.map((d) => ({ key: d.key, occurrence: d.occurrence, index: -1 }));
  // an alternative inside another one leaves undecided what that one does
  undecided.push(...(v.node?.choices.filter((c) => c.index < 0) ?? []));
  for (const before of cross) {
    for (let index = 0; index < task.disjuncts.length; index++) {
      const choices = [
        ...before.choices.filter((c) => c.index >= 0),
        { key: task.key, occurrence: task.occurrence, index },
      ];
      m.budget.allocate(BYTES.vertex + BYTES.node + BYTES.error);
      const twin = makeAlternative(v, [...choices, ...undecided]);
      const outcome = tryAlternative(m, v, twin, later.length === 0);
      if (outcome?.isBlocked === true && outcome.blockedAt < v.depth)
        return { alternatives: [], errors, blocker: outcome };
      if (outcome !== null && (later.length === 0 || !outcome.isIncomplete)) errors.push(outcome);
      else survivors.push({ twin, before, mode: modeOf(task.disjuncts[index]?.isDefault === true, task.hasDefaults) });
    }
  }
  return { alternatives: combine(m, survivors), errors, blocker: null };
}

/** A vertex in the place of another one, with choices made. */
function makeAlternative(v: Vertex, choices: readonly Choice[]): Vertex {
  const twin = new Vertex(v.parent, v.label, v.arcType, v.original ?? v);
  twin.isInline = v.isInline;
  twin.conjuncts = [...v.conjuncts];
  twin.node = new Node();
  twin.node.choices = choices;
  return twin;
}

/** Evaluates an alternative; references to the vertex find the alternative until it is done. */
function tryAlternative(m: Machine, v: Vertex, twin: Vertex, isLast: boolean): Bottom | null {
  const saved = v.result;
  const target = v.original ?? v;
  const savedTarget = target.result;
  v.result = twin;
  target.result = twin;
  m.expand(twin);
  const conflict = isLast || twin.error !== null ? null : literalConflict(m, twin);
  if (twin.error === null && isLast && twin.state === DONE) m.finalize(twin);
  v.result = saved;
  target.result = savedTarget;
  if (conflict !== null) return conflict;
  if (twin.state !== DONE) return twin.block;
  return twin.error ?? twin.childError ?? (isLast ? incompleteField(twin) : null);
}

/** The error of a field or element that only scalars are declared for: nothing that follows mends it. */
function literalConflict(m: Machine, twin: Vertex): Bottom | null {
  if (twin.share !== null || twin.result !== undefined) return null;
  for (const child of childrenOf(twin)) {
    if (child.arcType !== MEMBER || child.conjuncts.length < 2 || !child.conjuncts.every(isScalarConjunct)) continue;
    m.expand(child);
    if (child.error !== null && !child.error.isIncomplete) return child.error;
  }
  return null;
}

function isScalarConjunct({ expr }: Conjunct): boolean {
  if (expr instanceof DataExpr) return expr.data === null || typeof expr.data !== 'object';
  return expr.op === OP.LITERAL || (expr instanceof ValueExpr && expr.isScalar);
}

/** A field or element that is not known prevents an alternative; what is not known further down does not. */
function incompleteField(twin: Vertex): Bottom | null {
  for (const child of childrenOf(resolved(twin))) {
    if (child.arcType !== MEMBER) continue;
    const { error } = resolved(child);
    if (error?.isIncomplete === true) return error;
  }
  return null;
}

/** The vertex that has the value: of one that is the same as another, or of which one alternative is left. */
function resolved(v: Vertex): Vertex {
  let at = v;
  while (at.share !== null || at.result instanceof Vertex) at = at.share ?? (at.result as Vertex);
  return at;
}

function combine(m: Machine, survivors: readonly Survivor[]): Alternative[] {
  const leftDrops = survivors.every(({ before }) => before.mode !== DEFAULT);
  const rightDrops = survivors.every(({ mode }) => mode !== DEFAULT);
  const out: Alternative[] = [];
  let hasMarked = false;
  for (const { twin, before, mode } of survivors) {
    const nested = twin.node?.alternatives ?? null;
    if (nested === null) {
      const value = valueOfAlternative(m, twin);
      const combined = combineModes(before.mode, mode, leftDrops, rightDrops);
      addDistinct(m, out, { value, mode: combined, choices: twin.node?.choices ?? [] });
      continue;
    }
    for (const x of nested) {
      const combined = combineModes(before.mode, Math.max(mode, x.mode), leftDrops, false);
      if (combined !== MAYBE) hasMarked = true;
      addDistinct(m, out, { value: x.value, mode: combined, choices: x.choices });
    }
  }
  return hasMarked ? out.map((x) => (x.mode === MAYBE ? { ...x, mode: NOT_DEFAULT } : x)) : out;
}

/** Scalars stand for themselves; structs and lists are kept as vertices. */
function valueOfAlternative(m: Machine, twin: Vertex): Value {
  const value = m.valueOf(twin);
  return value instanceof Vertex || value instanceof Bottom || (twin.arcs?.size ?? 0) > 0 ? twin : value;
}

function addDistinct(m: Machine, out: Alternative[], added: Alternative): void {
  for (let i = 0; i < out.length; i++) {
    const existing = out[i];
    if (existing === undefined || !equalValues(m, existing.value, added.value)) continue;
    const mode = added.mode === DEFAULT ? DEFAULT : existing.mode;
    // of equal alternatives the one that declares more fields admits more
    const kept = declarations(added.value) > declarations(existing.value) ? added : existing;
    out[i] = kept.mode === mode ? kept : { ...kept, mode };
    return;
  }
  out.push(added);
}

function declarations(value: Value): number {
  if (!(value instanceof Vertex)) return 0;
  let count = 0;
  for (const arc of value.arcs?.values() ?? []) count += arc.conjuncts.length;
  return count;
}

function conclude(v: Vertex, alternatives: readonly Alternative[]): void {
  const [first] = alternatives;
  if (v.node !== null) v.node.alternatives = alternatives.length > 1 ? alternatives : null;
  if (first === undefined) return;
  if (alternatives.length === 1) {
    v.result = first.value;
    return;
  }
  const defaults = alternatives.filter((a) => a.mode === DEFAULT);
  const others = alternatives.filter((a) => a.mode !== DEFAULT);
  const hasDefaults = alternatives.some((a) => a.mode !== MAYBE);
  const values = [...defaults, ...others].map((a) => a.value);
  v.result = new Disjunction(values, defaults.length, hasDefaults);
}

/** Of the errors of alternatives the one that is least final counts. */
const RANK: Readonly<Record<ErrorCode, number>> = { eval: 0, user: 1, structural: 2, incomplete: 3, cycle: 4 };

/** The error of a vertex of which no alternative is left. */
export function emptyDisjunction(errors: readonly Bottom[]): Bottom {
  const [first] = errors;
  if (first !== undefined && errors.length === 1) return first;
  let code: ErrorCode = 'eval';
  for (const error of errors) if (RANK[error.code] > RANK[code]) ({ code } = error);
  return new Bottom(code, `${errors.length} errors in empty disjunction`, { causes: errors });
}
