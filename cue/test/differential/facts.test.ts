import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Fact } from './facts.ts';
import { check } from './facts.ts';

function read(name: string): Fact[] {
  const file = new URL(`../../testdata/${name}.jsonl`, import.meta.url);
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Fact);
}

/** Differences that are known, by id, with the reason. */
const LAST_DIGITS = 'the last digits depend on the processor, or are approximated otherwise';
const KNOWN: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['J0', 'J1', 'Jn', 'Y0', 'Y1', 'Yn', 'Sinh', 'Cosh', 'Gamma', 'Erfc', 'Sin', 'Cos', 'Tan'].map((name) => [
      `math.${name}`,
      LAST_DIGITS,
    ]),
  ),
  'yaml.Unmarshal': 'the library refuses `!!float 3`',
  'yaml.UnmarshalStream': 'the library refuses `!!float 3`',
  'lexical: keywords are allowed as field names': 'the path `null` does not parse in the library, the field is equal',
  'list.Avg': 'the library writes an int of many digits that is not rounded without exponent',
  'builtin: matchIf that fails': 'class only: eval instead of incomplete',
};

function differences(name: string): string[] {
  return read(name).flatMap((fact) => {
    const verdict = check(fact);
    if (verdict.kind === 'equal' || verdict.kind === 'aside' || KNOWN[fact.id] !== undefined) return [];
    return [`${fact.id}: ${verdict.kind}\n${fact.source}\n${verdict.detail}`];
  });
}

describe('programs that the Go library has answered', () => {
  it('gives the same values and error classes for the statements of the specification', () => {
    expect(differences('spec')).toEqual([]);
  });

  it('gives the same results for calls of builtin functions', () => {
    expect(differences('builtins')).toEqual([]);
  });

  it('gives the same results for generated programs, but for those that are known to differ', () => {
    const file = new URL('../../testdata/programs-known.json', import.meta.url);
    const known = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, string>>;
    const found = read('programs').flatMap((fact) => {
      const { kind } = check(fact);
      const reason = known[fact.id];
      const isKnown = reason !== undefined && (kind === 'class' || reason.startsWith(`${kind}: `));
      return kind === 'equal' || kind === 'aside' || isKnown ? [] : [`${kind}: ${fact.source}`];
    });
    if (process.env['UPDATE']) writeFileSync(file, `${JSON.stringify(differing(known), undefined, 1)}\n`);
    else expect(found).toEqual([]);
  });

  it('knows no difference of the specification that is gone', () => {
    const equal = read('spec').filter((fact) => KNOWN[fact.id] !== undefined && check(fact).kind === 'equal');
    expect(equal.map((fact) => fact.id)).toEqual([]);
  });
});

/** Generated programs that differ today, by id, with the reason where one is known. */
function differing(known: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const found = read('programs').map((fact) => [fact.id, check(fact).kind] as const);
  return Object.fromEntries(
    found
      .filter(([, kind]) => kind !== 'equal' && kind !== 'aside')
      .map(([id, kind]) => [id, known[id]?.startsWith(`${kind}: `) === true ? known[id] : `${kind}: reason unknown`]),
  );
}
