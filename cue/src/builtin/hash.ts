import { createHash } from 'node:crypto';
import type { BuiltinPackage } from './api.ts';
import { fn, text } from './define.ts';
import { utf8 } from './text.ts';

export type HashName = 'md5' | 'sha1' | 'sha224' | 'sha256';

export function hashOf(name: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(name);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

export const sha256Package: BuiltinPackage = {
  path: 'crypto/sha256',
  constants: { Size: 32, Size224: 28, BlockSize: 64 },
  functions: {
    Sum256: fn([text], 'bytes', ([data]) => hashOf('sha256', utf8(data))),
    Sum224: fn([text], 'bytes', ([data]) => hashOf('sha224', utf8(data))),
  },
};

export const md5Package: BuiltinPackage = {
  path: 'crypto/md5',
  constants: { Size: 16, BlockSize: 64 },
  functions: { Sum: fn([text], 'bytes', ([data]) => hashOf('md5', utf8(data))) },
};
