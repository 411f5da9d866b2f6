import { describe, expect, it } from '@jest/globals';
import { compile, CueBudgetError, CueError, type Input, type Json } from './index.ts';

const json = (source: string, inputs: Record<string, Input> = {}): Json => compile(source).evaluate(inputs).root.json();

const errorOf = (source: string): CueError => {
  try {
    compile(source, { name: 't.cue' }).evaluate().root.json();
  } catch (error) {
    if (error instanceof CueError) return error;
    throw error;
  }
  throw new Error('no error');
};

describe('evaluation', () => {
  it.each<[string, string, Json]>([
    ['references', 'a: b, b: c.d, c: d: 1', { a: 1, b: 1, c: { d: 1 } }],
    ['defaults through references', 'a: *1 | int, b: a, c: b & 2', { a: 1, b: 1, c: 2 }],
    [
      'conditions on optional fields',
      'p: {x?: int}, a: {if p.x != _|_ {y: 1}, if p.x == _|_ {z: 1}}',
      { p: {}, a: { z: 1 } },
    ],
    ['comprehensions in lists', 'a: [for i, x in ["p", "q"] if i > 0 {x}]', { a: ['q'] }],
    ['fields that conditions add', '_b: *"" | string, a: {n: *_b | string, if true {n: "x"}}', { a: { n: 'x' } }],
    [
      'struct disjunctions',
      'a: {t: "x", v: int} | {t: "y", w: string}, a: {t: "y", w: "k"}',
      { a: { t: 'y', w: 'k' } },
    ],
    ['incomplete alternatives', 's: *[for v in p.x {v}] | [], p: {x?: [1]}', { s: [], p: {} }],
    ['patterns', 'a: [=~"^x"]: int, a: {x1: 1, y: "k"}', { a: { x1: 1, y: 'k' } }],
    ['pattern labels', 'a: [N=string]: {name: N}, a: b: {}', { a: { b: { name: 'b' } } }],
    ['interpolation', 'a: 1.50, b: "\\(a)-\\(true)"', { a: 1.5, b: '1.50-true' }],
    ['let', 'let X = {y: 1}, a: X & {z: 2}', { a: { y: 1, z: 2 } }],
    ['cycles that values break', 'a: b - 1, b: a + 1, a: 1', { a: 1, b: 2 }],
    ['lists that grow to a closed one', 'a: [...int] & [1, 2]', { a: [1, 2] }],
    ['slices and indexes', 'a: [1, 2, 3][1:], b: a[0]', { a: [2, 3], b: 2 }],
    ['lists that compare by their elements', 'a: [1, ...] == [1], b: [] == [1]', { a: true, b: false }],
    ['imports', 'import "strings"\na: strings.ToUpper("x"), b: strings.MinRunes(2) & "xy"', { a: 'X', b: 'xy' }],
  ])('evaluates %s', (_name, source, expected) => {
    expect(json(source)).toEqual(expected);
  });

  it.each([
    ['conflicts', 'a: 1\na: 2', 'a: conflicting values 2 and 1:\n    t.cue:1:4\n    t.cue:2:4'],
    ['closed structs', '#A: {x: int}\na: #A & {y: 1}', 'a.y: field not allowed:\n    t.cue:2:10'],
    ['incomplete values', 'a: int', 'a: incomplete value int:\n    t.cue:1:4'],
    ['bounds', 'a: <5 & 7', 'a: invalid value 7 (out of bound <5):\n    t.cue:1:4\n    t.cue:1:9'],
    ['structural cycles', 'a: {b: a}', 'a.b: structural cycle:\n    t.cue:1:8'],
  ])('reports %s with path and positions', (_name, source, message) => {
    expect(errorOf(source).message).toBe(message);
  });

  it('keeps the order of declarations, which orders actions', () => {
    const evaluation = compile('x: {z: 1, y: 2} \nx: {w: 3, a: 4}').evaluate();
    expect(
      evaluation
        .lookup('x')
        ?.fields()
        .map((f) => f.name),
    ).toEqual(['z', 'y', 'w', 'a']);
  });

  it('shows comments of fields and of list elements', () => {
    const evaluation = compile('a: {\n// +patchKey=name\nb: [\n// +usage=one\n1]}').evaluate();
    const list = evaluation.lookup('a', 'b');
    expect(list?.comments).toEqual([' +patchKey=name']);
    expect(list?.elements()[0]?.comments).toEqual([' +usage=one']);
  });

  it('unifies inputs and fills', () => {
    const template = compile(
      'parameter: {n: *1 | int}, r: {$returns?: {...}, v: {if $returns != _|_ {k: $returns.x}}}, out: parameter.n + context.m',
      {
        inputs: ['context'],
      },
    );
    const fills = [{ path: ['r', '$returns'], value: { x: 'done' } }];
    const evaluation = template.evaluate({ parameter: { n: 2 }, context: { m: 3 } }, { fills });
    expect(evaluation.lookup('out')?.json()).toBe(5);
    expect(evaluation.lookup('r', 'v', 'k')?.json()).toBe('done');
  });

  it.each(['[{v: 1}, {v: 2}]', '[for i in [1, 2] {v: i}]', '[for i in later {v: i}]'])(
    'fills elements of %s',
    (list) => {
      const fills = [{ path: ['list', 1, 'r'], value: 'done' }];
      const evaluation = compile(`list: ${list}, later: [for i in [1, 2] {i}], out: list[1].r`).evaluate({}, { fills });
      expect(evaluation.root.json()).toMatchObject({ list: [{ v: 1 }, { v: 2, r: 'done' }], out: 'done' });
    },
  );

  it('evaluates only what is asked for', () => {
    const evaluation = compile('a: 1, b: {x: 1 & 2}').evaluate();
    expect(evaluation.lookup('a')?.json()).toBe(1);
    expect(evaluation.lookup('b')?.error?.path).toBe('b.x');
  });

  it.each([
    [
      'wide',
      `a: [${Array.from({ length: 50 }, (_, i) => i).join(',')}]\nb: [for x in a for y in a for z in a for w in a {x}]`,
    ],
    [
      'deep',
      'a: {b: {c: {d: 1}}}\n' +
        Array.from({ length: 2000 }, (_, i) => `x${i}: x${i + 1}.a + 1`).join('\n') +
        '\nx2000: a: 1',
    ],
  ])('ends %s programs within the budget', (_name, source) => {
    const evaluation = compile(source).evaluate({}, { limits: { steps: 100_000 } });
    expect(() => evaluation.root.json()).toThrow(CueBudgetError);
  });

  it('adds and repeats lists where the setting allows it', () => {
    const template = compile('a: [1]\nb: a + [for x in a {x + 1}]\nc: 2 * b\nd: [...int] + [1 & >0]');
    expect(template.evaluate({}, { listArithmetic: true }).root.json()).toEqual({
      a: [1],
      b: [1, 2],
      c: [1, 2, 1, 2],
      d: [1],
    });
    expect(() => template.evaluate().root.json()).toThrow('list.Concat');
  });
});
