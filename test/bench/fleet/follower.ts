import type { Application } from '../../../pkg/apis/application.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import { systemClock, systemRandom } from '../../../machinery/src/clock/system.ts';
import { Informer } from '../../../pkg/informer/informer.ts';
import { silentLogger } from '../../../machinery/src/logging/logger.ts';
import { isRunning, namespace } from './workload.ts';

/** Follows Applications by one watch: what waits must cost next to nothing, for it is no part of what is measured. */
export class Follower {
  /** Applications that run by when they were first seen to, in `performance.now()`. */
  readonly running = new Map<string, number>();
  /** Names of all Applications. */
  readonly present = new Set<string>();
  readonly #end = new AbortController();
  readonly #following: Promise<unknown>;
  #changed = (): void => undefined;

  constructor(client: KubeClient) {
    const parts = { client, clock: systemClock, random: systemRandom, logger: silentLogger() };
    const informer = new Informer<Application>({ ...parts, resource: applicationResource, namespace, transform: slim });
    informer.subscribe({
      added: (application) => {
        this.#seen(application);
      },
      updated: (_old, application) => {
        this.#seen(application);
      },
      deleted: ({ metadata }) => {
        this.running.delete(metadata.name ?? '');
        this.present.delete(metadata.name ?? '');
        this.#changed();
      },
    });
    this.#following = informer.run(this.#end.signal);
  }

  /** Resolves at the change that makes it so, and fails when it does not come in time; one at a time. */
  async until(what: string, isSo: () => boolean, seconds = 300): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(() => {
          reject(new Error(`gave up waiting for ${what}: ${this.running.size} of ${this.present.size} run`));
        }, seconds * 1000);
        this.#changed = () => {
          if (isSo()) resolve();
        };
        this.#changed();
      });
    } finally {
      clearTimeout(timer);
      this.#changed = () => undefined;
    }
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#following;
  }

  #seen(application: Application): void {
    const { name = '' } = application.metadata;
    this.present.add(name);
    if (!isRunning(application)) this.running.delete(name);
    else if (!this.running.has(name)) this.running.set(name, performance.now());
    this.#changed();
  }
}

const slim = ({ apiVersion, kind, metadata, spec, status }: Application): Application => {
  const { managedFields: _, ...kept } = metadata;
  return { apiVersion, kind, metadata: kept, spec, ...(status && { status }) };
};

/** Follows Applications while something is done, and until so many run: since when each of them does. */
export async function whileFollowing(
  client: KubeClient,
  work: () => Promise<void>,
  { count, seconds = 300 }: { readonly count: number; readonly seconds?: number },
): Promise<ReadonlyMap<string, number>> {
  const follower = new Follower(client);
  try {
    await work();
    await follower.until(`${count} Applications to run`, () => follower.running.size >= count, seconds);
  } finally {
    await follower.stop();
  }
  return follower.running;
}

export async function whenAllRun(client: KubeClient, count: number, seconds?: number): Promise<void> {
  await whileFollowing(client, () => Promise.resolve(), { count, ...(seconds !== undefined && { seconds }) });
}
