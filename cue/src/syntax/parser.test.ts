import { describe, expect, it } from '@jest/globals';
import { parseExpression, parseFile } from './parser.ts';
import type { Decl } from './ast.ts';

const first = (text: string): Decl => {
  const [decl] = parseFile('t.cue', text).decls;
  if (decl === undefined) throw new Error('no declaration');
  return decl;
};

describe('parser', () => {
  it('reads chained labels as nested structs', () => {
    expect(first('a: b: 1')).toMatchObject({
      kind: 'field',
      label: { name: 'a' },
      value: { kind: 'struct', decls: [{ label: { name: 'b' } }] },
    });
  });

  it.each([
    ['"a\\(x)b"', { kind: 'interpolation', texts: ['a', 'b'], exprs: [{ name: 'x' }] }],
    ['"""\n  a\n    b\n  """', { kind: 'string', value: 'a\n  b' }],
    ['#"a\\(x)\\#n"#', { kind: 'string', value: 'a\\(x)\n' }],
    ["'\\x00\\377'", { kind: 'string', value: Uint8Array.of(0, 255) }],
    ['1.5Ki', { kind: 'literal', value: 1536 }],
    ['0x_ff', { kind: 'literal', value: 255 }],
    ['1e3', { kind: 'literal', value: { float: '1.e3' } }],
    ['a & b | c', { kind: 'binary', op: '|', x: { kind: 'binary', op: '&' } }],
    ['>=1 & <=2', { kind: 'binary', op: '&', x: { kind: 'unary', op: '>=' } }],
    ['x[1:]', { kind: 'slice', high: undefined }],
    ['x["a"].b(1)', { kind: 'call', fun: { kind: 'selector' } }],
    ['"\\(a)"', { kind: 'interpolation', texts: ['', ''] }],
  ])('reads %s', (text, expected) => {
    expect(parseExpression('t.cue', text)).toMatchObject(expected);
  });

  it('keeps comments before, behind and after the comma of a field', () => {
    const file = parseFile('t.cue', '// +patchKey=name\na: 1 // one\nb: 2, // two\n// three\nc: 3\n');
    const comments = file.decls.map((d) => (d.kind === 'field' ? d.comments.map((c) => c.text) : []));
    expect(comments).toEqual([[' +patchKey=name', ' one'], [' two'], [' three']]);
  });

  it('gives the comments of a chain of labels to the last one', () => {
    const [chain] = parseFile('t.cue', '// +patchKey=ip\na: b: c: 1\n').decls;
    const texts = (decl: unknown): readonly string[] => {
      const { comments, value } = decl as {
        comments: readonly { text: string }[];
        value: { decls?: readonly unknown[] };
      };
      return [
        comments.map(({ text }) => text).join(),
        ...(value.decls?.[0] === undefined ? [] : texts(value.decls[0])),
      ];
    };
    expect(texts(chain)).toEqual(['', '', ' +patchKey=ip']);
  });

  it('reads keywords as labels', () => {
    expect(parseFile('t.cue', 'if: 1, for?: 2\nlet: 3, true: 4').decls).toHaveLength(4);
  });

  it('reads attributes with brackets and quotes', () => {
    expect(first('a: 1 @go(Name,type=map[string]"(")')).toMatchObject({
      attributes: [{ name: 'go', body: 'Name,type=map[string]"("' }],
    });
  });

  it.each([
    ['a: {', 't.cue:1:5'],
    ['a: "x', 't.cue:1:4'],
    ['a: 1 b: 2', 't.cue:1:6'],
    ['a: 01', 't.cue:1:4'],
  ])('reports the position of an error in %s', (text, position) => {
    expect(() => parseFile('t.cue', text)).toThrow(position);
  });
});
