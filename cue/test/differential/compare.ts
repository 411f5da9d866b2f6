// Compares an answer of the arbiter with ours.
import type { ArbiterAnswer, ArbiterResult } from '../arbiter.ts';
import type { OurAnswer, Outcome } from './ours.ts';

export type Verdict =
  | { readonly kind: 'equal' }
  /** The library itself has no answer, or one that depends on the order of declarations. */
  | { readonly kind: 'aside'; readonly why: string }
  | { readonly kind: 'value' | 'class' | 'crash' | 'order'; readonly signature: string; readonly detail: string };

const EQUAL: Verdict = { kind: 'equal' };

export function compare(theirs: ArbiterAnswer, ours: OurAnswer): Verdict {
  if (theirs.crash !== undefined) return { kind: 'aside', why: 'crash of the library' };
  if (ours.crash !== undefined) return { kind: 'crash', signature: firstLine(ours.crash), detail: ours.crash };
  if (theirs.compile !== undefined) return compareCompile(theirs.compile, ours);
  if (theirs.stable === false) return { kind: 'aside', why: 'depends on the order of declarations' };
  if (ours.compile !== undefined) {
    return { kind: 'value', signature: `compile: ${plain(ours.compile)}`, detail: ours.compile };
  }
  for (const [i, result] of (theirs.results ?? []).entries()) {
    const verdict = compareResult(result, ours.outcomes?.[i] ?? { error: 'absent' });
    if (verdict.kind !== 'equal') return verdict;
  }
  return EQUAL;
}

function compareCompile(theirs: string, ours: OurAnswer): Verdict {
  if (ours.compile !== undefined) return EQUAL;
  const [root] = ours.outcomes ?? [];
  // an error either way; ours is found later
  if (root?.error !== undefined && root.error !== 'incomplete') return EQUAL;
  const signature = `compile error missed: ${plain(theirs)}`;
  return { kind: root?.error === undefined ? 'value' : 'class', signature, detail: theirs };
}

function compareResult(theirs: ArbiterResult, ours: Outcome): Verdict {
  const at = theirs.path === '' ? '' : ` at ${theirs.path}`;
  if (theirs.value !== undefined && ours.value !== undefined) {
    // zero has no sign in ours
    if (theirs.value === ours.value || (ours.value === '0' && theirs.value === '-0')) return EQUAL;
    const isOrder = sorted(theirs.value) === sorted(ours.value);
    const detail = `real${at}: ${theirs.value}\nours${at}: ${ours.value}`;
    return { kind: isOrder ? 'order' : 'value', signature: isOrder ? 'order of fields' : 'other value', detail };
  }
  // a number that is none has no JSON; it is an error of ours
  if (/^-?(NaN|Infinity)$/.test(theirs.value ?? '') && ours.error === 'eval') return EQUAL;
  const detail = `real${at}: ${theirs.value ?? show(theirs.error)}\nours${at}: ${ours.value ?? `${ours.error ?? ''}: ${ours.message ?? ''}`}`;
  if (theirs.value !== undefined) {
    return { kind: 'value', signature: `value, ours ${ours.error ?? ''}: ${plain(ours.message ?? '')}`, detail };
  }
  if (ours.value !== undefined) {
    return {
      kind: 'value',
      signature: `${theirs.error?.class ?? ''}, ours value: ${plain(theirs.error?.message ?? '')}`,
      detail,
    };
  }
  if (theirs.error?.class === ours.error) return EQUAL;
  const signature = `${theirs.error?.class ?? ''}, ours ${ours.error ?? ''}: ${plain(theirs.error?.message ?? '')} / ${plain(ours.message ?? '')}`;
  return { kind: 'class', signature, detail };
}

function show(failure: ArbiterResult['error']): string {
  return failure === undefined ? '' : `${failure.class}: ${failure.message}`;
}

function firstLine(text: string): string {
  const [first = '', second = ''] = text.split('\n');
  return `${first} ${second.trim().split('/').at(-1) ?? ''}`;
}

/** A message without what differs from program to program. */
export function plain(message: string): string {
  return firstLine(message)
    .replace('cue: marshal error: ', '')
    .replace(/^([#_a-zA-Z0-9.[\]"\\<>-]+: )+/, '')
    .replace(/"[^"]*"/g, 'S')
    .replace(/-?\b\d[\d.eE+_x]*\b/g, 'N')
    .replace(/\{[^}]*\}?/g, '{}')
    .replace(/\[[^\]]*\]?/g, '[]')
    .replace(/\(and N more errors\)/, '')
    .slice(0, 110);
}

function sorted(json: string): string {
  return JSON.stringify(sortKeys(JSON.parse(json) as unknown));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, field]) => [key, sortKeys(field)]));
}
