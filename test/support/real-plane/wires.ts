import { createServer } from 'node:http';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { ClusterApi } from '../../../devcluster/src/contract/cluster-api.ts';
import { pods } from '../../../devcluster/src/contract/builtin.ts';
import { Wire } from './wire.ts';
import type { Cut } from './wire.ts';

/** The wires of all pods that run as processes, by pod's name. */
export class Wires {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #wires = new Map<string, Wire>();
  #cuts: Readonly<Record<string, Cut>> = {};

  constructor(serverUrl: string) {
    const { hostname, port } = new URL(serverUrl);
    this.#target = { host: hostname, port: Number(port) };
  }

  /** Where the pod finds the API server. */
  async urlFor({ metadata: { name = '' } }: KubeObject): Promise<string> {
    const wire = this.#wires.get(name) ?? (await Wire.to(this.#target));
    this.#wires.set(name, wire);
    wire.set(this.#cuts[name]);
    return `https://127.0.0.1:${wire.port}`;
  }

  /** Takes the wires of pods away that are gone. */
  follow(api: ClusterApi, signal: AbortSignal): void {
    const forget = ({ type, object }: { readonly type: string; readonly object: KubeObject }): void => {
      const { name = '' } = object.metadata;
      if (type !== 'DELETED') return;
      this.#wires.get(name)?.close();
      this.#wires.delete(name);
    };
    api.subscribe(pods, {}, forget, signal);
  }

  /** Listens for cuts: PUT with a JSON object of pods' names. */
  listen(port: number, signal: AbortSignal): void {
    const server = createServer((request, response) => {
      void request.toArray().then((chunks: Buffer[]) => {
        this.#set(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, Cut>);
        response.end();
      });
    });
    server.listen(port, '127.0.0.1');
    signal.addEventListener('abort', () => {
      server.close();
      server.closeAllConnections();
    });
  }

  #set(cuts: Readonly<Record<string, Cut>>): void {
    const before = this.#cuts;
    this.#cuts = cuts;
    for (const [name, wire] of this.#wires) if (before[name] !== cuts[name]) wire.set(cuts[name]);
  }
}
