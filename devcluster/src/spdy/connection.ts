import type { Duplex } from 'node:stream';
import { controlFrame, dataFrame, fin, frameTypes, numbers, readFrames } from './frames.ts';
import type { Frame } from './frames.ts';
import { HeaderCodec } from './headers.ts';

/** One stream that the client has opened. */
export interface SpdyStream {
  readonly id: number;
  readonly headers: ReadonlyMap<string, string>;
  /** False when the socket is full: then wait for its `drain`. */
  write(data: Buffer): boolean;
  /** Says that nothing more comes, after some last data. */
  end(data?: Buffer): void;
}

/** What is done with the streams of a connection. */
export interface StreamHandler {
  opened(stream: SpdyStream): void;
  /** Resolves when more may come. */
  data(stream: SpdyStream, data: Buffer): Promise<void> | void;
  /** The client sends nothing more on the stream. */
  ended(stream: SpdyStream): void;
}

const invalidStream = 1;
const statusMask = 0x7fff_ffff;

/**
 * Serves one SPDY/3.1 connection until it ends, as far as clients of Kubernetes use it: streams that the client opens,
 * data both ways, pings. Windows are not kept, as those clients keep none. Throws when what comes is not SPDY.
 */
export async function serveSpdy(socket: Duplex, handler: StreamHandler): Promise<void> {
  const codec = new HeaderCodec();
  const streams = new Map<number, SpdyStream>();
  try {
    for await (const frame of readFrames(socket)) {
      if (frame.kind === 'data') await onData(frame);
      else await onControl(frame);
    }
  } finally {
    for (const stream of streams.values()) handler.ended(stream);
    codec.close();
  }

  async function onData({ stream: id, flags, data }: Frame & { readonly kind: 'data' }): Promise<void> {
    const stream = streams.get(id);
    if (stream === undefined) {
      socket.write(controlFrame(frameTypes.rstStream, numbers(id, invalidStream)));
      return;
    }
    if (data.length > 0) await handler.data(stream, data);
    if ((flags & fin) !== 0) handler.ended(stream);
  }

  async function onControl({ type, flags, data }: Frame & { readonly kind: 'control' }): Promise<void> {
    switch (type) {
      case frameTypes.synStream:
        await open(data, flags);
        return;
      case frameTypes.rstStream: {
        const id = data.readUInt32BE(0) & statusMask;
        const stream = streams.get(id);
        streams.delete(id);
        if (stream) handler.ended(stream);
        return;
      }
      case frameTypes.ping:
        socket.write(controlFrame(frameTypes.ping, data));
        return;
      default:
      // settings, windows and farewells ask for nothing
    }
  }

  async function open(data: Buffer, flags: number): Promise<void> {
    const id = data.readUInt32BE(0) & statusMask;
    const headers = await codec.read(data.subarray(10));
    const stream: SpdyStream = {
      id,
      headers,
      write: (out) => !socket.writable || socket.write(dataFrame(id, out)),
      end: (out = Buffer.alloc(0)) => {
        if (socket.writable) socket.write(dataFrame(id, out, fin));
      },
    };
    streams.set(id, stream);
    const none = await codec.write(new Map());
    socket.write(controlFrame(frameTypes.synReply, Buffer.concat([numbers(id), none])));
    handler.opened(stream);
    if ((flags & fin) !== 0) handler.ended(stream);
  }
}
