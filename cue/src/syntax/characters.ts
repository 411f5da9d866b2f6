// Classes of characters. No regular expressions: one comparison per character.

export const isDigit = (c: number): boolean => c >= 48 && c <= 57;

export function isHexDigit(c: number): boolean {
  return isDigit(c) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70);
}

const isAsciiLetter = (c: number): boolean => (c >= 97 && c <= 122) || (c >= 65 && c <= 90);

/** A letter that may begin an identifier, or `_` or `$`. */
export function isLetter(c: number): boolean {
  return isAsciiLetter(c) || c === 95 || c === 36 || (c >= 0x80 && isUnicodeLetter(c));
}

export const isIdentifierPart = (c: number): boolean => isLetter(c) || isDigit(c) || (c >= 0x80 && isUnicodeDigit(c));

/** Letters have a lower case, an upper case, or belong to scripts without case. */
function isUnicodeLetter(c: number): boolean {
  const text = String.fromCodePoint(c);
  if (text.toLowerCase() !== text.toUpperCase()) return true;
  return inRanges(c, CASELESS);
}

const isUnicodeDigit = (c: number): boolean => inRanges(c, DIGITS);

function inRanges(c: number, ranges: readonly number[]): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (c >= (ranges[i] ?? 0) && c <= (ranges[i + 1] ?? 0)) return true;
  }
  return false;
}

const CASELESS: readonly number[] = [
  0xaa, 0xaa, 0xba, 0xba, 0x1bb, 0x1bb, 0x1c0, 0x1c3, 0x294, 0x294, 0x2b0, 0x2c1, 0x5d0, 0x5ea, 0x620, 0x64a, 0x66e,
  0x66f, 0x671, 0x6d3, 0x904, 0x939, 0x985, 0x9b9, 0xa05, 0xa39, 0xa85, 0xab9, 0xb05, 0xb39, 0xb83, 0xbb9, 0xc05, 0xc39,
  0xc85, 0xcb9, 0xd05, 0xd3a, 0xe01, 0xe30, 0xe81, 0xeb0, 0xf40, 0xf6c, 0x1000, 0x102a, 0x10d0, 0x10fa, 0x1100, 0x1248,
  0x1780, 0x17b3, 0x2135, 0x2138, 0x3005, 0x3006, 0x3031, 0x3035, 0x3041, 0x3096, 0x309d, 0x309f, 0x30a1, 0x30fa,
  0x30fc, 0x30ff, 0x3105, 0x312f, 0x3131, 0x318e, 0x3400, 0x4dbf, 0x4e00, 0x9fff, 0xa000, 0xa48c, 0xac00, 0xd7a3,
  0xf900, 0xfad9, 0x20000, 0x2fa1f, 0x30000, 0x3134a,
];

const DIGITS: readonly number[] = [
  0x660, 0x669, 0x6f0, 0x6f9, 0x7c0, 0x7c9, 0x966, 0x96f, 0x9e6, 0x9ef, 0xa66, 0xa6f, 0xae6, 0xaef, 0xff10, 0xff19,
];
