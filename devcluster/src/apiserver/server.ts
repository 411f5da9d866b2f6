import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Handler } from './handler.ts';

export interface ServerOptions {
  readonly handler: Handler;
  readonly port: number;
  readonly host: string;
  readonly tls: {
    readonly key: string;
    readonly cert: string;
    /** Of the CA of accepted client certificates. */ readonly clientCa: string;
  };
}

export interface ListeningServer {
  readonly port: number;
  /** Refuses new requests, ends the open ones and resolves when all is closed. */
  close(): Promise<void>;
  /** Ends all connections at once and goes on serving. */
  readonly closeConnections: () => void;
}

const headersTimeoutMs = 20_000;
const keepAliveTimeoutMs = 120_000;

/** Serves HTTPS until it is closed. Rejects when the port is taken. */
export async function listen({ handler, port, host, tls }: ServerOptions): Promise<ListeningServer> {
  const server = createServer(
    {
      key: tls.key,
      cert: tls.cert,
      ca: tls.clientCa,
      requestCert: true,
      rejectUnauthorized: false,
      maxHeaderSize: 64 * 1024,
      headersTimeout: headersTimeoutMs,
      requestTimeout: 60_000,
      keepAliveTimeout: keepAliveTimeoutMs,
      noDelay: true,
    },
    (request, response) => {
      void handler.handle(request, response);
    },
  );
  // Connections in their TLS handshake are unknown to the HTTP server, and would be served after the end.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const closeConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    answerUpgrade(handler, request, { socket, head });
  });
  server.on('tlsClientError', () => undefined);
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    else socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        closeConnections();
      }),
    closeConnections,
  };
}

/** A request for another protocol: an accepted one takes the socket, a refused one gets an answer. */
function answerUpgrade(
  handler: Handler,
  request: IncomingMessage,
  { socket, head }: { readonly socket: Socket; readonly head: Buffer },
): void {
  if (head.length > 0) socket.unshift(head);
  socket.on('error', () => undefined);
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => {
    socket.end();
  });
  void handler.handle(request, response);
}
