import type { Token } from './tokens.ts';
import { tokensOf } from './tokens.ts';

export interface Label {
  readonly token: Token;
  readonly text: string;
}

/** A declaration `a: b: c: …`. */
export interface Declaration {
  readonly labels: readonly Label[];
  /** Index of its first token. */
  readonly start: number;
  /** Index of the first token of its value. */
  readonly value: number;
  /** How many brackets are open around it. */
  readonly depth: number;
}

const brackets: Readonly<Record<string, number>> = { '{': 1, '[': 1, '(': 1, '}': -1, ']': -1, ')': -1 };

/** All declarations of a template, at every depth, in the order of their first tokens. Optional fields are none. */
export function declarationsOf(template: string, tokens: readonly Token[]): readonly Declaration[] {
  const found: Declaration[] = [];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    const read = beginsDeclaration(tokens, index) ? readDeclaration(template, tokens, index) : undefined;
    if (read) found.push({ ...read, start: index, depth });
    if (token.kind === 'symbol') depth += brackets[token.text] ?? 0;
  }
  return found;
}

/** A declaration at the top of a template. */
export interface TopLevel {
  /** Its first label; empty for what is no field, such as a condition. */
  readonly name: string;
  /** From its label to that of the next one. */
  readonly text: string;
  /** The names that it may refer to, and more. */
  readonly words: ReadonlySet<string>;
}

/** A template's declarations at the top, in order; comments above the first one are left out. */
export function topLevelOf(template: string, tokens: readonly Token[]): readonly TopLevel[] {
  const starts: { readonly name: string; readonly index: number }[] = [];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (depth === 0 && beginsDeclaration(tokens, index)) {
      const read = readDeclaration(template, tokens, index);
      if (read) starts.push({ name: read.labels[0]?.text ?? '', index });
      else if (['if', 'for', 'let', '{'].includes(token.text)) starts.push({ name: '', index });
    }
    if (token.kind === 'symbol') depth += brackets[token.text] ?? 0;
  }
  return starts.map(({ name, index }, i) => {
    const own = tokens.slice(index, starts[i + 1]?.index);
    const text = template.slice(own[0]?.start, own.at(-1)?.end);
    return { name, text, words: new Set(own.filter((_, at) => isReference(own, at)).flatMap(namesIn)) };
  });
}

/** The declarations of names and of all that they refer to. */
export function closureOf(names: readonly string[], declarations: readonly TopLevel[]): readonly TopLevel[] {
  const wanted = new Set(names);
  const isWanted = ({ name }: TopLevel): boolean => wanted.has(name) || wanted.has(name.replace(/^"(.*)"$/, '$1'));
  for (let size = 0; size < wanted.size;) {
    size = wanted.size;
    for (const declaration of declarations.filter(isWanted)) for (const word of declaration.words) wanted.add(word);
  }
  return declarations.filter(isWanted);
}

/**
 * The declarations as definitions, which alone have a schema: `x: y` becomes `#x: #y`, where y is one of them. A
 * definition stays what it is.
 */
export function asDefinitions(declarations: readonly TopLevel[]): readonly string[] {
  const names = new Set(declarations.map(({ name }) => name).filter((name) => !name.startsWith('#')));
  return declarations.map(({ text }) => {
    const tokens = tokensOf(text);
    const renamed = tokens.filter(
      (token, at) => token.kind === 'word' && names.has(token.text) && (at === 0 || isReference(tokens, at)),
    );
    return renamed.reduceRight((changed, { start }) => `${changed.slice(0, start)}#${changed.slice(start)}`, text);
  });
}

/** Whether a token may refer to something by its name: it is no label and selects nothing. */
function isReference(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at + 1]?.text;
  return next !== ':' && next !== '?' && tokens[at - 1]?.text !== '.';
}

/** The name that a word is, or all that a string may interpolate. */
function namesIn({ kind, text }: Token): readonly string[] {
  if (kind === 'string') return text.includes('\\') ? (text.match(/[\p{L}_$#][\p{L}\p{Nd}_$#]*/gu) ?? []) : [];
  return kind === 'word' ? [text] : [];
}

function beginsDeclaration(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  return !before || before.kind === 'newline' || before.text === '{' || before.text === ',';
}

function readDeclaration(
  template: string,
  tokens: readonly Token[],
  start: number,
): Pick<Declaration, 'labels' | 'value'> | undefined {
  const labels: Label[] = [];
  let at = start;
  for (;;) {
    const end = endOfLabel(tokens, at);
    if (end === undefined || tokens[end]?.text !== ':') break;
    const [token, last] = [tokens[at], tokens[end - 1]];
    if (token && last) labels.push({ token, text: template.slice(token.start, last.end) });
    at = end + 1;
  }
  return labels.length > 0 ? { labels, value: at } : undefined;
}

/** The token behind a label: a name, a string or an expression in parentheses. */
function endOfLabel(tokens: readonly Token[], at: number): number | undefined {
  const token = tokens[at];
  if (token?.kind === 'word' || token?.kind === 'string') return at + 1;
  if (token?.text !== '(') return undefined;
  const end = closing(tokens, at);
  return end === undefined ? undefined : end + 1;
}

/** The token that closes the bracket at an index. */
export function closing(tokens: readonly Token[], open: number): number | undefined {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind === 'symbol') depth += brackets[token.text] ?? 0;
    if (depth === 0) return at;
  }
  return undefined;
}
