import { isRegular, labelText, regularLabel } from '../compile/label.ts';
import { addComprehension } from './add-comprehension.ts';
import { BYTES } from './budget.ts';
import * as ir from './ir.ts';
import * as K from './kind.ts';
import { invalidPattern, matchesLabel } from './label-match.ts';
import type { Machine } from './machine.ts';
import {
  append,
  Bottom,
  Conjunct,
  DONE,
  Env,
  Group,
  IDLE,
  Node,
  OPTIONAL,
  RUNNING,
  SUSPENDED,
  TypeValue,
  Vertex,
  type Pattern,
  type StructPart,
  type Value,
} from './model.ts';
import { optionalTrail } from './reference.ts';
import { addWork, nodeOf, openTo } from './task.ts';
import { narrowKinds } from './unify-scalar.ts';

/** Adds the declarations of a struct literal to a vertex. */
export function addStruct(m: Machine, v: Vertex, literal: ir.StructLit, c: Conjunct): void {
  const isPlainStruct = literal.hasRegularFields || !literal.hasEmbeddings;
  if (isPlainStruct) {
    if (!narrowKinds(v, K.STRUCT, c, new TypeValue(K.STRUCT))) return;
    v.isStruct = true;
  }
  const node = v.node;
  const part: StructPart = { conjunct: c, dynamic: NO_LABELS, labels: undefined };
  if (node !== null) {
    node.mayBeStruct = true;
    node.structs = append(node.structs, literal.hasDynamicFields ? { ...part, dynamic: new Map() } : part);
  }
  const env = new Env(c.env, v);
  const group = literal.hasEmbeddings ? new Group(c.group, false) : c.group;
  const context = { c, env, group, part: node?.structs.at(-1) ?? part };
  // fields are declared before a reference needs them
  for (const decl of literal.decls) if (decl.kind === 'field') addDecl(m, v, decl, context);
  for (const decl of literal.decls) if (decl.kind !== 'field') addDecl(m, v, decl, context);
}

const NO_LABELS = new Map<object, string>();

interface StructContext {
  readonly c: Conjunct;
  readonly env: Env;
  readonly group: Group | null;
  readonly part: StructPart;
}

function addDecl(m: Machine, v: Vertex, decl: ir.StructDecl, context: StructContext): void {
  const { c, env, group } = context;
  switch (decl.kind) {
    case 'field': {
      const { info } = decl;
      const trail = info.constraint === OPTIONAL ? optionalTrail(c.trail) : c.trail;
      insertField(m, v, info.label, info.constraint, new Conjunct(decl.value, env, group, trail, c.isCyclic, info));
      return;
    }
    case 'embedding': {
      const embedded = new Conjunct(
        decl.value,
        env,
        new Group(group, false, { embeddedAt: v.level }),
        c.trail,
        c.isCyclic,
      );
      if (decl.value.op === ir.OP.COMPREHENSION) addComprehension(m, v, decl.value as ir.ComprehensionExpr, embedded);
      else m.process(v, embedded);
      return;
    }
    case 'ellipsis':
      openTo(nodeOf(v), group);
      return;
    case 'pattern':
      addPattern(m, v, decl, context);
      return;
    case 'dynamic':
      addDynamic(m, v, decl, context);
      return;
    case 'let':
  }
}

function addPattern(m: Machine, v: Vertex, decl: ir.PatternDecl, { c, env, group }: StructContext): void {
  const conjunct = new Conjunct(decl.value, env, group, optionalTrail(c.trail), c.isCyclic);
  const add = (filter: Value): void => {
    registerPattern(m, v, { filter, conjunct, hasFrame: decl.hasFrame });
  };
  const { filter } = decl;
  if (filter.op === ir.OP.LITERAL || filter.op === ir.OP.VALUE) add(m.evaluate(filter, env));
  else {
    addWork(v, new Conjunct(filter, env, group, c.trail), () => {
      const value = m.valueOf(m.evaluate(filter, env));
      if (value instanceof Bottom && value.isIncomplete) return value;
      if (value instanceof Bottom) throwInto(v, value);
      else add(value);
      return null;
    });
  }
}

function registerPattern(m: Machine, v: Vertex, pattern: Pattern): void {
  const invalid = invalidPattern(pattern.filter);
  if (invalid !== undefined) throwInto(v, new Bottom(invalid.code, invalid.message));
  const node = nodeOf(v);
  node.patterns = append(node.patterns, pattern);
  for (const [label, arc] of v.arcs ?? []) applyPattern(m, arc, label, pattern);
}

function applyPattern(m: Machine, arc: Vertex, label: string, { filter, conjunct, hasFrame }: Pattern): void {
  if (isLocked(m, arc, conjunct) || !isRegular(label) || !matchesLabel(m, filter, labelText(label))) return;
  addConjunct(arc, hasFrame ? inFrame(conjunct, label, arc) : conjunct);
}

/** The conjunct with a frame for its label and vertex. */
function inFrame(c: Conjunct, label: string, arc: Vertex): Conjunct {
  return new Conjunct(c.expr, new Env(c.env, arc, labelText(label)), c.group, c.trail, c.isCyclic, c.field);
}

function addDynamic(m: Machine, v: Vertex, decl: ir.DynamicDecl, { c, env, group, part }: StructContext): void {
  addWork(v, new Conjunct(decl.label, env, group, c.trail), () => {
    const label = m.concrete(m.evaluate(decl.label, env));
    if (label instanceof Bottom) {
      if (label.isIncomplete) return label;
      throwInto(v, label);
      return null;
    }
    if (typeof label !== 'string') {
      throwInto(v, new Bottom('eval', 'dynamic field label must be a string', { positions: [decl.label.pos] }));
      return null;
    }
    const name = regularLabel(label);
    const conjunct = new Conjunct(decl.value, env, group, c.trail, c.isCyclic, decl.info);
    if (isLocked(m, v.arcs?.get(name) ?? v, conjunct)) return null;
    part.dynamic.set(decl, name);
    const existing = v.arcs?.get(name);
    const arc = existing ?? newArc(m, v, name, decl.info.constraint);
    if (decl.info.constraint < arc.arcType) arc.arcType = decl.info.constraint;
    addConjunct(arc, decl.hasFrame ? inFrame(conjunct, name, arc) : conjunct);
    if (existing === undefined) applyPatterns(m, v, arc, name);
    return null;
  });
}

function throwInto(v: Vertex, error: Bottom): void {
  error.vertex ??= v;
  if (v.error === null || v.error.isIncomplete) v.error = error;
}

function newArc(m: Machine, v: Vertex, label: string, arcType: number): Vertex {
  m.budget.allocate(BYTES.vertex);
  const arc = new Vertex(v, label, arcType);
  (v.arcs ??= new Map<string, Vertex>()).set(label, arc);
  return arc;
}

/** Patterns apply to a new arc, after what is declared for it. */
function applyPatterns(m: Machine, v: Vertex, arc: Vertex, label: string): void {
  if (v.node !== null) for (const pattern of v.node.patterns) applyPattern(m, arc, label, pattern);
}

/** Adds a conjunct to the field of a vertex. */
export function insertField(m: Machine, v: Vertex, label: string, arcType: number, c: Conjunct): void {
  const arc = v.arcs?.get(label);
  if (m.locks.size > 0) {
    // a scalar is unified with what the field has, whatever was evaluated
    const isScalar = c.expr.op === ir.OP.LITERAL || c.expr.op === ir.OP.VALUE;
    if (isLocked(m, (isScalar ? undefined : arc) ?? v, c)) return;
  }
  if (arc === undefined) {
    const added = newArc(m, v, label, arcType);
    added.conjuncts = [c];
    applyPatterns(m, v, added, label);
    return;
  }
  if (arcType < arc.arcType) arc.arcType = arcType;
  addConjunct(arc, c);
}

/** Whether the comprehension that declares a conjunct has evaluated the vertex whole, or one around it. */
function isLocked(m: Machine, v: Vertex, { env }: Conjunct): boolean {
  if (m.locks.size === 0) return false;
  for (let frame: Env | null = env; frame !== null; frame = frame.up) {
    const locked = m.locks.get(frame);
    if (locked === undefined) continue;
    for (let at: Vertex | null = v; at !== null; at = at.parent) if (locked.includes(at)) return true;
  }
  return false;
}

/** Adds a conjunct to a vertex that may have been evaluated before. */
export function addConjunct(v: Vertex, c: Conjunct): void {
  // a list that is pushed to takes room for many more
  if (v.conjuncts.length === 0) v.conjuncts = [c];
  else v.conjuncts.push(c);
  if (v.state !== IDLE) reopen(v);
  const listeners = v.node?.listeners;
  if (listeners !== undefined) {
    for (const { vertex, derive } of listeners) {
      const node = nodeOf(vertex);
      node.extra = append(node.extra, derive(c));
      if (vertex.state !== IDLE) reopen(vertex);
    }
  }
}

function reopen(v: Vertex): void {
  if (v.state === DONE) v.state = SUSPENDED;
  if (v.share !== null) {
    v.share = null;
    v.processed = 0;
    v.state = v.state === RUNNING ? RUNNING : SUSPENDED;
    v.node ??= new Node();
  }
  v.result = undefined;
  for (let at: Vertex | null = v; at?.isFinal === true; at = at.parent) at.isFinal = false;
}
