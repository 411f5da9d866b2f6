// Which styles a YAML scalar may have, and the quoted ones.

export interface Styles {
  readonly isPlain: boolean;
  readonly isSingleQuoted: boolean;
  readonly isBlock: boolean;
}

interface Features {
  indicators: boolean;
  lineBreaks: boolean;
  special: boolean;
  tabs: boolean;
  breakThenSpace: boolean;
  spaceThenBreak: boolean;
}

const FIRST_INDICATORS = '#,[]{}&*!|>\'"%@`';

export function analyze(s: string): Styles {
  if (s === '') return { isPlain: true, isSingleQuoted: true, isBlock: false };
  const found = featuresOf(s);
  const isSpecial = found.spaceThenBreak || found.special;
  const hasOuterSpace = s.startsWith(' ') || s.endsWith(' ') || isBreak(s.charAt(0)) || isBreak(s.charAt(s.length - 1));
  const isUnquotable = found.breakThenSpace || isSpecial || found.tabs;
  return {
    isPlain: !hasOuterSpace && !isUnquotable && !found.lineBreaks && !found.indicators,
    isSingleQuoted: !isUnquotable,
    isBlock: !isSpecial && !s.endsWith(' '),
  };
}

function featuresOf(s: string): Features {
  const found: Features = {
    indicators: s.startsWith('---') || s.startsWith('...'),
    lineBreaks: false,
    special: false,
    tabs: false,
    breakThenSpace: false,
    spaceThenBreak: false,
  };
  const characters = Array.from(s);
  characters.forEach((c, i) => {
    const previous = characters[i - 1] ?? '';
    if (isIndicator(characters, i)) found.indicators = true;
    if (c === '\t') found.tabs = true;
    else if (!isPrintable(c)) found.special = true;
    if (c === ' ' && isBreak(previous)) found.breakThenSpace = true;
    if (!isBreak(c)) return;
    found.lineBreaks = true;
    if (previous === ' ') found.spaceThenBreak = true;
  });
  return found;
}

function isIndicator(characters: readonly string[], i: number): boolean {
  const c = characters[i] ?? '';
  const isFollowedBySpace = isBlankOrEnd(characters[i + 1]);
  if (i === 0) {
    return FIRST_INDICATORS.includes(c) || ('?:-'.includes(c) && isFollowedBySpace);
  }
  if (c === ':') return isFollowedBySpace;
  return c === '#' && isBlankOrEnd(characters[i - 1]);
}

function isBlankOrEnd(c: string | undefined): boolean {
  return c === undefined || c === ' ' || c === '\t' || isBreak(c);
}

function isBreak(c: string): boolean {
  return c === '\n' || c === '\r' || c === '\u0085' || c === '\u2028' || c === '\u2029';
}

function isPrintable(c: string): boolean {
  const r = c.codePointAt(0) ?? 0;
  if (r === 0x0a) return true;
  if (r < 0x20 || (r > 0x7e && r < 0xa0) || r === 0xfeff) return false;
  return r < 0xd800 || (r >= 0xe000 && r <= 0xfffd) || r >= 0x10000;
}

export function singleQuoted(s: string): string {
  return `'${s.split("'").join("''")}'`;
}

const ESCAPES = new Map([
  ['\0', '\\0'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['\u001b', '\\e'],
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0085', '\\N'],
  ['\u00a0', '\\_'],
  ['\u2028', '\\L'],
  ['\u2029', '\\P'],
]);

export function doubleQuoted(s: string): string {
  return `"${Array.from(s, escape).join('')}"`;
}

function escape(c: string): string {
  const isPlain = isPrintable(c) && !isBreak(c) && c !== '"' && c !== '\\';
  if (isPlain) return c;
  const known = ESCAPES.get(c);
  if (known !== undefined) return known;
  const r = c.codePointAt(0) ?? 0;
  const digits = r.toString(16).toUpperCase();
  if (r <= 0xff) return `\\x${digits.padStart(2, '0')}`;
  return r <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}
