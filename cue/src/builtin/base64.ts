import type { BuiltinPackage, Data } from './api.ts';
import { BuiltinError } from './api.ts';
import { any, fail, fn, int, string, text } from './define.ts';
import { utf8 } from './text.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Map(Array.from(ALPHABET, (c, i) => [c, i]));

/** The first parameter, the encoding, is reserved: only null is defined. */
export const base64Package: BuiltinPackage = {
  path: 'encoding/base64',
  functions: {
    EncodedLen: fn([any, int], 'int', ([encoding, n]) =>
      withStandard(encoding, () => Math.trunc((Number(n) + 2) / 3) * 4),
    ),
    DecodedLen: fn([any, int], 'int', ([encoding, n]) =>
      withStandard(encoding, () => Math.trunc((Number(n) * 6) / 8 - 0) - (Math.trunc((Number(n) * 6) / 8) % 3)),
    ),
    Encode: fn([any, text], 'string', ([encoding, source], context) =>
      withStandard(encoding, () => {
        const bytes = utf8(source);
        context.bytes(bytes.length * 2);
        return base64Of(bytes);
      }),
    ),
    Decode: fn([any, string], 'bytes', ([encoding, s]) => withStandard(encoding, () => decode(s))),
  },
};

function withStandard<T extends Data>(encoding: Data, result: () => T | BuiltinError): T | BuiltinError {
  return encoding === null ? result() : fail('base64: unsupported encoding');
}

export function base64Of(bytes: Uint8Array): string {
  let result = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const count = Math.min(3, bytes.length - i);
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let j = 0; j < 4; j++) result += j <= count ? ALPHABET.charAt((group >> (18 - 6 * j)) & 63) : '=';
  }
  return result;
}

/** Line ends are skipped; anything else outside the alphabet, and wrong padding, is an error at its place. */
function decode(s: string): Uint8Array | BuiltinError {
  const result: number[] = [];
  let group: number[] = [];
  let at = 0;
  for (; at < s.length; at++) {
    const c = s.charAt(at);
    if (c === '\r' || c === '\n') continue;
    const value = VALUES.get(c);
    if (value === undefined) break;
    group.push(value);
    if (group.length === 4) {
      result.push(...bytesOf(group, 3));
      group = [];
    }
  }
  if (at === s.length) return group.length === 0 ? Uint8Array.from(result) : illegal(at - group.length);
  if (s.charAt(at) !== '=' || group.length < 2) return illegal(at);
  const end = endOfPadding(s, at, group.length);
  if (end instanceof BuiltinError) return end;
  return Uint8Array.from([...result, ...bytesOf(group, group.length - 1)]);
}

function endOfPadding(s: string, from: number, digits: number): true | BuiltinError {
  let at = skipLineEnds(s, from + 1);
  if (digits === 2) {
    if (at >= s.length) return illegal(s.length);
    if (s.charAt(at) !== '=') return illegal(at - 1);
    at = skipLineEnds(s, at + 1);
  }
  return at < s.length ? illegal(at) : true;
}

function skipLineEnds(s: string, from: number): number {
  let at = from;
  while (s.charAt(at) === '\r' || s.charAt(at) === '\n') at++;
  return at;
}

function bytesOf(group: readonly number[], count: number): number[] {
  const bits = group.reduce((sum, digit, i) => sum | (digit << (18 - 6 * i)), 0);
  return [bits >> 16, (bits >> 8) & 255, bits & 255].slice(0, count);
}

function illegal(at: number): BuiltinError {
  return fail(`illegal base64 data at input byte ${at}`);
}

/** The bytes of base64 text; undefined when it is none. */
export function bytesOfBase64(s: string): Uint8Array | undefined {
  const bytes = decode(s);
  return bytes instanceof BuiltinError ? undefined : bytes;
}
