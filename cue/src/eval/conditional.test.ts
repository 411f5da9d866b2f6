import { describe, expect, it } from '@jest/globals';
import { compile, CueError } from '../index.ts';

/** The value as JSON text, or the code of the error that prevents it. */
function outcome(source: string, ...path: string[]): string {
  try {
    const evaluation = compile(source).evaluate();
    const node = evaluation.lookup(...path);
    return JSON.stringify(node?.json() ?? 'absent');
  } catch (error) {
    if (error instanceof CueError) return error.code;
    throw error;
  }
}

// each case was run with cue 0.14.1
describe('a condition that asks whether a struct is valid', () => {
  it.each([
    ['z: {}\nif z != _|_ {z: a: 1}', 'cycle'],
    ['z: {}\nif z != _|_ {z: a: 1, y: 2}', 'cycle'],
    ['o: {m: {}}\nif o.m != _|_ {o: m: l: a: "x"}', 'cycle'],
    ['z: {a: 1}\nif z == _|_ {z: b: 1}', 'cycle'],
    ['z: {x: 1}\nif z != _|_ {z: x: int}', 'cycle'],
    ['z: {a: {}, if a != _|_ {a: b: 1}}', 'cycle'],
    ['z: {}\nif z != _|_ if true {z: a: 1}', 'cycle'],
    ['z: {}\nif true {if z != _|_ {z: a: 1}}', 'cycle'],
    ['z: {a: 1 & 2}\nif z == _|_ {z: b: 1}', 'eval'],
  ])('is an error where the body declares fields in the struct: %s', (source, expected) => {
    expect(outcome(source)).toBe(expected);
  });

  it('names the operand and its place', () => {
    const { root } = compile('o: {m: {}}\nif o.m != _|_ {o: m: a: 1}', { name: 'x.cue' }).evaluate();
    expect(root.error?.message).toBe(
      'circular dependency in evaluation of conditionals: o.m changed after evaluation:\n    x.cue:2:6',
    );
  });

  it('leaves the rest of the text valid', () => {
    const source = 'z: {}\nif z != _|_ {z: a: 1}\ny: 2';
    expect(outcome(source, 'z')).toBe('{}');
    expect(outcome(source, 'y')).toBe('2');
  });

  it.each([
    ['z: {}\nif z != _|_ {[string]: a: 1}', '{"z":{}}'],
    ['z: {}\nif z != _|_ {("z"): a: 1}', '{"z":{}}'],
    ['z: {}\nif z != _|_ {{z: a: 1}}', '{"z":{}}'],
    ['z: {}\nif z != _|_ {if true {z: a: 1}}', '{"z":{}}'],
    ['z: {x: 1}\nfor k, v in z if z != _|_ {z: y: 1}', '{"z":{"x":1}}'],
    ['z: [{}]\nif z != _|_ {z: [{a: 1}]}', '{"z":[{}]}'],
  ])('adds nothing to the struct in another way: %s', (source, expected) => {
    expect(outcome(source)).toBe(expected);
  });

  it.each([
    ['z: {a: b: 1}\nif z.a != _|_ {z: c: 1}', '{"z":{"a":{"b":1},"c":1}}'],
    ['z: {}\nif z != _|_ {y: z & {a: 1}}', '{"z":{},"y":{"a":1}}'],
    ['z: [...{}]\nif z != _|_ {z: [{a: 1}]}', '{"z":[{"a":1}]}'],
    ['z: {}\nx: {if z != _|_ {z: a: 1}}', '{"z":{},"x":{"z":{"a":1}}}'],
    ['p: {a?: {b: int}}\np: a: b: 1\nif p.a != _|_ {o: x: p.a.b}', '{"p":{"a":{"b":1}},"o":{"x":1}}'],
  ])('decides about everything else: %s', (source, expected) => {
    expect(outcome(source)).toBe(expected);
  });
});

describe('a condition that asks for a field that is absent', () => {
  it.each([
    ['z?: int\nif z == _|_ {z: 1}', 'cycle'],
    ['o: {x?: int}\nif o.x == _|_ {o: x: 1}', 'cycle'],
    ['a: {b?: {...}, if b == _|_ {b: x: 1}}', 'cycle'],
    ['o: {}\nif o.x == _|_ {o: x: 1}', 'incomplete'],
    ['a: {b?: int, if b == _|_ {c: 1}}\nx: a & {b: 2}', '{"a":{"c":1},"x":{"b":2}}'],
  ])('cannot declare it: %s', (source, expected) => {
    expect(outcome(source)).toBe(expected);
  });

  it('does not take a required field for one that is there', () => {
    expect(outcome('c!: _\nd: c != _|_', 'd')).toBe('false');
    expect(outcome('c: _\nd: c != _|_', 'd')).toBe('true');
  });

  it('waits for the other conditions that may declare it', () => {
    expect(outcome('o: {}\nif o.x != _|_ {o: y: 1}\nif true {o: x: 1}')).toBe('{"o":{"y":1,"x":1}}');
    expect(outcome('o: {}\nif o.x == _|_ {o: y: 1}\nif true {o: x: 1}')).toBe('{"o":{"x":1}}');
  });
});

describe('a field that compares the struct or list around it with bottom', () => {
  it.each(['x: {a: x != _|_}', 'x: {a: x == _|_}', 'x: [x != _|_]', 'x: {b: {c: x.b != _|_}}'])(
    'depends on itself: %s',
    (source) => {
      expect(outcome(source)).toBe('cycle');
    },
  );

  it('may compare its siblings', () => {
    expect(outcome('x: {a: x.b != _|_, b: {c: 1}}')).toBe('{"x":{"a":true,"b":{"c":1}}}');
  });
});

describe('an expression that needs its own result', () => {
  it.each([
    ['e: ((*1 | int) & e) + 1', 'structural'],
    ['e: {a: ((*1 | int) & e.a) + 0}', 'structural'],
    ['e: ((*1 | int) & f) + 0\nf: e', 'structural'],
    ['e: 5\ne: ((*1 | int) & e) + 0', 'eval'],
    ['a: {y: a + 7}', 'incomplete'],
    ['y: len([if y {5}])', 'cycle'],
  ])('has the error of the kind of cycle: %s', (source, expected) => {
    expect(outcome(source)).toBe(expected);
  });
});
