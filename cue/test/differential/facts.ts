// What the Go library makes of a program, as it is kept for tests that have no Go.
import type { ArbiterAnswer } from '../arbiter.ts';
import type { Verdict } from './compare.ts';
import { compare } from './compare.ts';
import { evaluateOurs } from './ours.ts';

export interface Fact {
  readonly id: string;
  readonly source: string;
  /** The program does not compile. */
  readonly compile?: true;
  /** By path: the JSON text, or the class of the error behind a `!`. */
  readonly results?: Readonly<Record<string, string>>;
  /** The answer depends on the order of declarations; only for programs that were written by hand. */
  readonly unstable?: true;
}

interface Program {
  readonly id: string;
  readonly source: string;
}

/** Undefined for a generated program of which the answer is not dependable. */
export function factOf({ id, source }: Program, answer: ArbiterAnswer): Fact | undefined {
  if (answer.crash !== undefined) return undefined;
  if (answer.compile !== undefined) return { id, source, compile: true };
  const isGenerated = /^\d+$/.test(id);
  if (answer.stable === false && isGenerated) return undefined;
  const results: Record<string, string> = {};
  for (const { path, value, error } of answer.results ?? []) results[path] = value ?? `!${error?.class ?? 'eval'}`;
  return answer.stable === false ? { id, source, results, unstable: true } : { id, source, results };
}

export function check(fact: Fact): Verdict {
  const paths = Object.keys(fact.results ?? { '': '' });
  const ours = evaluateOurs(fact.source, paths);
  if (fact.compile === true) return compare({ id: fact.id, compile: 'recorded' }, ours);
  const results = Object.entries(fact.results ?? {}).map(([path, text]) =>
    text.startsWith('!') ? { path, error: { class: text.slice(1), message: 'recorded' } } : { path, value: text },
  );
  return compare({ id: fact.id, results }, ours);
}
