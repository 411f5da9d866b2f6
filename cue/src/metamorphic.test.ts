import { describe, expect, it } from '@jest/globals';
import { compile, CueError } from './index.ts';

/** Fields of small programs that exercise what depends on order if anything does. */
const PROGRAMS: readonly (readonly string[])[] = [
  ['a: b', 'b: c.d', 'c: d: *1 | int', 'e: a & 2'],
  ['s: {t: "x", v: int} | {t: "y", w: *3 | int}', 's: t: "y"', 'out: s.w + 1'],
  ['#A: {x: int, y?: string}', 'p: #A', 'p: x: 4', 'if p.x > 3 {q: p.x}', 'if p.y == _|_ {r: 1}'],
  ['l: [for k, v in m if v > 1 {k}]', 'm: {a: 1, b: n, c: 3}', 'n: 2'],
  ['x: y - 1', 'y: x + 1', 'x: 5'],
  ['t: [N=string]: {name: N, port: *80 | int}', 't: web: port: 8080', 't: db: {}', 'u: {for k, v in t {(k): v.name}}'],
  ['z: {if c {d: 1}, e: *f | 0}', 'c: g > 2', 'f: 7', 'g: 3'],
  ['a: {b: >1, b: <9}', 'a: b: 5', 'd: *a.b | 6', 'let K = a.b', 'h: K * 2'],
];

/** The data or the error code of a program; names in order, as order is not what is compared. */
function outcome(source: string): string {
  try {
    return JSON.stringify(sorted(compile(source).evaluate().root.json()));
  } catch (error) {
    return error instanceof CueError ? error.code : String(error);
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)])); // prettier-ignore
}

/** All orders of up to five declarations. */
function orders(items: readonly string[]): string[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) =>
    orders([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}

describe('the result of a program', () => {
  it.each(PROGRAMS.map((p) => [p.join(', '), p] as const))('does not depend on the order of %s', (_name, program) => {
    const expected = outcome(program.join('\n'));
    expect(expected).toMatch('{');
    for (const order of orders(program)) expect(outcome(order.join('\n'))).toBe(expected);
  });

  it.each(PROGRAMS.map((p) => [p.join(', '), p] as const))(
    'stays when fields of %s are declared twice',
    (_name, program) => {
      const fields = program.filter((d) => !d.startsWith('let'));
      expect(outcome([...program, ...fields].join('\n'))).toBe(outcome(program.join('\n')));
    },
  );

  it.each(PROGRAMS.map((p) => [p.join(', '), p] as const))(
    'stays when %s is wrapped in a struct, a let or a conjunction',
    (_name, program) => {
      const source = program.join('\n');
      const expected = `{"r":${outcome(source)}}`;
      expect(outcome(`r: {\n${source}\n}`)).toBe(expected);
      expect(outcome(`r: {\n${source}\n} & _`)).toBe(expected);
      expect(outcome(`let R = {\n${source}\n}\nr: R`)).toBe(expected);
      expect(outcome(`r: {{\n${source}\n}}`)).toBe(expected);
    },
  );
});
