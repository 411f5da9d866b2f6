// Text as Go's library sees it: a sequence of UTF-8 bytes, of which runes are the code points.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function utf8(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? encoder.encode(text) : text;
}

/** The text of bytes; what is no UTF-8 becomes U+FFFD. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export function asText(text: string | Uint8Array): string {
  return typeof text === 'string' ? text : fromUtf8(text);
}

/** The number of UTF-8 bytes of a text up to an index of UTF-16 units. */
export function byteOffset(text: string, end = text.length): number {
  let count = 0;
  for (let i = 0; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) count++;
    else if (unit < 0x800) count += 2;
    else if (unit >= 0xd800 && unit < 0xdc00) {
      count += 4;
      i++;
    } else count += 3;
  }
  return count;
}

export function runeCount(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xdc00 || unit > 0xdfff) count++;
  }
  return count;
}

export function runesOf(text: string): number[] {
  return Array.from(text, (c) => c.codePointAt(0) ?? 0);
}

/** Compares as Go does: by bytes, which is the order of code points. */
export function compareText(a: string, b: string): -1 | 0 | 1 {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return byCodePoint(a, b, i);
  }
  if (a.length === b.length) return 0;
  return a.length < b.length ? -1 : 1;
}

function byCodePoint(a: string, b: string, at: number): -1 | 1 {
  const x = a.charCodeAt(at);
  const y = b.charCodeAt(at);
  // a surrogate stands for a code point above all that one unit can hold
  const isSurrogateX = x >= 0xd800 && x <= 0xdfff;
  const isSurrogateY = y >= 0xd800 && y <= 0xdfff;
  if (isSurrogateX !== isSurrogateY) return isSurrogateX ? 1 : -1;
  return x < y ? -1 : 1;
}

const SPACES = new Set([
  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0x2000, 0x2001,
  0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a,
]);

/** White space as Go's unicode.IsSpace has it. Every such character is one UTF-16 unit. */
export function isSpace(rune: number): boolean {
  return SPACES.has(rune);
}

/** Upper case of one character to one character, as Go maps it. */
export function upperRune(c: string): string {
  const mapped = c.toUpperCase();
  return isOneRune(mapped) ? mapped : simpleUpper(c);
}

export function lowerRune(c: string): string {
  if (c === 'İ') return 'i';
  const mapped = c.toLowerCase();
  return isOneRune(mapped) ? mapped : c;
}

// the digraphs DŽ, LJ, NJ, DZ have three cases
const TITLES: readonly (readonly [first: number, last: number, title: number])[] = [
  [0x1c4, 0x1c6, 0x1c5],
  [0x1c7, 0x1c9, 0x1c8],
  [0x1ca, 0x1cc, 0x1cb],
  [0x1f1, 0x1f3, 0x1f2],
];

export function titleRune(c: string): string {
  const rune = c.codePointAt(0) ?? 0;
  for (const [first, last, title] of TITLES) {
    if (rune >= first && rune <= last) return String.fromCodePoint(title);
  }
  const isGeorgian = (rune >= 0x10d0 && rune <= 0x10fa) || (rune >= 0x10fd && rune <= 0x10ff);
  return isGeorgian ? c : upperRune(c);
}

function isOneRune(text: string): boolean {
  return text.length === 1 || (text.length === 2 && text.charCodeAt(0) >= 0xd800 && text.charCodeAt(0) < 0xdc00);
}

/** Greek letters with iota have an upper case of two letters, and a simple one. */
function simpleUpper(c: string): string {
  const rune = c.codePointAt(0) ?? 0;
  const isSmallWithIota = rune >= 0x1f80 && rune <= 0x1faf && rune % 16 < 8;
  if (isSmallWithIota) return String.fromCodePoint(rune + 8);
  if (rune === 0x1fb3 || rune === 0x1fc3 || rune === 0x1ff3) return String.fromCodePoint(rune + 9);
  return c;
}
