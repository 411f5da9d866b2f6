import { addCheck } from './bottom-comparison.ts';
import { declares, declaresInside, mayReach } from './body-reach.ts';
import { clauseEnvs } from './comprehension.ts';
import { printLabel } from '../compile/label.ts';
import type * as ir from './ir.ts';
import type { Machine } from './machine.ts';
import { Bottom, Conjunct, Env, type Comparison, type Vertex } from './model.ts';
import { addWork } from './task.ts';
import { setError } from './unify-scalar.ts';

/** Adds a comprehension to a vertex: its bodies become conjuncts once the clauses are known. */
export function addComprehension(m: Machine, v: Vertex, expr: ir.ComprehensionExpr, c: Conjunct): void {
  addWork(v, c, () => {
    const saved = m.trail;
    m.trail = c.trail;
    const envs = bodyEnvs(m, v, expr, c.env);
    m.trail = saved;
    if (envs instanceof Bottom) {
      if (envs.isIncomplete) return envs;
      envs.vertex ??= v;
      if (v.error === null || v.error.isIncomplete) v.error = envs;
      return null;
    }
    for (const env of envs) m.process(v, new Conjunct(expr.body, env, c.group, c.trail, c.isCyclic));
    return null;
  });
}

interface Absent {
  readonly holder: Vertex;
  readonly label: string;
}

/**
 * The frames for which a comprehension yields its body. Fields with fixed labels are evaluated together with the
 * conditions for them: a struct in which the body declares some is an error for a comparison with bottom, and a field
 * that a condition found absent cannot be declared. Nothing else is added to a struct that a comparison has evaluated.
 */
function bodyEnvs(m: Machine, v: Vertex, expr: ir.ComprehensionExpr, env: Env): readonly Env[] | Bottom {
  const { comparisons, missing, assumed } = m;
  const seen: Comparison[] = [];
  const absent: Absent[] = [];
  m.comparisons = seen;
  m.missing = absent;
  let envs = clauseEnvs(m, expr, env);
  const inside = new Set<Vertex>();
  if (!(envs instanceof Bottom && envs.isBlocked)) {
    for (const { place, known } of seen) if (known !== null && declaresInside(v, expr.body, place)) inside.add(place);
  }
  if (inside.size > 0) {
    m.assumed = inside;
    envs = clauseEnvs(m, expr, env);
  }
  m.comparisons = comparisons;
  m.missing = missing;
  m.assumed = assumed;
  comparisons?.push(...seen);
  if (envs instanceof Bottom || envs.length === 0) return envs;
  for (const { x, env: frame, place, known } of seen)
    if (known === null && declares(v, expr.body, place)) addCheck(m, { x, env: frame, isError: false });
  const cyclic = absent.find(({ holder, label }) => declares(v, expr.body, holder, label));
  if (cyclic !== undefined) {
    setError(v, cyclicReference(cyclic, expr));
    return [];
  }
  // elements may be added to a list that was evaluated, but nothing to those that it has
  const locked = seen.flatMap(({ place, known }) =>
    known === null || inside.has(place) ? [] : (place.elems ?? [place]),
  );
  return withLocks(
    m,
    envs,
    locked.filter((place) => mayReach(v, expr.body, place)),
  );
}

function cyclicReference({ label }: Absent, expr: ir.ComprehensionExpr): Bottom {
  return new Bottom('incomplete', `cyclic reference to field ${printLabel(label)}`, { positions: [expr.pos] });
}

/** Frames for bodies that add nothing to some vertices. */
function withLocks(m: Machine, envs: readonly Env[], locked: readonly Vertex[]): readonly Env[] {
  if (locked.length === 0) return envs;
  return envs.map((env) => {
    env.lets ??= new Map();
    const frame = new Env(env.up, env.vertex, env.key, env.value);
    frame.lets = env.lets;
    m.locks.set(frame, locked);
    return frame;
  });
}
