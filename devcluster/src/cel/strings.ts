import type { Environment } from '@marcbachmann/cel-js';
import { formatText } from './format.ts';
import { registerNamespace } from './own-type.ts';

/** Functions on texts that the language itself does not have: format, replace and the like. */
export function registerStrings(environment: Environment): void {
  environment
    .registerFunction('string.format(list): string', formatText)
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction('string.replace(string, string, int): string', replaceSome)
    .registerFunction('string.charAt(int): string', charAt);
  registerNamespace(environment, 'strings')('quote(string): string', quote);
}

function replaceSome(text: string, from: string, to: string, count: bigint): string {
  if (count < 0n) return text.replaceAll(from, () => to);
  let left = Number(count);
  return text.replaceAll(from, (found) => (left-- > 0 ? to : found));
}

function charAt(text: string, at: bigint): string {
  const characters = Array.from(text);
  if (at < 0n || at > characters.length) throw new Error(`index out of range: ${at}`);
  return characters[Number(at)] ?? '';
}

const escapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

function quote(text: string): string {
  return `"${Array.from(text, (character) => escapes[character] ?? character).join('')}"`;
}
