import type { Readable } from 'node:stream';

export const frameTypes = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const;
export const fin = 0x01;
const version = 3;
const headBytes = 8;
/** Larger than anything that clients of Kubernetes send in one frame. */
const maxFrameBytes = 1024 * 1024;

export type Frame =
  | { readonly kind: 'data'; readonly stream: number; readonly flags: number; readonly data: Buffer }
  | { readonly kind: 'control'; readonly type: number; readonly flags: number; readonly data: Buffer };

/** The frames of a SPDY/3.1 connection, until it ends. Throws when they are none. */
export async function* readFrames(socket: Readable): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const frame = firstFrame(rest);
      if (frame === undefined) break;
      rest = rest.subarray(headBytes + frame.data.length);
      yield frame;
    }
  }
}

function firstFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < headBytes) return undefined;
  const head = bytes.readUInt32BE(0);
  const flags = bytes[4] ?? 0;
  const length = bytes.readUIntBE(5, 3);
  if (length > maxFrameBytes) throw new Error(`a frame of ${length} bytes is larger than ${maxFrameBytes}`);
  if (bytes.length < headBytes + length) return undefined;
  const data = bytes.subarray(headBytes, headBytes + length);
  if (head < 0x8000_0000) return { kind: 'data', stream: head, flags, data };
  const spoken = (head >>> 16) & 0x7fff;
  if (spoken !== version) throw new Error(`SPDY version ${spoken} is not spoken here`);
  return { kind: 'control', type: head & 0xffff, flags, data };
}

export function dataFrame(stream: number, data: Buffer, flags = 0): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(stream, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(data.length, 5, 3);
  return Buffer.concat([head, data]);
}

export function controlFrame(type: number, data: Buffer, flags = 0): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt16BE(0x8000 | version, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(data.length, 5, 3);
  return Buffer.concat([head, data]);
}

/** Numbers of 32 bits, one after the other. */
export function numbers(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => buffer.writeUInt32BE(value, 4 * i));
  return buffer;
}
