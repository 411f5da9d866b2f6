import type { Environment } from '@marcbachmann/cel-js';
import { patternOf } from '../text/pattern.ts';
import { fromCel } from './values.ts';

/** Functions on texts that the language itself does not have: regular expressions, format, replace and the like. */
export function registerStrings(environment: Environment): void {
  const matches = (text: string, pattern: string) =>
    [...text.matchAll(new RegExp(patternOf(pattern).source, `${patternOf(pattern).flags}g`))].map((match) => match[0]);
  environment
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => patternOf(pattern).exec(text)?.[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', matches)
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
      limit < 0n ? matches(text, pattern) : matches(text, pattern).slice(0, Number(limit)),
    )
    .registerFunction('string.format(list): string', format)
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction('string.replace(string, string, int): string', replaceSome)
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => Array.from(text)[Number(at)] ?? '')
    .registerFunction('string.reverse(): string', (text: string) => Array.from(text).reverse().join(''));
}

function replaceSome(text: string, from: string, to: string, count: bigint): string {
  if (count < 0n) return text.replaceAll(from, () => to);
  let left = Number(count);
  return text.replaceAll(from, (found) => (left-- > 0 ? to : found));
}

function format(template: string, values: readonly unknown[]): string {
  let at = 0;
  return template.replace(
    /%(?:%|(?:\.(\d+))?([sdfebxXo]))/g,
    (clause, precision: string | undefined, verb: string | undefined) => {
      if (verb === undefined) return clause === '%%' ? '%' : clause;
      if (at >= values.length) throw new Error(`index ${at} out of range`);
      return formatValue(values[at++], verb, Number(precision ?? 6));
    },
  );
}

function formatValue(value: unknown, verb: string, precision: number): string {
  switch (verb) {
    case 'f':
      return Number(value).toFixed(precision);
    case 'e':
      return Number(value).toExponential(precision);
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : BigInt(String(value)).toString(2);
    case 'o':
      return BigInt(String(value)).toString(8);
    case 'x':
    case 'X': {
      const hex = typeof value === 'string' ? Buffer.from(value).toString('hex') : BigInt(String(value)).toString(16);
      return verb === 'X' ? hex.toUpperCase() : hex;
    }
    default:
      return formatText(value);
  }
}

function formatText(value: unknown): string {
  if (Array.isArray(value)) return `[${(value as unknown[]).map(formatText).join(', ')}]`;
  const plain = fromCel(value);
  if (typeof plain === 'object' && plain !== null) {
    return `{${Object.entries(plain)
      .map(([key, inner]) => `${key}: ${formatText(inner)}`)
      .join(', ')}}`;
  }
  return String(plain);
}
