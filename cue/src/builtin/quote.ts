// Quoting as Go's strconv does it.

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const GRAPHIC = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]$/u;

export function isPrintable(r: number): boolean {
  return isRune(r) && PRINTABLE.test(String.fromCodePoint(r));
}

export function isGraphic(r: number): boolean {
  return isRune(r) && GRAPHIC.test(String.fromCodePoint(r));
}

function isRune(r: number): boolean {
  return r >= 0 && r <= 0x10ffff && (r < 0xd800 || r > 0xdfff);
}

const ESCAPES = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
  [0x0b, '\\v'],
  [0x5c, '\\\\'],
]);

function hex(r: number, length: number): string {
  return r.toString(16).padStart(length, '0');
}

function escape(r: number, quoteCharacter: string, isShown: (r: number) => boolean): string {
  if (r === quoteCharacter.charCodeAt(0)) return `\\${quoteCharacter}`;
  if (r !== 0x5c && isShown(r)) return String.fromCodePoint(r);
  const known = ESCAPES.get(r);
  if (known !== undefined) return known;
  if (r < 0x20 || r === 0x7f) return `\\x${hex(r, 2)}`;
  return r < 0x10000 ? `\\u${hex(r, 4)}` : `\\U${hex(r, 8)}`;
}

export function quote(s: string, isShown: (r: number) => boolean): string {
  const body = Array.from(s, (c) => escape(c.codePointAt(0) ?? 0, '"', isShown));
  return `"${body.join('')}"`;
}

export function quoteRune(r: number, isShown: (r: number) => boolean): string {
  return `'${escape(isRune(r) ? r : 0xfffd, "'", isShown)}'`;
}
