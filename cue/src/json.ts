import type { Data } from './builtin/api.ts';
import { Decimal, toDouble } from './number/decimal.ts';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Data as JSON values. Numbers that a double does not hold lose digits. */
export function toJson(data: Data): Json {
  if (typeof data === 'number') return data === 0 ? 0 : data;
  if (data === null || typeof data === 'boolean' || typeof data === 'string') return data;
  if (typeof data === 'bigint') return Number(data);
  if (data instanceof Decimal) return data.coefficient === 0n ? 0 : toDouble(data);
  if (data instanceof Uint8Array) return toBase64(data);
  if (isList(data)) return data.map(toJson);
  const out: Record<string, Json> = {};
  for (const [name, value] of data) setOwn(out, name, toJson(value));
  return out;
}

function isList(data: readonly Data[] | ReadonlyMap<string, Data>): data is readonly Data[] {
  return Array.isArray(data);
}

function setOwn(out: Record<string, Json>, name: string, value: Json): void {
  if (name === '__proto__')
    Object.defineProperty(out, name, { value, enumerable: true, writable: true, configurable: true });
  else out[name] = value;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function toBase64(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i] ?? 0, bytes[i + 1], bytes[i + 2]];
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    out += ALPHABET.charAt(bits >> 18) + ALPHABET.charAt((bits >> 12) & 63);
    out +=
      (b === undefined ? '=' : ALPHABET.charAt((bits >> 6) & 63)) +
      (c === undefined ? '=' : ALPHABET.charAt(bits & 63));
  }
  return out;
}
