import { describe, expect, it } from '@jest/globals';
import { compile, CueError } from '../index.ts';

/** The value as JSON text, or the code of the error that prevents it. */
function outcome(source: string, ...path: string[]): string {
  try {
    const node = compile(source)
      .evaluate()
      .lookup(...path);
    return JSON.stringify(node?.json() ?? 'absent');
  } catch (error) {
    if (error instanceof CueError) return error.code;
    throw error;
  }
}

// each case was run with cue 0.14.1
describe('a default that a reference brings into an alternative', () => {
  const enumeration = 'd: "a" | "b" | "c"\na: *"a" | string\n';

  it.each([
    [`${enumeration}b: d\nb: *a | string`, 'b'],
    ['A: {v: "a" | "b" | "c"}\nh: {v: *"a" | string}\nb: A\nb: {v: *h.v | string}', 'b', 'v'],
    ['A: {v: "a" | "b" | "c"}\nh: {v: *"a" | string} & A\nb: A & {v: *h.v | string}', 'b', 'v'],
    ['h: [string]: {v: "a" | "b" | "c"}\nh: a: v: *"a" | string\nh: b: v: *h.a.v | string', 'h', 'b', 'v'],
  ])('stays the only one: %s', (source, ...path) => {
    expect(outcome(source, ...path)).toBe('"a"');
  });
});

describe('a field that a closed struct does not admit', () => {
  const source = '#D: {a: int}\nf: #D & {b: {c: d: 1}}';

  it('admits nothing below it', () => {
    expect(outcome(source, 'f', 'b', 'c', 'd')).toBe('eval');
  });

  it('is listed alone', () => {
    expect(compile(source).evaluate().root.errors().map(({ path }) => path)).toEqual(['f.b']); // prettier-ignore
  });

  it('is decided only once an alternative is', () => {
    const failing = '#F: {i: int, {a: 1} | {b: 2}}\nx: #F\nx: c: 2';
    expect(outcome(failing, 'x')).toBe('eval');
    expect(outcome(failing, 'x', 'c')).toBe('2');
  });
});

describe('a scalar of a field inside an expression', () => {
  it('is what the other fields see, whatever else is declared', () => {
    const source = '#N: 1\n#f: {x: #N, out: x + 1}\nr: (#f & {x: 2}).out';
    expect(outcome(source, 'r')).toBe('3');
    expect(outcome('#N: "2" | "3"\n#f: {x: #N, out: "v=\\(x)"}\nr: (#f & {x: "y"}).out', 'r')).toBe('"v=y"');
  });

  it('conflicts where the expression is the value', () => {
    expect(outcome('#N: 1\n#f: {x: #N}\nr: #f & {x: 2}', 'r')).toBe('eval');
  });
});

describe('alternatives that all fail', () => {
  it('have the error that is least final', () => {
    expect(outcome('foo: 0 | 1\nfoo: !=bar\nbar: 0 | 1\nbar: !=foo')).toBe('cycle');
    expect(outcome('a: ("x" | 2) & true')).toBe('eval');
  });

  it('of lists with a declaration beside them are the same list, open or closed', () => {
    expect(outcome('e: 1 | *_ | *[]\ne: [...{a?: int}]')).toBe('{"e":[]}');
    expect(outcome('e: *[] | *[...int]')).toBe('incomplete');
  });
});

it('a value with bounds that a cycle leaves unknown is not concrete', () => {
  expect(outcome('a: c - b\nb: c - a\nc: a + b & >=5')).toBe('incomplete');
});
