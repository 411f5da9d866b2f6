import type { BuiltinContext, BuiltinPackage } from './api.ts';
import { fail, fn, int, string, strings, text } from './define.ts';
import { byteOffset, compareText, isSpace, lowerRune, runeCount, runesOf, titleRune, upperRune, utf8 } from './text.ts';

const MAX_BYTES = 2 ** 40;

export const stringsPackage: BuiltinPackage = {
  path: 'strings',
  functions: {
    ByteAt: fn([text, int], 'int', ([b, i]) => utf8(b)[Number(i)] ?? fail('index out of range')),
    ByteSlice: fn([text, int, int], 'bytes', ([b, start, end]) => {
      const bytes = utf8(b);
      if (!isRange(start, end, bytes.length)) return fail('index out of range');
      return bytes.slice(Number(start), Number(end));
    }),
    Runes: fn([string], 'list', ([s]) => runesOf(s)),
    MinRunes: fn([string, int], 'bool', ([s, min]) => BigInt(runeCount(s)) >= BigInt(min)),
    MaxRunes: fn([string, int], 'bool', ([s, max]) => BigInt(runeCount(s)) <= BigInt(max)),
    ToTitle: fn([string], 'string', ([s]) => mapWordStarts(s, titleRune)),
    ToCamel: fn([string], 'string', ([s]) => mapWordStarts(s, lowerRune)),
    SliceRunes: fn([string, int, int], 'string', ([s, start, end]) => {
      const runes = Array.from(s);
      if (!isRange(start, end, runes.length)) return fail('index out of range');
      return runes.slice(Number(start), Number(end)).join('');
    }),
    Compare: fn([string, string], 'int', ([a, b]) => compareText(a, b)),
    Count: fn([string, string], 'int', ([s, part]) => (part === '' ? runeCount(s) + 1 : s.split(part).length - 1)),
    Contains: fn([string, string], 'bool', ([s, part]) => s.includes(part)),
    ContainsAny: fn([string, string], 'bool', ([s, chars]) => firstOf(s, chars) >= 0),
    LastIndex: fn([string, string], 'int', ([s, part]) => offsetOf(s, s.lastIndexOf(part))),
    IndexAny: fn([string, string], 'int', ([s, chars]) => offsetOf(s, firstOf(s, chars))),
    LastIndexAny: fn([string, string], 'int', ([s, chars]) => offsetOf(s, lastOf(s, chars))),
    Index: fn([string, string], 'int', ([s, part]) => offsetOf(s, s.indexOf(part))),
    SplitN: fn([string, string, int], 'list', ([s, separator, n]) => split(s, separator, Number(n), false)),
    SplitAfterN: fn([string, string, int], 'list', ([s, separator, n]) => split(s, separator, Number(n), true)),
    Split: fn([string, string], 'list', ([s, separator]) => split(s, separator, -1, false)),
    SplitAfter: fn([string, string], 'list', ([s, separator]) => split(s, separator, -1, true)),
    Fields: fn([string], 'list', ([s]) => fields(s)),
    Join: fn([strings, string], 'string', ([elements, separator], context) => {
      context.bytes(elements.reduce((sum, x) => sum + x.length + separator.length, 0) * 2);
      return elements.join(separator);
    }),
    HasPrefix: fn([string, string], 'bool', ([s, prefix]) => s.startsWith(prefix)),
    HasSuffix: fn([string, string], 'bool', ([s, suffix]) => s.endsWith(suffix)),
    Repeat: fn([string, int], 'string', ([s, count], context) => repeat(s, Number(count), context)),
    ToUpper: fn([string], 'string', ([s]) => mapRunes(s, upperRune)),
    ToLower: fn([string], 'string', ([s]) => mapRunes(s, lowerRune)),
    Trim: fn([string, string], 'string', ([s, set]) => trimRight(trimLeft(s, inSet(set)), inSet(set))),
    TrimLeft: fn([string, string], 'string', ([s, set]) => trimLeft(s, inSet(set))),
    TrimRight: fn([string, string], 'string', ([s, set]) => trimRight(s, inSet(set))),
    TrimSpace: fn([string], 'string', ([s]) => trimRight(trimLeft(s, isSpaceText), isSpaceText)),
    TrimPrefix: fn([string, string], 'string', ([s, prefix]) => (s.startsWith(prefix) ? s.slice(prefix.length) : s)),
    TrimSuffix: fn([string, string], 'string', ([s, suffix]) =>
      s.endsWith(suffix) ? s.slice(0, s.length - suffix.length) : s,
    ),
    Replace: fn([string, string, string, int], 'string', ([s, old, by, n], context) =>
      replace(s, [old, by], Number(n), context),
    ),
  },
};

function isRange(start: number | bigint, end: number | bigint, length: number): boolean {
  return start >= 0 && start <= end && end <= length;
}

function offsetOf(s: string, index: number): number {
  return index < 0 ? -1 : byteOffset(s, index);
}

function mapRunes(s: string, map: (c: string) => string): string {
  return Array.from(s, map).join('');
}

/** Maps the characters that follow white space, and the first. */
function mapWordStarts(s: string, map: (c: string) => string): string {
  let isStart = true;
  return mapRunes(s, (c) => {
    const mapped = isStart ? map(c) : c;
    isStart = isSpaceText(c);
    return mapped;
  });
}

function isSpaceText(c: string): boolean {
  return isSpace(c.codePointAt(0) ?? 0);
}

function inSet(set: string): (c: string) => boolean {
  const characters = new Set(set);
  return (c) => characters.has(c);
}

function firstOf(s: string, chars: string): number {
  const isWanted = inSet(chars);
  let at = 0;
  for (const c of s) {
    if (isWanted(c)) return at;
    at += c.length;
  }
  return -1;
}

function lastOf(s: string, chars: string): number {
  const isWanted = inSet(chars);
  let at = s.length;
  for (const c of Array.from(s).reverse()) {
    at -= c.length;
    if (isWanted(c)) return at;
  }
  return -1;
}

function trimLeft(s: string, isTrimmed: (c: string) => boolean): string {
  let at = 0;
  for (const c of s) {
    if (!isTrimmed(c)) break;
    at += c.length;
  }
  return s.slice(at);
}

function trimRight(s: string, isTrimmed: (c: string) => boolean): string {
  let end = s.length;
  while (end > 0) {
    const low = s.charCodeAt(end - 1);
    const c = s.slice(low >= 0xdc00 && low <= 0xdfff ? end - 2 : end - 1, end);
    if (!isTrimmed(c)) break;
    end -= c.length;
  }
  return s.slice(0, end);
}

/** At most n parts, all when n is negative; an empty separator separates characters. */
function split(s: string, separator: string, n: number, isKept: boolean): string[] {
  if (n === 0) return [];
  if (separator === '') return explode(s, n);
  const parts: string[] = [];
  let from = 0;
  while (n < 0 || parts.length < n - 1) {
    const at = s.indexOf(separator, from);
    if (at < 0) break;
    parts.push(s.slice(from, isKept ? at + separator.length : at));
    from = at + separator.length;
  }
  parts.push(s.slice(from));
  return parts;
}

function explode(s: string, n: number): string[] {
  const characters = Array.from(s);
  if (n < 0 || n >= characters.length) return characters;
  return [...characters.slice(0, n - 1), characters.slice(n - 1).join('')];
}

function fields(s: string): string[] {
  const found: string[] = [];
  let from = -1;
  for (let i = 0; i <= s.length; i++) {
    const isEnd = i === s.length || isSpace(s.charCodeAt(i));
    if (isEnd && from >= 0) {
      found.push(s.slice(from, i));
      from = -1;
    } else if (!isEnd && from < 0) from = i;
  }
  return found;
}

function repeat(s: string, count: number, context: BuiltinContext): string | ReturnType<typeof fail> {
  if (count < 0) return fail('strings: negative Repeat count');
  if (byteOffset(s) * count > MAX_BYTES) return fail('strings: Repeat output length overflow');
  context.bytes(s.length * count * 2);
  return s.repeat(count);
}

function replace(s: string, [old, by]: readonly [string, string], n: number, context: BuiltinContext): string {
  if (old === by || n === 0) return s;
  const parts = old === '' ? ['', ...Array.from(s)] : s.split(old);
  const isLastKept = old === '' ? parts.length : parts.length - 1;
  const count = n < 0 ? isLastKept : Math.min(n, isLastKept);
  context.bytes((s.length + by.length * count) * 2);
  let result = '';
  parts.forEach((part, i) => {
    result += part;
    if (i < count) result += by;
    else if (i < parts.length - 1) result += old;
  });
  return result;
}
