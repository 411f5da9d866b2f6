import { eventually } from '../support/fleet.ts';
import type { ChaosCluster } from './cluster.ts';

/** The faults that the API server is asked for at present. */
export class ApiFaults {
  readonly #cluster: ChaosCluster;
  #rules: readonly object[] = [];

  constructor(cluster: ChaosCluster) {
    this.#cluster = cluster;
  }

  async add(rule: object): Promise<void> {
    this.#rules = [...this.#rules, rule];
    await this.#write();
  }

  async remove(rule: object): Promise<void> {
    this.#rules = this.#rules.filter((other) => other !== rule);
    await this.#write();
  }

  async clear(): Promise<void> {
    this.#rules = [];
    await this.#write();
  }

  async #write(): Promise<void> {
    // the rules themselves may break this connection
    const write = (): Promise<unknown> => this.#cluster.client.raw('PUT', '/flotilla/chaos', { rules: this.#rules });
    await eventually('the API server to take the faults', write, 10);
  }
}
