import { describe, expect, it } from '@jest/globals';
import { compile, CueBudgetError, CueError, CueSyntaxError } from './index.ts';

const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

/** The error that ends a program, evaluated with a small budget. */
function failure(source: string): unknown {
  try {
    compile(source)
      .evaluate({}, { limits: { steps: 20_000, depth: 100, bytes: 1 << 20 } })
      .root.json();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('hostile programs', () => {
  it.each([
    ['recursive calls', 'f: {n: int, r: (f & {n: n + 1}).r}\nx: (f & {n: 0}).r'],
    ['strings that double', `x0: "aaaaaaaa"\n${lines(60, (i) => `x${i + 1}: x${i} + x${i}`)}`],
    ['strings that are repeated', 'a: "x" * 1000000000000'],
    ['integers that are squared', `x0: 12345678901234567890\n${lines(40, (i) => `x${i + 1}: x${i} * x${i}`)}`],
    ['structs that double', `x0: a: 1\n${lines(40, (i) => `x${i + 1}: {l: x${i} & {}, r: x${i} & {b: 1}}`)}`],
    ['lists that double', `import "list"\nx0: [1]\n${lines(40, (i) => `x${i + 1}: list.Concat([x${i}, x${i}])`)}`],
    ['products of disjunctions', lines(20, (i) => `a: {x${i}: 1} | {x${i}: 2}`)],
    ['nested loops', `a: [${lines(40, (i) => `${i},`)}]\nb: [for x in a for y in a for z in a {x}]`],
  ])('end %s with a budget error', (_name, source) => {
    expect(failure(source)).toBeInstanceOf(CueBudgetError);
  });

  it('name the field in a budget error', () => {
    const evaluation = compile('deep: down: "x" * 1000000000000').evaluate();
    expect(() => evaluation.lookup('deep', 'down')?.json()).toThrow(expect.objectContaining({ path: 'deep.down' }));
  });

  it.each([
    ['structs', `a: ${'{a: '.repeat(5000)}1${'}'.repeat(5000)}`],
    ['lists', `a: ${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['operators', `a: ${'!'.repeat(50_000)}true`],
    ['sums', `a: 1${' + 1'.repeat(50_000)}`],
    ['selectors', `a: b${'.b'.repeat(50_000)}\nb: {}`],
  ])('refuse %s that are nested too deeply', (_name, source) => {
    expect(failure(source)).toBeInstanceOf(CueSyntaxError);
  });

  it.each([
    ['a: {b: a}', 'structural'],
    ['a: [a]', 'structural'],
    ['#L: {n: #L}\na: #L', 'structural'],
    ['a: [string]: a\na: b: c: {}', 'structural'],
  ])('report the structural cycle of %s', (source, code) => {
    const error = failure(source);
    expect(error).toBeInstanceOf(CueError);
    expect(error).toHaveProperty('code', code);
  });

  it('compare and add numbers of any size', () => {
    const source = 'a: 1e999999999 > 1e999999998, b: "\\(1e999999999 + 1)", c: "\\(1e-999999999 + 2.0)"';
    expect(compile(source).evaluate().root.json()).toEqual({ a: true, b: '1E+999999999', c: '2.0' });
  });

  it('match patterns in linear time', () => {
    expect(
      compile(`a: "${'a'.repeat(5000)}b" =~ "^(a+)+$"`)
        .evaluate()
        .root.json(),
    ).toEqual({ a: false });
  });
});
