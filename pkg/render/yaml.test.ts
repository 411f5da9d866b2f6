import { describe, expect, test } from '@jest/globals';
import { dumpYaml, loadYaml, loadYamlDocuments } from './yaml.ts';

// The answers of kubectl 1.36 (`kubectl config view -o json` of a kubeconfig with these in an extension).
describe('scalars are read as kubectl reads them', () => {
  test.each<{ text: string; want: unknown }>([
    { text: 'y', want: true },
    { text: 'yes', want: true },
    { text: 'off', want: false },
    { text: 'TRUE', want: true },
    { text: '0644', want: 420 },
    { text: '-0644', want: -420 },
    { text: '0o17', want: 15 },
    { text: '08', want: 8 },
    { text: '017a', want: '017a' },
    { text: '0x1F', want: 31 },
    { text: '0b101', want: 5 },
    { text: '1_000', want: 1000 },
    { text: '+12', want: 12 },
    { text: '1e3', want: 1000 },
    { text: '.5', want: 0.5 },
    { text: '1.0', want: 1 },
    { text: '1E400', want: '1E400' },
    { text: '190:20:30', want: '190:20:30' },
    { text: '2001-12-14', want: '2001-12-14' },
    { text: '2001-12-14T21:59:43Z', want: '2001-12-14T21:59:43Z' },
    { text: '~', want: null },
    { text: '!!str 12', want: '12' },
    { text: '=', want: '=' },
  ])('$text', ({ text, want }) => {
    expect(loadYaml(`key: ${text}`)).toEqual({ key: want });
  });

  test('keys are text', () => {
    expect(loadYaml('y: a\n1: b\n1.5: c\nn: d')).toEqual({ true: 'a', 1: 'b', 1.5: 'c', false: 'd' });
  });

  test('merge keys merge', () => {
    expect(loadYaml('a: &a {x: 1}\nb: {<<: *a, y z: 2}')).toEqual({ a: { x: 1 }, b: { x: 1, 'y z': 2 } });
  });
});

test('documents come in order, empty ones as null', () => {
  expect(loadYamlDocuments('a: 1\n---\n---\nb: 2\n')).toEqual([{ a: 1 }, null, { b: 2 }]);
  expect(loadYaml('---\na: 1\n---\n')).toEqual({ a: 1 });
  expect(loadYaml('')).toBeUndefined();
});

test.each([
  { name: 'a number that JSON has not', text: 'a: .inf', error: /no number/ },
  { name: 'a key twice beside a real error', text: 'a: 1\na: 2\nb: "', error: /unexpected end|unterminated/i },
  { name: 'two documents where one is wanted', text: 'a: 1\n---\nb: 1', error: /one YAML document, got 2/ },
  {
    name: 'aliases that multiply',
    text: ['a0: &a0 x', ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`)].join(
      '\n',
    ),
    error: /too many values/,
  },
])('$name is refused', ({ text, error }) => {
  expect(() => loadYaml(text)).toThrow(error);
});

test('what is written is read back alike', () => {
  const value = { a: 'yes', b: '0644', c: 'y', d: '1e3', e: 'null', f: ['x: y', '', '# no'], y: 1, m: 'two\nlines\n' };
  expect(loadYaml(dumpYaml(value))).toEqual(value);
});

// The answers of sigs.k8s.io/yaml, which kubectl and the Go clients use.
describe('text that YAML forbids and kubectl accepts', () => {
  test.each<{ name: string; text: string; want: unknown; warning: RegExp | undefined }>([
    {
      name: 'of a key given twice the last one counts',
      text: 'a: 1\nb: {x: 1, z: 0644}\na: yes\n',
      want: { a: true, b: { x: 1, z: 420 } },
      warning: /duplicated mapping key \(3:1\)/,
    },
    {
      name: 'a single-quoted scalar may go on further left than its key',
      text: "a:\n    description: 'one\n  two\n  three'\n    b: 1\n",
      want: { a: { description: 'one two three', b: 1 } },
      warning: /deficient indentation/,
    },
    {
      name: 'and so may a double-quoted one',
      text: 'a:\n  d: "x ...\n  y\n\n  z"\n  e: 12:30\n',
      want: { a: { d: 'x ... y\nz', e: '12:30' } },
      warning: /deficient indentation/,
    },
    {
      name: 'merge keys still merge beside a key given twice',
      text: 'x: &x {p: 1, q: 2}\nz:\n  <<: *x\n  q: 3\nz:\n  <<: *x\n',
      want: { x: { p: 1, q: 2 }, z: { p: 1, q: 2 } },
      warning: /duplicated mapping key/,
    },
    {
      name: 'a block scalar at the end of a text without a newline has none either',
      text: 'a:\n  t: |\n    one\n    two',
      want: { a: { t: 'one\ntwo' } },
      warning: undefined,
    },
    { name: 'other scalars keep theirs', text: 'a: "x\\n"', want: { a: 'x\n' }, warning: undefined },
    { name: 'a list ends the same way', text: '- a: >\n    x\n    y', want: [{ a: 'x y' }], warning: undefined },
  ])('$name', ({ text, want, warning }) => {
    const warnings: string[] = [];
    expect(loadYaml(text, (one) => warnings.push(one))).toEqual(want);
    expect(warnings).toEqual(warning === undefined ? [] : [expect.stringMatching(warning)]);
  });
});
