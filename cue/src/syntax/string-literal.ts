import type { Quote } from './scanner.ts';
import { isHexDigit } from './characters.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '/': '/', '\\': '\\', "'": "'", '"': '"',
}; // prettier-ignore

type Fail = (message: string) => never;

/**
 * Removes the indentation of the closing quotes from each line of a multi-line literal's raw texts, and the newline before
 * them where they stand on a line of their own.
 */
export function removeIndentation(segments: readonly string[], fail: Fail): string[] {
  const raws = segments.map((raw) => raw.replaceAll('\r', ''));
  const [first = '', ...others] = raws;
  if (!first.startsWith('\n')) return fail('expected newline after multiline quote');
  const last = raws[raws.length - 1] ?? '';
  let start = last.length;
  while (start > 0 && /[^\S\n]/.test(last.charAt(start - 1))) start--;
  const indentation = last.slice(start);
  const texts = [dedent(first, indentation, fail).slice(1), ...others.map((raw) => dedent(raw, indentation, fail))];
  const end = texts.length - 1;
  const text = texts[end] ?? '';
  if (last.charAt(start - 1) === '\n' && text.endsWith('\n')) texts[end] = text.slice(0, -1);
  return texts;
}

function dedent(text: string, indentation: string, fail: Fail): string {
  if (indentation === '') return text;
  const [head = '', ...lines] = text.split('\n');
  const dedented = lines.map((line, i) => {
    if (line.startsWith(indentation)) return line.slice(indentation.length);
    return line === '' && i < lines.length - 1 ? '' : fail('invalid string: non-matching indentation');
  });
  return [head, ...dedented].join('\n');
}

/** Replaces the escapes of a raw text. */
export function unescape(raw: string, quote: Quote, fail: Fail): string | Uint8Array {
  return quote.char === '"' ? unescapeString(raw, quote, fail) : unescapeBytes(raw, quote, fail);
}

function unescapeString(raw: string, quote: Quote, fail: Fail): string {
  const escape = `\\${'#'.repeat(quote.hashes)}`;
  if (!raw.includes(escape)) return raw;
  let out = '';
  for (let at = 0; at < raw.length;) {
    if (!raw.startsWith(escape, at)) {
      out += raw.charAt(at++);
      continue;
    }
    at += escape.length;
    const { text, next } = one(raw, at, quote, fail);
    if (typeof text !== 'string') return fail('illegal escape sequence in string');
    out += text;
    at = next;
  }
  return out;
}

function unescapeBytes(raw: string, quote: Quote, fail: Fail): Uint8Array {
  const escape = `\\${'#'.repeat(quote.hashes)}`;
  const encoder = new TextEncoder();
  const out: number[] = [];
  for (let at = 0; at < raw.length;) {
    if (!raw.startsWith(escape, at)) {
      const c = raw.codePointAt(at) ?? 0;
      const text = String.fromCodePoint(c);
      out.push(...encoder.encode(text));
      at += text.length;
      continue;
    }
    at += escape.length;
    const { text, next } = one(raw, at, quote, fail);
    if (typeof text === 'number') out.push(text);
    else out.push(...encoder.encode(text));
    at = next;
  }
  return Uint8Array.from(out);
}

interface Escape {
  /** The text, or one byte. */
  readonly text: string | number;
  readonly next: number;
}

function one(raw: string, at: number, quote: Quote, fail: Fail): Escape {
  const c = raw.charAt(at);
  if (c === 'u') return unicode(raw, at, 4, fail);
  if (c === 'U') return unicode(raw, at, 8, fail);
  if (c === 'x' && quote.char === "'") return byte(raw.slice(at + 1, at + 3), 16, at + 3, fail);
  if (c >= '0' && c <= '7' && quote.char === "'") return byte(raw.slice(at, at + 3), 8, at + 3, fail);
  const simple = SIMPLE[c];
  if (simple === undefined || (c === '"' && quote.char === "'") || (c === "'" && quote.char === '"')) {
    return fail('unknown escape sequence');
  }
  return { text: simple, next: at + 1 };
}

function byte(digits: string, base: 8 | 16, next: number, fail: Fail): Escape {
  const value = Number((base === 16 ? '0x' : '0o') + digits);
  if (digits.length !== (base === 16 ? 2 : 3) || Number.isNaN(value) || value > 255)
    return fail('illegal escape sequence');
  return { text: value, next };
}

function unicode(raw: string, at: number, length: number, fail: Fail): Escape {
  const digits = raw.slice(at + 1, at + 1 + length);
  if (digits.length !== length) return fail('escape sequence not terminated');
  for (let i = 0; i < length; i++)
    if (!isHexDigit(digits.charCodeAt(i))) return fail('illegal character in escape sequence');
  const code = parseInt(digits, 16);
  if (code > 0x10ffff) return fail('escape sequence is invalid Unicode code point');
  if (code >= 0xd800 && code < 0xe000) {
    const low = raw.slice(at + 1 + length, at + 1 + length + 6);
    if (length === 4 && low.startsWith('\\u')) {
      const second = parseInt(low.slice(2), 16);
      if (second >= 0xdc00 && second < 0xe000)
        return { text: String.fromCharCode(code, second), next: at + 1 + length + 6 };
    }
    return fail('escape sequence is invalid Unicode code point');
  }
  return { text: String.fromCodePoint(code), next: at + 1 + length };
}
