import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { maxBodyBytes, readBody } from './body.ts';
import { StatusError } from '../contract/status-error.ts';

let server: Server;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

afterEach(() => {
  agent.destroy();
  server.close();
});

/** A server that answers with the length of the body that it has read, or with what kept it from reading. */
async function listen(): Promise<number> {
  server = createServer((incoming, response) => {
    readBody(incoming).then(
      (body) => response.end(String(body.length)),
      (error: unknown) => {
        if (error instanceof StatusError) response.writeHead(error.code).end(error.message);
        else response.destroy();
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function post(port: number, body: Buffer, headers: Record<string, string>): Promise<[number, string, boolean]> {
  const outgoing = request({ host: '127.0.0.1', port, method: 'POST', agent, headers });
  for (let from = 0; from < body.length; from += 65_536) outgoing.write(body.subarray(from, from + 65_536));
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return [response.statusCode ?? 0, text, outgoing.reusedSocket];
}

test('a body that is refused half-way does not block the next request of the connection', async () => {
  const port = await listen();
  const plain = Buffer.alloc(400_000, 'x');
  expect(await post(port, gzipSync(plain), { 'content-encoding': 'gzip' })).toEqual([200, '400000', false]);
  const [code, text] = await post(port, plain, { 'content-encoding': 'gzip' });
  expect([code, text]).toEqual([400, expect.stringContaining('not the gzip that its header says')]);
  expect(await post(port, plain, {})).toEqual([200, '400000', true]);
  const bomb = gzipSync(Buffer.alloc(maxBodyBytes * 3));
  expect((await post(port, bomb, { 'content-encoding': 'gzip' }))[0]).toBe(413);
  expect(await post(port, plain, {})).toEqual([200, '400000', true]);
});

test('a body without a length that becomes too large', async () => {
  const port = await listen();
  expect((await post(port, Buffer.alloc(maxBodyBytes + 1), {}))[0]).toBe(413);
  expect(await post(port, Buffer.alloc(maxBodyBytes), {})).toEqual([200, String(maxBodyBytes), true]);
});
