import { isDefinition, isHidden, printLabel } from '../compile/label.ts';
import { Decimal, formatDecimal, formatInt } from '../number/decimal.ts';
import * as K from './kind.ts';
import {
  Bottom,
  Bound,
  Conjunction,
  Disjunction,
  FunctionValue,
  OPTIONAL,
  TypeValue,
  Validator,
  Vertex,
  type Value,
} from './model.ts';

/** A scalar, type or bound as CUE writes it; structs and lists in short. */
export function printValue(value: Value, depth = 3): string {
  if (value instanceof Vertex) return printVertex(value, depth);
  if (typeof value === 'string') return quote(value);
  if (value instanceof Uint8Array) return quoteBytes(value);
  if (value instanceof Decimal) return formatDecimal(value);
  if (value instanceof TypeValue) return K.kindName(value.kinds);
  if (value instanceof Bound) return `${value.op}${printValue(value.operand, depth)}`;
  if (value instanceof Validator)
    return value.args.length === 0
      ? value.name
      : `${value.name}(${value.args.map((a) => printValue(a, depth)).join(', ')})`;
  if (value instanceof Conjunction) return printConjunction(value, depth);
  if (value instanceof Disjunction)
    return value.values.map((v, i) => (i < value.defaults ? '*' : '') + printValue(v, depth)).join(' | ');
  if (value instanceof FunctionValue) return value.name;
  if (value instanceof Bottom) return `_|_`;
  return typeof value === 'number' || typeof value === 'bigint' ? formatInt(value) : String(value);
}

function printConjunction(value: Conjunction, depth: number): string {
  const parts = value.parts.map((p) => printValue(p, depth));
  const implied = value.parts.reduce((mask, p) => mask & p.kinds, K.TOP);
  if (value.kinds !== implied) parts.unshift(K.kindName(value.kinds));
  return parts.join(' & ');
}

function printVertex(v: Vertex, depth: number): string {
  if (v.share !== null) return printVertex(v.share, depth);
  if (v.result !== undefined) return printValue(v.result, depth);
  if (v.base !== undefined) return printValue(v.base, depth);
  if (v.elems !== null) {
    if (depth <= 0) return '[...]';
    return `[${v.elems.map((e) => printValue(e, depth - 1)).join(', ')}]`;
  }
  if (v.isStruct) {
    if (depth <= 0) return '{...}';
    const fields: string[] = [];
    for (const [label, arc] of v.arcs ?? []) {
      if (arc.arcType === OPTIONAL) continue;
      if (isHidden(label) || isDefinition(label)) fields.push(`${printLabel(label)}:${printValue(arc, depth - 1)}`);
      else fields.push(`${printLabel(label)}:${printValue(arc, depth - 1)}`);
    }
    return `{${fields.join(',')}}`;
  }
  return K.kindName(v.kinds);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\', '"': '\\"', '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\v': '\\v',
}; // prettier-ignore

export function quote(text: string): string {
  let out = '"';
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0;
    out += ESCAPES[c] ?? (code < 32 || code === 127 ? `\\u${code.toString(16).padStart(4, '0')}` : c);
  }
  return `${out}"`;
}

function quoteBytes(bytes: Uint8Array): string {
  let out = "'";
  for (const c of new TextDecoder('utf-8').decode(bytes)) out += c === "'" ? "\\'" : c === '"' ? c : (ESCAPES[c] ?? c);
  return `${out}'`;
}

/** The path of a vertex: `a.b[0]."c-d"`. */
export function pathOf(v: Vertex | undefined): string {
  const parts: string[] = [];
  for (let at = v; at !== undefined && at.parent !== null; at = at.parent) {
    if (at.label !== '') parts.push(typeof at.label === 'number' ? String(at.label) : printLabel(at.label));
  }
  return parts.reverse().join('.');
}
