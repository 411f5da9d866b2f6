import type { BuiltinPackage } from './api.ts';
import { BuiltinError } from './api.ts';
import { bigInt, fail, fn, string, text } from './define.ts';
import type { HashName } from './hash.ts';
import { hashOf } from './hash.ts';
import { toHex } from './hex.ts';
import { toInt } from './numbers.ts';
import { utf8 } from './text.ts';

export const uuidPackage: BuiltinPackage = {
  path: 'uuid',
  functions: {
    Valid: fn([string], 'null', ([s]) => {
      const parsed = parse(s);
      return parsed instanceof BuiltinError ? parsed : null;
    }),
    Parse: fn([string], 'string', ([s]) => withParsed(s, format)),
    URN: fn([string], 'string', ([s]) => withParsed(s, (bytes) => `urn:uuid:${format(bytes)}`)),
    FromInt: fn([bigInt], 'string', ([i]) => fromInt(BigInt(i))),
    // the number of the text's bytes, not of the identifier
    ToInt: fn([string], 'int', ([s]) => toInt(BigInt(`0x0${toHex(utf8(s))}`))),
    Variant: fn([string], 'int', ([s]) => withParsed(s, variant)),
    Version: fn([string], 'int', ([s]) => withParsed(s, (bytes) => (bytes[6] ?? 0) >> 4)),
    SHA1: fn([string, text], 'string', ([space, data]) =>
      withParsed(space, (bytes) => hashed('sha1', 5, [bytes, utf8(data)])),
    ),
    MD5: fn([string, text], 'string', ([space, data]) =>
      withParsed(space, (bytes) => hashed('md5', 3, [bytes, utf8(data)])),
    ),
  },
  definitions: {
    ns: `{
      DNS:  "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
      URL:  "6ba7b811-9dad-11d1-80b4-00c04fd430c8"
      OID:  "6ba7b812-9dad-11d1-80b4-00c04fd430c8"
      X500: "6ba7b814-9dad-11d1-80b4-00c04fd430c8"
      Nil:  "00000000-0000-0000-0000-000000000000"
    }`,
    variants: '{Invalid: 0, RFC4122: 1, Reserved: 2, Microsoft: 3, Future: 4}',
  },
};

const URN = 'urn:uuid:';

function withParsed<T extends string | number>(s: string, result: (bytes: Uint8Array) => T): T | BuiltinError {
  const parsed = parse(s);
  return parsed instanceof BuiltinError ? parsed : result(parsed);
}

/** With dashes, also as a URN or in braces, or 32 digits. */
function parse(s: string): Uint8Array | BuiltinError {
  let text = s;
  switch (utf8(s).length) {
    case 36:
      break;
    case 36 + URN.length:
      if (s.slice(0, URN.length).toLowerCase() !== URN) return fail(`invalid urn prefix: "${s.slice(0, URN.length)}"`);
      text = s.slice(URN.length);
      break;
    case 38:
      text = s.slice(1, 37);
      break;
    case 32:
      return /^[0-9a-fA-F]{32}$/.test(s) ? bytesOf(s) : fail('invalid UUID format');
    default:
      return fail(`invalid UUID length: ${utf8(s).length}`);
  }
  const isRight = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/.test(text);
  return isRight ? bytesOf(text.split('-').join('')) : fail('invalid UUID format');
}

function bytesOf(digits: string): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

function format(bytes: Uint8Array): string {
  const digits = toHex(bytes);
  return [0, 8, 12, 16, 20].map((from, i, all) => digits.slice(from, all[i + 1] ?? 32)).join('-');
}

function fromInt(i: bigint): string | BuiltinError {
  const digits = (i < 0n ? -i : i).toString(16).padStart(32, '0');
  const count = Math.ceil(digits.length / 2);
  return count > 16 ? fail(`invalid UUID (got ${count} bytes)`) : format(bytesOf(digits));
}

/** Invalid 0, RFC 4122 1, reserved 2, Microsoft 3, future 4. */
function variant(bytes: Uint8Array): number {
  const bits = bytes[8] ?? 0;
  if ((bits & 0xc0) === 0x80) return 1;
  if ((bits & 0xe0) === 0xc0) return 3;
  return (bits & 0xe0) === 0xe0 ? 4 : 2;
}

function hashed(name: HashName, version: number, parts: readonly Uint8Array[]): string {
  const bytes = hashOf(name, ...parts).slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return format(bytes);
}
