import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Of a network between a pod and the API server: nothing arrives until it is whole again, or no connection succeeds. */
export type Cut = 'silent' | 'refused';

/** What one end says to the other, and what of it is kept back. */
class Direction {
  readonly #to: Socket;
  readonly #isHeld: () => boolean;
  #held: Buffer[] = [];
  #isOver = false;

  constructor(from: Socket, to: Socket, isHeld: () => boolean) {
    this.#to = to;
    this.#isHeld = isHeld;
    from.on('data', (chunk: Buffer) => {
      if (this.#isHeld()) this.#held.push(chunk);
      else to.write(chunk);
    });
    // a sent request arrives, also when its sender has ended in between
    from.on('close', () => {
      this.#isOver = true;
      if (!this.#isHeld()) to.end();
    });
    from.on('error', () => undefined);
  }

  /** Whether nothing will come any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  release(): void {
    for (const chunk of this.#held.splice(0)) this.#to.write(chunk);
    if (this.#isOver) this.#to.end();
  }
}

/** The network between one pod and the API server: a port of its own that leads there, as long as it is not cut. */
export class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #directions = new Set<Direction>();
  #cut: Cut | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(target: { readonly host: string; readonly port: number }): Promise<Wire> {
    const server = createServer();
    const wire = new Wire(server);
    server.on('connection', (incoming) => {
      wire.#accept(incoming, target);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts it, or makes it whole again. */
  set(cut: Cut | undefined): void {
    this.#cut = cut;
    if (cut === 'refused') for (const socket of this.#sockets) socket.destroy();
    if (cut !== undefined) return;
    for (const direction of this.#directions) {
      direction.release();
      if (direction.isOver) this.#directions.delete(direction);
    }
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(incoming: Socket, target: { readonly host: string; readonly port: number }): void {
    if (this.#cut === 'refused') {
      incoming.destroy();
      return;
    }
    const outgoing = connect(target);
    for (const socket of [incoming, outgoing]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    const isHeld = (): boolean => this.#cut === 'silent';
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      const direction = new Direction(from, to, isHeld);
      this.#directions.add(direction);
      from.on('close', () => {
        if (!isHeld()) this.#directions.delete(direction);
      });
    }
  }
}
