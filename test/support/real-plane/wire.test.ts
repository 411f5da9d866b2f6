import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../fleet.ts';
import { Wire } from './wire.ts';

let server: Server;
let wire: Wire;
let heard: string;
const clients: Socket[] = [];

/** Answers every text by itself in capitals. */
beforeEach(async () => {
  heard = '';
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      socket.write(chunk.toString().toUpperCase());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  wire = await Wire.to({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
});

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  wire.close();
  server.close();
});

interface Client {
  readonly socket: Socket;
  said: string;
}

function client(): Client {
  const socket = connect(wire.port, '127.0.0.1');
  clients.push(socket);
  const one: Client = { socket, said: '' };
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    one.said += chunk.toString();
  });
  return one;
}

const answered = (one: Client, text: string): Promise<void> =>
  eventually('the answer', () => {
    expect(one.said).toBe(text);
  });

test('a wire that is whole hands on both ways', async () => {
  const one = client();
  one.socket.write('a');
  await answered(one, 'A');
});

test('in silence nothing arrives, and everything does in the end', async () => {
  const one = client();
  one.socket.write('a');
  await answered(one, 'A');
  wire.set('silent');
  one.socket.write('b');
  const other = client();
  other.socket.write('c');
  await sleep(50);
  expect(heard).toBe('a');
  wire.set(undefined);
  await answered(one, 'AB');
  await answered(other, 'C');
});

test('a sent request arrives also when its sender has given up', async () => {
  const one = client();
  one.socket.write('a');
  await answered(one, 'A');
  wire.set('silent');
  one.socket.write('b');
  await sleep(50);
  one.socket.destroy();
  await sleep(50);
  wire.set(undefined);
  await eventually('it to arrive', () => {
    expect(heard).toBe('ab');
  });
});

test('a refusal ends connections and lets none be made', async () => {
  const one = client();
  one.socket.write('a');
  await answered(one, 'A');
  wire.set('refused');
  await once(one.socket, 'close');
  const other = client();
  await once(other.socket, 'close');
  wire.set(undefined);
  const third = client();
  third.socket.write('d');
  await answered(third, 'D');
});
