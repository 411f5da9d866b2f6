import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { serveSpdy } from './connection.ts';
import type { SpdyStream, StreamHandler } from './connection.ts';
import { controlFrame, dataFrame, fin, frameTypes, numbers, readFrames } from './frames.ts';
import type { Frame } from './frames.ts';
import { HeaderCodec } from './headers.ts';

/** What the server says comes back with a sign of its stream. */
const echo = (log: string[]): StreamHandler => ({
  opened: (stream) => log.push(`open ${stream.id} ${stream.headers.get('streamtype') ?? ''}`),
  data: (stream: SpdyStream, data: Buffer) => {
    stream.write(Buffer.from(`${stream.id}:${data.toString()}`));
  },
  ended: (stream) => {
    log.push(`end ${stream.id}`);
    stream.end();
  },
});

async function connected(
  handler: StreamHandler,
): Promise<{ client: Socket; served: Promise<unknown>; stop: () => void }> {
  let outcome: (value: unknown) => void = () => undefined;
  const served = new Promise<unknown>((resolve) => (outcome = resolve));
  const server = createServer((socket) => {
    serveSpdy(socket, handler).then(
      () => {
        outcome('over');
      },
      (error: unknown) => {
        socket.destroy();
        outcome((error as Error).message);
      },
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
  const stop = (): void => {
    client.destroy();
    server.close();
  };
  return { client, served, stop };
}

const show = (frame: Frame): string =>
  frame.kind === 'data'
    ? `data ${frame.stream} ${frame.data.toString()}${(frame.flags & fin) !== 0 ? ' fin' : ''}`
    : `control ${frame.type} ${frame.data.readUInt32BE(0)}`;

async function next(frames: AsyncGenerator<Frame>, count: number): Promise<readonly string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const step = await frames.next();
    if (step.done === true) break;
    found.push(show(step.value));
  }
  return found;
}

async function syn(codec: HeaderCodec, id: number, type: string): Promise<Buffer> {
  const block = await codec.write(new Map(Object.entries({ streamtype: type, port: '80' })));
  return controlFrame(frameTypes.synStream, Buffer.concat([numbers(id, 0), Buffer.alloc(2), block]));
}

test('streams, data both ways, ends and pings, however the bytes are cut', async () => {
  const log: string[] = [];
  const { client, served, stop } = await connected(echo(log));
  const codec = new HeaderCodec();
  const frames = readFrames(client);
  const bytes = Buffer.concat([
    await syn(codec, 1, 'error'),
    await syn(codec, 3, 'data'),
    dataFrame(3, Buffer.from('hello')),
    controlFrame(frameTypes.ping, numbers(7)),
    dataFrame(9, Buffer.from('unknown')),
    dataFrame(3, Buffer.alloc(0), fin),
  ]);
  for (let at = 0; at < bytes.length; at += 5) client.write(bytes.subarray(at, at + 5));
  expect(await next(frames, 6)).toEqual([
    'control 2 1',
    'control 2 3',
    'data 3 3:hello',
    'control 6 7',
    'control 3 9',
    'data 3  fin',
  ]);
  expect(log).toEqual(['open 1 error', 'open 3 data', 'end 3']);
  client.end();
  expect(await served).toBe('over');
  expect(log.slice(3).sort()).toEqual(['end 1', 'end 3']);
  stop();
});

test.each<[string, Buffer, string]>([
  ['another version', Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0]), 'SPDY version 2 is not spoken here'],
  ['a frame without end', Buffer.from([0, 0, 0, 1, 0, 0xff, 0xff, 0xff]), 'is larger than'],
  ['headers that are no zlib', controlFrame(frameTypes.synStream, Buffer.alloc(40, 1)), 'incorrect header check'],
])('%s ends the connection', async (_name, bytes, says) => {
  const { client, served, stop } = await connected(echo([]));
  client.write(bytes);
  expect(await served).toContain(says);
  stop();
});

test('the dictionary is that of the protocol', async () => {
  const block = await new HeaderCodec().write(new Map());
  // the second to fifth byte after the head name the dictionary by its checksum
  expect(block.subarray(2, 6).toString('hex')).toBe('e3c6a7c2');
});
