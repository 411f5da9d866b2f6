import { describe, expect, it } from '@jest/globals';
import { Scanner } from './scanner.ts';
import { Source } from './source.ts';

function tokensOf(text: string): string[] {
  const scanner = new Scanner(new Source('t.cue', text));
  const found: string[] = [];
  for (let token = scanner.next(); token.kind !== 'eof'; token = scanner.next())
    found.push(token.text === '\n' ? 'newline' : token.text);
  return found;
}

const kindsOf = (text: string): string[] => {
  const scanner = new Scanner(new Source('t.cue', text));
  const found: string[] = [];
  for (let token = scanner.next(); token.kind !== 'eof'; token = scanner.next()) found.push(token.kind);
  return found;
};

describe('the scanner', () => {
  it.each([
    ['a&b|c', ['a', '&', 'b', '|', 'c', 'newline']],
    ['a&&b||c', ['a', '&&', 'b', '||', 'c', 'newline']],
    ['x==_|_', ['x', '==', '_|_', 'newline']],
    ['a!~b', ['a', '!~', 'b', 'newline']],
    ['<=1', ['<=', '1', 'newline']],
    ['[...int]', ['[', '...', 'int', ']', 'newline']],
    ['a?:b', ['a', '?', ':', 'b', 'newline']],
    ['a!:b', ['a', '!', ':', 'b', 'newline']],
  ])('takes the longest operator: %s', (text, tokens) => {
    expect(tokensOf(text)).toEqual(tokens);
  });

  it.each([
    ['a\nb', ['a', 'newline', 'b', 'newline']],
    ['{\na\n}', ['{', 'a', 'newline', '}', 'newline']],
    ['a:\n1', ['a', ':', '1', 'newline']],
    ['1 +\n2', ['1', '+', '2', 'newline']],
    ['...\n}', ['...', 'newline', '}', 'newline']],
    ['a // b\nc', ['a', 'newline', 'c', 'newline']],
    ['a,\nb', ['a', ',', 'b', 'newline']],
    ['_|_\na', ['_|_', 'newline', 'a', 'newline']],
  ])('ends a statement at the end of a line that may end one: %j', (text, tokens) => {
    expect(tokensOf(text)).toEqual(tokens);
  });

  it.each([
    ['abc', 'ident'],
    ['_', 'ident'],
    ['$x', 'ident'],
    ['_a1', 'ident'],
    ['#D', 'ident'],
    ['_#D', 'ident'],
    ['ä', 'ident'],
    ['日本', 'ident'],
    ['for', 'keyword'],
    ['true', 'keyword'],
    ['12', 'number'],
    ['.5', 'number'],
    ['"a"', 'string'],
    ["'a'", 'string'],
    ['@go(x)', 'attribute'],
    ['_|_', 'bottom'],
  ])('knows the kind of %s', (text, kind) => {
    expect(kindsOf(text)[0]).toBe(kind);
  });

  it('skips a byte order mark', () => {
    expect(tokensOf('\ufeffa')).toEqual(['a', 'newline']);
  });

  it('keeps comments apart, with their places', () => {
    const scanner = new Scanner(new Source('t.cue', '// one\na // two\n'));
    scanner.next();
    expect(scanner.takeComments()).toMatchObject([{ text: ' one', pos: 0 }]);
    scanner.next();
    expect(scanner.takeComments()).toMatchObject([{ text: ' two', pos: 9 }]);
    expect(scanner.takeComments()).toEqual([]);
  });

  it.each([
    ['a: §', 't.cue:1:4'],
    ['a: 1\nb: @', 't.cue:2:5'],
    ['@a(b', 't.cue:1'],
  ])('names the place of a character that has no meaning: %j', (text, place) => {
    expect(() => tokensOf(text)).toThrow(place);
  });
});

describe('a source', () => {
  const source = new Source('t.cue', 'ab\nä: 日x\n\n😀y');

  it.each([
    [0, 't.cue:1:1'],
    [2, 't.cue:1:3'],
    [3, 't.cue:2:1'],
    [4, 't.cue:2:3'],
    [7, 't.cue:2:8'],
    [9, 't.cue:3:1'],
    [12, 't.cue:4:5'],
  ])('counts columns in bytes: offset %i', (offset, place) => {
    expect(source.format(offset)).toBe(place);
  });
});
