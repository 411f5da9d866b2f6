import { gunzipSync, gzipSync } from 'node:zlib';
import * as zlib from 'node:zlib';
import { decompress as decompressZstd } from 'fzstd';
import type { Compression } from '../apis/application-revision.ts';

/** How the bulky part of a tracker or revision is stored. */
export type CompressionType = '' | 'gzip' | 'zstd';

/** What is stored cannot be read: its compression is unknown, or its data is damaged. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** Node has zstd from 22.15 on; older versions read it by a library and write gzip instead. */
const zstdCompress = (zlib as { readonly zstdCompressSync?: (data: Buffer) => Buffer }).zstdCompressSync;

/** The type in which a compression can be written by this process. */
export const writableType = (type: CompressionType): CompressionType =>
  type === 'zstd' && zstdCompress === undefined ? 'gzip' : type;

/** Compresses the JSON of a value; the type must be writable and not empty. */
export function compress(value: unknown, type: Exclude<CompressionType, ''>): Compression {
  const json = Buffer.from(JSON.stringify(value));
  const data = type === 'zstd' && zstdCompress ? zstdCompress(json) : gzipSync(json);
  return { type: writableType(type), data: data.toString('base64') };
}

/** The value behind compressed data. Throws UnreadableError with the reason. */
export function decompress({ type = '', data = '' }: Compression): unknown {
  const bytes = Buffer.from(data, 'base64');
  try {
    return JSON.parse(inflated(type, bytes).toString('utf8')) as unknown;
  } catch (error) {
    if (error instanceof UnreadableError) throw error;
    throw new UnreadableError(`its ${type} data is damaged: ${(error as Error).message}`, { cause: error });
  }
}

function inflated(type: string, bytes: Buffer): Buffer {
  switch (type) {
    case 'gzip':
      return gunzipSync(bytes);
    case 'zstd':
      return Buffer.from(decompressZstd(bytes));
    default:
      throw new UnreadableError(`its compression ${JSON.stringify(type)} is unknown (known: gzip, zstd)`);
  }
}

export const isCompressed = (compression: Compression | undefined): compression is Compression =>
  (compression?.type ?? '') !== '';
