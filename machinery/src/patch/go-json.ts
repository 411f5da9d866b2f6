import type { Json } from '../meta.ts';

/** JSON as Go writes it: keys sorted by their bytes, `<`, `>`, `&` and line separators escaped. */
export function goJson(value: Json | undefined): string {
  if (typeof value === 'string') return goText(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(goJson).join(',')}]`;
  const fields = value as Readonly<Record<string, Json | undefined>>;
  const keys = Object.keys(fields).filter((key) => fields[key] !== undefined);
  return `{${keys
    .sort(byBytes)
    .map((key) => `${goText(key)}:${goJson(fields[key])}`)
    .join(',')}}`;
}

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

const goText = (text: string): string =>
  JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);

/** UTF-16 order is that of the bytes but for characters beyond the first plane. */
const byBytes = (a: string, b: string): number =>
  isPlain(a) && isPlain(b) ? order(a, b) : Buffer.compare(Buffer.from(a), Buffer.from(b));
const isPlain = (text: string): boolean => !/[\ud800-\udfff]/.test(text);
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
