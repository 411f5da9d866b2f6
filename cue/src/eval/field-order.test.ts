import { describe, expect, it } from '@jest/globals';
import { compile } from '../index.ts';

const dataOf = (source: string, ...path: string[]): string =>
  JSON.stringify(
    compile(source)
      .evaluate()
      .lookup(...path)
      ?.json(),
  );

// each case was run with cue 0.14.1
describe('the order of fields', () => {
  it.each([
    ['x: 1\nfor k, v in {n: 1} {(k): v}\nx: 1', '{"n":1,"x":1}'],
    ['c: 1\nx: 1\nfor k, v in {b: 1} {(k): v}\nc: _', '{"c":1,"x":1,"b":1}'],
    ['d: 7\nfor k, v in {a: 1} {(k): v}\nlet L = true\nif L {}', '{"a":1,"d":7}'],
    ['d: [1]\n[string]: [...int] | _\nif d != _|_ {y: false}\n("e"): "f"', '{"d":[1],"e":"f","y":false}'],
    ['let L = {for k, v in {b: 1} {"n\\(k)": 1}, y: 1}\nu: L', '{"u":{"y":1,"nb":1}}'],
    ['let L = {"k\\(1)": 1} & {x: 1, y: 2}\nu: L', '{"u":{"x":1,"y":2,"k1":1}}'],
    ['a: {y: 2, for k, v in {p: 1, q: 2} {"\\(k)": v, z: 1}, w: 1}', '{"a":{"p":1,"q":2,"z":1,"y":2,"w":1}}'],
  ])('is that of declarations, comprehensions and references: %j', (source, expected) => {
    expect(dataOf(source)).toBe(expected);
  });
});

describe('the order of a loop over fields', () => {
  it.each([
    ['{if true {x: 1}, y: 2}', '["x","y"]'],
    ['{{x: 1}, y: 2}', '["x","y"]'],
    ['{("x"): 1, y: 2}', '["y","x"]'],
    ['{d, y: 2}', '["y","x"]'],
    ['d & {y: 2}', '["y","x"]'],
    ['*{z: 1, x: 1} | {b: 1}\na: {y: 2}', '["y","z","x"]'],
    ['{y: 2, for k, v in {p: 1, q: 2} {"\\(k)": v, z: 1}, w: 1}', '["y","z","w","p","q"]'],
  ])('has literals first, then references and computed labels: %s', (value, expected) => {
    expect(dataOf(`d: {x: 1}\na: ${value}\nc: [for k, v in a {k}]`, 'c')).toBe(expected);
  });
});
