import type { Json, JsonObject } from '../../machinery/src/meta.ts';

export type SetReading =
  { readonly ok: true; readonly values: JsonObject } | { readonly ok: false; readonly problems: readonly string[] };

type Path = readonly (string | number)[];
type Mutable = Record<string, unknown> | unknown[];

/** A list that a path asks for may not be longer: a slip of the finger must not fill the memory. */
const maxIndex = 1000;

/**
 * Reads `key=value` assignments as Helm's --set does: `a.b=1`, `a[0].b=x`, `a={x,y}`, several with commas, a backslash
 * before a comma, dot or equals sign that is meant itself. Whole numbers, true, false and null become values of their
 * types; quotes keep text. Beyond Helm, `a=x,y` is a list too. Later assignments win.
 */
export function readSetValues(assignments: readonly string[]): SetReading {
  const problems: string[] = [];
  const root: Record<string, unknown> = {};
  for (const text of assignments) {
    for (const [key, value] of splitAssignments(text, problems)) {
      const path = readPath(key);
      if (path === undefined) problems.push(`"${key}" is not a key; write it as a.b or a[0].b`);
      else if (!assign(root, path, value)) problems.push(`"${key}" contradicts an earlier assignment`);
    }
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, values: root as JsonObject };
}

function splitAssignments(text: string, problems: string[]): (readonly [string, Json])[] {
  const pairs: [string, string[]][] = [];
  for (const part of splitTop(text, ',')) {
    const [key, ...rest] = splitTop(part, '=');
    const last = pairs.at(-1);
    if (rest.length > 0) pairs.push([(key ?? '').trim(), [rest.join('=')]]);
    else if (last) last[1].push(part);
    else problems.push(`"${text}" is not an assignment; write it as key=value`);
  }
  return pairs.map(([key, [first = '', ...more]]) => [
    key,
    more.length > 0 ? [first, ...more].map(readScalar) : readValue(first),
  ]);
}

/** Splits at a character outside of braces and quotes, unless a backslash stands before it. */
function splitTop(text: string, separator: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  let quote = '';
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i] ?? '';
    if (char === '\\') parts.push((parts.pop() ?? '') + char + (text[(i += 1)] ?? ''));
    else if (char === separator && depth === 0 && quote === '') parts.push('');
    else {
      if (quote !== '') quote = char === quote ? '' : quote;
      else if (char === '"' || char === "'") quote = char;
      else depth = Math.max(0, depth + (braces[char] ?? 0));
      parts.push((parts.pop() ?? '') + char);
    }
  }
  return parts;
}

const braces: Readonly<Record<string, number>> = { '{': 1, '}': -1 };

function readValue(text: string): Json {
  const [, inner] = /^\{([^]*)\}$/.exec(text.trim()) ?? [];
  if (inner === undefined) return readScalar(text);
  return inner.trim() === '' ? [] : splitTop(inner, ',').map((item) => readScalar(item.trim()));
}

function readScalar(text: string): Json {
  const [, , quoted] = /^(["'])([^]*)\1$/.exec(text) ?? [];
  if (quoted !== undefined) return quoted;
  if (/^(0|-?[1-9]\d{0,14})$/.test(text)) return Number(text);
  const words: Readonly<Record<string, Json>> = { true: true, false: false, null: null };
  return Object.hasOwn(words, text) ? (words[text] ?? null) : text.replace(/\\([^])/g, '$1');
}

const forbidden = ['__proto__', 'constructor', 'prototype'];

function readPath(key: string): Path | undefined {
  const path: (string | number)[] = [];
  for (const part of splitTop(key, '.')) {
    const [, name = '', indexes = ''] = /^((?:[^[\]\\]|\\[^])+)((?:\[\d+\])*)$/.exec(part) ?? [];
    const plain = name.replace(/\\([^])/g, '$1');
    if (plain === '' || forbidden.includes(plain)) return undefined;
    path.push(plain, ...[...indexes.matchAll(/\d+/g)].map(Number));
  }
  return path.some((step) => typeof step === 'number' && step > maxIndex) ? undefined : path;
}

function assign(root: Mutable, path: Path, value: Json): boolean {
  let at: Mutable = root;
  for (const [i, step] of path.entries()) {
    if (Array.isArray(at) !== (typeof step === 'number')) return false;
    const holder = at as Record<string | number, unknown>;
    if (i === path.length - 1) {
      holder[step] = value;
      return true;
    }
    const next = Object.hasOwn(holder, step) ? holder[step] : undefined;
    const isHolder = typeof next === 'object' && next !== null;
    if (next !== undefined && next !== null && !isHolder) return false;
    const made: Mutable = typeof path[i + 1] === 'number' ? [] : {};
    at = isHolder ? (next as Mutable) : made;
    holder[step] = at;
  }
  return false;
}
