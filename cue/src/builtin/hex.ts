import type { BuiltinPackage } from './api.ts';
import type { BuiltinError } from './api.ts';
import { fail, fn, int, string, text } from './define.ts';
import { utf8 } from './text.ts';

const DIGITS = '0123456789abcdef';

export const hexPackage: BuiltinPackage = {
  path: 'encoding/hex',
  functions: {
    EncodedLen: fn([int], 'int', ([n]) => Number(n) * 2),
    DecodedLen: fn([int], 'int', ([n]) => Math.trunc(Number(n) / 2) || 0),
    Decode: fn([string], 'bytes', ([s]) => decode(s)),
    Dump: fn([text], 'string', ([data], context) => {
      const bytes = utf8(data);
      context.bytes(bytes.length * 5);
      return dump(bytes);
    }),
    Encode: fn([text], 'string', ([data]) => toHex(utf8(data))),
  },
};

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

function decode(s: string): Uint8Array | BuiltinError {
  const source = utf8(s);
  const result = new Uint8Array(Math.floor(source.length / 2));
  for (let i = 0; i < source.length; i++) {
    const byte = source[i] ?? 0;
    const digit = DIGITS.indexOf(String.fromCharCode(byte).toLowerCase());
    if (digit < 0) return fail(`encoding/hex: invalid byte: U+${byte.toString(16).toUpperCase().padStart(4, '0')}`);
    const at = i >> 1;
    if (at < result.length) result[at] = ((result[at] ?? 0) << 4) | digit;
  }
  return source.length % 2 === 0 ? result : fail('encoding/hex: odd length hex string');
}

/** The format of `hexdump -C`. */
function dump(bytes: Uint8Array): string {
  let result = '';
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    let columns = '';
    for (let i = 0; i < 16; i++) {
      const byte = row[i];
      columns += `${byte === undefined ? '  ' : byte.toString(16).padStart(2, '0')}${i === 7 ? '  ' : ' '}`;
    }
    const shown = Array.from(row, (b) => (b >= 0x20 && b <= 0x7e ? String.fromCharCode(b) : '.')).join('');
    result += `${at.toString(16).padStart(8, '0')}  ${columns} |${shown}|\n`;
  }
  return result;
}
