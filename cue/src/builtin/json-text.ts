// JSON text: its tokens, its layout, and its values as CUE reads them.
import type { Data, Num } from './api.ts';
import { BuiltinError } from './api.ts';
import { compare, Decimal, parseDecimal } from '../number/decimal.ts';
import { toInt } from './numbers.ts';

const MAX_DEPTH = 10_000;

/** A token is a bracket, a comma, a colon, or the text of a scalar. */
export interface JsonToken {
  readonly text: string;
  readonly at: number;
}

const PUNCTUATION = '{}[],:';
const WHITE = ' \t\r\n';

/** The end of the scalar that begins at an index, or -1 when it is none. */
function scalarEnd(s: string, at: number): number {
  const c = s.charAt(at);
  if (c === '"') return stringEnd(s, at);
  if (c === '-' || isDigit(c)) return numberEnd(s, at);
  for (const word of ['true', 'false', 'null']) if (s.startsWith(word, at)) return at + word.length;
  return -1;
}

function isDigit(c: string): boolean {
  return c >= '0' && c <= '9' && c.length === 1;
}

function isHex(c: string): boolean {
  return isDigit(c) || (c.length === 1 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
}

function stringEnd(s: string, from: number): number {
  for (let at = from + 1; at < s.length; at++) {
    const c = s.charAt(at);
    if (c === '"') return at + 1;
    if (c < ' ') return -1;
    if (c !== '\\') continue;
    at++;
    const escaped = s.charAt(at);
    if (escaped === 'u') {
      for (let i = 1; i <= 4; i++) if (!isHex(s.charAt(at + i))) return -1;
      at += 4;
    } else if (escaped === '' || !'"\\/bfnrt'.includes(escaped)) return -1;
  }
  return -1;
}

function digitsEnd(s: string, from: number): number {
  let at = from;
  while (isDigit(s.charAt(at))) at++;
  return at;
}

function numberEnd(s: string, from: number): number {
  let at = s.charAt(from) === '-' ? from + 1 : from;
  const whole = digitsEnd(s, at);
  if (whole === at || (s.charAt(at) === '0' && whole > at + 1)) return s.charAt(at) === '0' ? at + 1 : -1;
  at = whole;
  if (s.charAt(at) === '.') {
    const end = digitsEnd(s, at + 1);
    if (end === at + 1) return -1;
    at = end;
  }
  if (s.charAt(at) !== 'e' && s.charAt(at) !== 'E') return at;
  const sign = s.charAt(at + 1);
  const digits = sign === '+' || sign === '-' ? at + 2 : at + 1;
  const end = digitsEnd(s, digits);
  return end === digits ? -1 : end;
}

function tokenAt(s: string, at: number): JsonToken | undefined {
  const c = s.charAt(at);
  if (PUNCTUATION.includes(c)) return { text: c, at };
  const end = scalarEnd(s, at);
  return end < 0 ? undefined : { text: s.slice(at, end), at };
}

function skipWhite(s: string, from: number): number {
  let at = from;
  while (at < s.length && WHITE.includes(s.charAt(at))) at++;
  return at;
}

type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'separator';

interface Scanned {
  readonly tokens: readonly JsonToken[];
  /** The index after the value. */
  readonly end: number;
}

/** Reads one value; undefined when the text there is no JSON. */
export function scanValue(s: string, from: number): Scanned | undefined {
  const tokens: JsonToken[] = [];
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = from;
  do {
    at = skipWhite(s, at);
    const token = at < s.length ? tokenAt(s, at) : undefined;
    if (token === undefined) return undefined;
    const next = nextExpected(token.text, expected, open);
    if (next === undefined || open.length > MAX_DEPTH) return undefined;
    expected = next;
    tokens.push(token);
    at += token.text.length;
  } while (open.length > 0);
  return { tokens, end: at };
}

function nextExpected(text: string, expected: Expected, open: string[]): Expected | undefined {
  const inside = open.at(-1);
  switch (text) {
    case '{':
    case '[':
      if (expected !== 'value' && expected !== 'value or end') return undefined;
      open.push(text);
      return text === '{' ? 'key or end' : 'value or end';
    case '}':
    case ']': {
      const isRight = inside === (text === '}' ? '{' : '[');
      const mayEnd = expected === 'separator' || expected === (text === '}' ? 'key or end' : 'value or end');
      if (!isRight || !mayEnd) return undefined;
      open.pop();
      return 'separator';
    }
    case ',':
      if (expected !== 'separator' || inside === undefined) return undefined;
      return inside === '{' ? 'key' : 'value';
    case ':':
      return expected === 'colon' ? 'value' : undefined;
    default:
      return afterScalar(text, expected);
  }
}

function afterScalar(text: string, expected: Expected): Expected | undefined {
  if (expected === 'key' || expected === 'key or end') return text.startsWith('"') ? 'colon' : undefined;
  return expected === 'value' || expected === 'value or end' ? 'separator' : undefined;
}

/** The tokens of a text that is one JSON value; undefined when it is not. */
export function scanWhole(s: string): readonly JsonToken[] | undefined {
  const scanned = scanValue(s, 0);
  return scanned !== undefined && skipWhite(s, scanned.end) === s.length ? scanned.tokens : undefined;
}

/** Whether only white space is left. */
export function isAtEnd(s: string, at: number): boolean {
  return skipWhite(s, at) === s.length;
}

/** A new line for every element and field, as Go's json.Indent. */
export function indented(tokens: readonly JsonToken[], prefix: string, indent: string): string {
  let result = '';
  let depth = 0;
  const newline = (): string => `\n${prefix}${indent.repeat(depth)}`;
  tokens.forEach(({ text }, i) => {
    const previous = tokens[i - 1]?.text ?? '';
    const isAfterOpening = previous === '{' || previous === '[';
    if (text === '}' || text === ']') {
      depth--;
      result += isAfterOpening ? text : newline() + text;
      return;
    }
    if (isAfterOpening) result += newline();
    result += text;
    if (text === '{' || text === '[') depth++;
    else if (text === ',') result += newline();
    else if (text === ':') result += ' ';
  });
  return result;
}

/** The value of tokens that were checked. */
export function valueOf(tokens: readonly JsonToken[]): Data {
  let at = 0;
  const next = (): string => tokens[at++]?.text ?? '';
  const read = (): Data => {
    const text = next();
    if (text === '{') return readObject();
    if (text === '[') return readList();
    return scalar(text);
  };
  const readObject = (): Data => {
    const fields = new Map<string, Data>();
    let text = next();
    while (text !== '}') {
      if (text === ',') text = next();
      const name = unquote(text);
      next();
      const value = read();
      const present = fields.get(name);
      fields.set(name, present === undefined ? value : unifyData(present, value));
      text = next();
    }
    return fields;
  };
  const readList = (): Data => {
    const elements: Data[] = [];
    while (tokens[at]?.text !== ']') {
      elements.push(read());
      if (tokens[at]?.text === ',') at++;
    }
    at++;
    return elements;
  };
  return read();
}

function scalar(text: string): Data {
  if (text.startsWith('"')) return unquote(text);
  if (text === 'null') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  return numberOf(text);
}

export function numberOf(text: string): Num {
  const isInt = !text.includes('.') && !text.includes('e') && !text.includes('E');
  if (isInt) return toInt(BigInt(text));
  const decimal = parseDecimal(text);
  if (decimal === undefined) throw new BuiltinError(`json: invalid number ${text}`);
  return decimal;
}

/** CUE has no unmatched surrogates. */
function unquote(text: string): string {
  const value: unknown = JSON.parse(text);
  const result = typeof value === 'string' ? value : '';
  if (/\p{Surrogate}/u.test(result)) throw new BuiltinError('json: could not parse JSON: unmatched surrogate pair');
  return result;
}

/** A field that occurs twice is unified with itself. */
export function unifyData(a: Data, b: Data): Data {
  if (a instanceof Map && b instanceof Map) {
    const fields = new Map(a as ReadonlyMap<string, Data>);
    for (const [name, value] of b as ReadonlyMap<string, Data>) {
      const present = fields.get(name);
      fields.set(name, present === undefined ? value : unifyData(present, value));
    }
    return fields;
  }
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    return a.map((element: Data, i) => unifyData(element, (b as readonly Data[])[i] as Data));
  }
  if (isSameScalar(a, b)) return a;
  throw new BuiltinError('conflicting values of a field that occurs twice');
}

function isSameScalar(a: Data, b: Data): boolean {
  if (a instanceof Decimal && b instanceof Decimal) return compare(a, b) === 0;
  return a === b;
}
