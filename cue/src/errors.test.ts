import { describe, expect, it } from '@jest/globals';
import { compile } from './index.ts';

function errorsOf(source: string): string[] {
  return compile(source, { name: 'x.cue' })
    .evaluate()
    .root.errors()
    .map(({ message }) => message);
}

describe('the errors of a value', () => {
  it('are listed as the cue command lists them', () => {
    const source = `a: 1 & 2
b: {c: int, d: string}
b: {c: "x", d: 3}
l: [1, 2] & [1, 3, ...int]
#D: {x?: int}
e: #D & {y: 1, z: 2}
f: string
g: b.c
h: "a" | "b"
h: "c"
i: {j!: int}`;
    expect(errorsOf(source)).toEqual([
      'a: conflicting values 2 and 1:\n    x.cue:1:4\n    x.cue:1:8',
      'b.c: conflicting values int and "x" (mismatched types int and string):\n    x.cue:2:8\n    x.cue:3:8',
      'b.d: conflicting values string and 3 (mismatched types string and int):\n    x.cue:2:16\n    x.cue:3:16',
      'e.y: field not allowed:\n    x.cue:6:10',
      'e.z: field not allowed:\n    x.cue:6:16',
      'h: 2 errors in empty disjunction:\nh: conflicting values "a" and "c":\n    x.cue:9:4\n    x.cue:10:4\n' +
        'h: conflicting values "b" and "c":\n    x.cue:9:10\n    x.cue:10:4',
      'l.1: conflicting values 3 and 2:\n    x.cue:4:8\n    x.cue:4:17',
    ]);
  });

  it('have all that one field violates', () => {
    expect(errorsOf('a: 1 & 2 & 3').map((message) => message.split(':\n')[0])).toEqual([
      'a: conflicting values 2 and 1',
      'a: conflicting values 3 and 1',
    ]);
  });

  it('say what is missing where nothing is wrong', () => {
    const source = 'f: string\ni: {j!: int}\nm: f + "x"\nn: "a" | "b"\no?: int\np: *1 | int';
    expect(errorsOf(source).map((message) => message.split(':\n')[0])).toEqual([
      'f: incomplete value string',
      'i.j: field is required but not present',
      'n: incomplete value "a" | "b"',
      'm: non-concrete value string in operand to +',
    ]);
    expect(errorsOf('a: {b: [1, "x"]}')).toEqual([]);
  });

  it('come with the error that prevents the data', () => {
    const { root } = compile('a: {x: 1 & 2}\nb: 3 & 4').evaluate();
    expect(root.error?.all.map(({ path }) => path)).toEqual(['a.x', 'b']);
  });
});

describe('a selector into a struct', () => {
  it.each([['p: {a: x: 1 & 2, b: {c: 3}}\nq: p.b.c'], ['q: p.b.c\np: {a: x: 1 & 2, b: {c: 3}}']])(
    'does not fail because of another field: %j',
    (source) => {
      expect(compile(source).evaluate().lookup('q')?.json()).toBe(3);
    },
  );
});
