import { describe, expect, test } from '@jest/globals';
import { markPatches } from './patch-marks.ts';
import { readSource } from './source.ts';

const lines = (...text: readonly string[]): string => text.join('\n');

describe('a template taken apart', () => {
  test('imports in all their forms', () => {
    const source = readSource(
      lines(
        'package main',
        '// about',
        'import "strings"',
        'import (',
        '\t"list" // lists',
        '\tsc "strconv"',
        ')',
        'a: 1',
      ),
    );
    expect(source.imports).toEqual(['"strings"', '"list"', 'sc "strconv"']);
    expect(source.body.trim()).toBe('a: 1');
  });

  test('a field may be called import or package', () => {
    expect(readSource('import: 1\npackage: 2')).toMatchObject({ imports: [], body: 'import: 1\npackage: 2' });
  });

  test('required fields become ordinary ones', () => {
    expect(readSource('a!: string\n"b"!: !c').body).toBe('a: string\n"b": !c');
  });

  test('conditions on what an action returns do not hold before', () => {
    expect(readSource('if a.$returns.n > 1 && len(b.$returns.l) > 0 {x: 1}').body).toBe(
      'if a.$returns.n != _|_ if b.$returns.l != _|_ if a.$returns.n > 1 && len(b.$returns.l) > 0 {x: 1}',
    );
    const asked = 'if a.$returns.err == _|_ if a.$returns.err != _|_ {x: 1}\nif: a.$returns.n';
    expect(readSource(asked).body).toBe(asked);
  });

  test('which fields of the context it reads', () => {
    const read = (text: string): readonly string[] | undefined => {
      const { contextFields } = readSource(text);
      return contextFields && [...contextFields];
    };
    expect(read('a: context.name\nb: context["app"]\nc: "\\(context.namespace)-x"\ncontext: x: 1')).toEqual([
      'name',
      'app',
      'namespace',
    ]);
    expect(read('a: {for k, v in context {(k): v}}')).toBeUndefined();
    expect(read('a: "\\(len(context))"')).toBeUndefined();
    expect(read('a: x.context // context\nb: "context"')).toEqual([]);
  });

  test('a string that does not end is an error with its line', () => {
    expect(() => readSource('a: 1\nb: "x\nc: 2')).toThrow('line 2: a string does not end');
    expect(() => readSource('a: """\nx')).toThrow('line 1: a string does not end');
    expect(() => readSource('a: "\\(b"')).toThrow('line 1');
  });

  test('strings of every kind', () => {
    const text = lines(`a: #"x " \\#(b) y"#`, 'b: """', '\tone "two"', '\t"""', `c: 'by"tes'`, 'd: "\\"}"', 'e!: int');
    expect(readSource(text).body).toBe(text.replace('!', ''));
  });
});

describe('marks of patches', () => {
  const added = (text: string): readonly string[] => {
    const before = text.split('\n').map((line) => line.trim());
    return markPatches(text)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => !before.includes(line));
  };

  test('stand beside the last label of a declaration', () => {
    expect(added('// +patchKey=ip\npatch: spec: "a-b": hosts: [{ip: "1"}]')).toEqual([
      'patch: spec: "a-b": "$patch:hosts": {"patchKey":"ip"}',
    ]);
    expect(added('// +patchStrategy=jsonMergePatch\npatch: parameter')).toEqual([
      '"$patch:patch": {"patchStrategy":"jsonMergePatch"}',
    ]);
  });

  test('say all that the comments above say', () => {
    expect(added('{\n\t// +usage=x\n\t// +patchKey=name\n\t// +patchStrategy=retainKeys\n\tlist: []\n}')).toEqual([
      '"$patch:list": {"patchKey":"name","patchStrategy":"retainKeys"}',
    ]);
  });

  test('follow computed labels', () => {
    expect(added('// +patchKey=n\n"\\(x)-y": []')).toEqual(['"$patch:\\(x)-y": {"patchKey":"n"}']);
    expect(added('// +patchKey=n\n(x.y): []')).toEqual(['"$patch:\\(x.y)": {"patchKey":"n"}']);
  });

  test('leave out what no comment of a field is', () => {
    expect(added('a: 1 // +patchKey=x\nb: 2')).toEqual([]);
    expect(added('// +patchKey=x\n\nb: 2')).toEqual([]);
    expect(added('// +patchKey=x\nif a {b: 2}')).toEqual([]);
    expect(added('// +patchKey=x\nb?: [...string]\n// +patchKey=x\n_c: 1')).toEqual([]);
    expect(added('b: "// +patchKey=x"\nc: 1')).toEqual([]);
  });

  test('say what every element of a list gets, in patches only', () => {
    expect(added('patch: spec: containers: [...{x: 1},]\nparameter: list: [...{y: 1}]')).toEqual([
      'patch: spec: "$each:containers": {x: 1}',
    ]);
    expect(added('patch: {a: [1, ...], b: [...]}')).toEqual([]);
  });
});
