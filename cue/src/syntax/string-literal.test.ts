import { describe, expect, it } from '@jest/globals';
import { parseExpression } from './parser.ts';

function valueOf(text: string): unknown {
  const expr = parseExpression('t.cue', text);
  return expr.kind === 'string' ? expr.value : expr.kind;
}

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

describe('a string literal', () => {
  it.each([
    ['""', ''],
    [String.raw`"\a\b\f\n\r\t\v\\\/\""`, '\x07\b\f\n\r\t\v\\/"'],
    [String.raw`"é"`, 'é'],
    [String.raw`"\U0001F600"`, '😀'],
    [String.raw`"\ud83d\ude00"`, '😀'],
    ['"日本語"', '日本語'],
    [`"'"`, "'"],
  ])('has escapes: %s', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });

  it.each([
    [String.raw`#"a\nb"#`, String.raw`a\nb`],
    [String.raw`#"a\#nb"#`, 'a\nb'],
    [String.raw`##"a\#nb\##tc"##`, 'a\\#nb\tc'],
    ['#"say "hi""#', 'say "hi"'],
    [String.raw`#"\(x)"#`, String.raw`\(x)`],
  ])('between # signs keeps what is not escaped with as many: %s', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });

  it.each([
    ['"""\n  a\n  b\n  """', 'a\nb'],
    ['"""\n  a\n\n    b\n  """', 'a\n\n  b'],
    ['"""\n  """', ''],
    ['"""\n\ta\n\n\t"""', 'a\n'],
    ['"""\r\n  a\r\n  b\r\n  """', 'a\nb'],
    ['"""\n  say "hi"\n  """', 'say "hi"'],
    [`'''\n  a\n  '''`, bytes(97)],
    ['#"""\n  a\\nb\n  """#', 'a\\nb'],
  ])('of several lines loses the indentation of its end: %j', (text, value) => {
    expect(valueOf(text)).toEqual(value);
  });

  it.each([
    [`'abc'`, bytes(97, 98, 99)],
    [String.raw`'\x00\xff'`, bytes(0, 255)],
    [String.raw`'\000\377'`, bytes(0, 255)],
    [String.raw`'é'`, bytes(0xc3, 0xa9)],
    [String.raw`'\''`, bytes(39)],
  ])('of single quotes is bytes: %s', (text, value) => {
    expect(valueOf(text)).toEqual(value);
  });

  it.each([
    [String.raw`"\q"`, 'unknown escape sequence'],
    [String.raw`"\x41"`, 'unknown escape sequence'],
    [String.raw`"\'"`, 'unknown escape sequence'],
    [String.raw`'\"'`, 'unknown escape sequence'],
    [String.raw`"\u12"`, 'escape sequence'],
    [String.raw`"\uzzzz"`, 'illegal character in escape sequence'],
    [String.raw`"\U00110000"`, 'invalid Unicode code point'],
    [String.raw`"\ud800"`, 'invalid Unicode code point'],
    [String.raw`'\400'`, 'illegal escape sequence'],
    ['"""a\n"""', 'expected newline after multiline quote'],
    ['"""\n  a\n b\n  """', 'non-matching indentation'],
    ['"abc', 't.cue:1:1'],
    ['"a\nb"', 't.cue:1:1'],
  ])('is refused: %j', (text, message) => {
    expect(() => parseExpression('t.cue', text)).toThrow(message);
  });
});

describe('an interpolation', () => {
  it.each([
    [String.raw`"a\(x)b\(y)"`, ['a', 'b', ''], 2],
    [String.raw`"\(f("(")))"`, ['', ')'], 1],
    [String.raw`"\({a: "}"}.a)"`, ['', ''], 1],
    [String.raw`#"\#(x)\(y)"#`, ['', '\\(y)'], 1],
    ['"""\n  a\\(x)\n  b\n  """', ['a', '\nb'], 1],
    [String.raw`"\("\(x)")"`, ['', ''], 1],
  ])('has texts and expressions in turn: %s', (text, texts, count) => {
    const expr = parseExpression('t.cue', text);
    if (expr.kind !== 'interpolation') throw new Error(expr.kind);
    expect(expr.texts).toEqual(texts);
    expect(expr.exprs).toHaveLength(count);
  });
});
