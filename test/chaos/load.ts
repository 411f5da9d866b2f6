import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../../pkg/apis/api-error.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { Random } from '../../machinery/src/clock/clock.ts';
import { applicationOf, namespace, patchOf } from './applications.ts';
import type { Shape, Wanted } from './applications.ts';

interface Entry {
  wanted: Wanted;
  /** Never changed nor deleted, so that its resources must stay what they were. */
  readonly isStable: boolean;
  isDeleted: boolean;
  /** Whether a change of it is under way. */
  isBusy: boolean;
}

export interface LoadOptions {
  readonly client: () => KubeClient;
  readonly random: Random;
  readonly count: number;
  readonly changesPerSecond: number;
}

/** Users that create, change, publish and delete Applications, and record their requests. */
export class Load {
  readonly #options: LoadOptions;
  readonly #entries: Entry[] = [];
  readonly #open = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  /** Changes that the API server did not accept, with what it said. */
  readonly refused: string[] = [];
  /** By kind of change. */
  readonly done = new Map<string, number>();

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** What must exist. */
  get wanted(): readonly Wanted[] {
    return this.#entries.filter(({ isDeleted }) => !isDeleted).map(({ wanted }) => wanted);
  }

  get stable(): readonly Wanted[] {
    return this.#entries.filter(({ isStable }) => isStable).map(({ wanted }) => wanted);
  }

  /** Creates the first Applications; every fourth is never touched again. */
  async create(): Promise<void> {
    for (let i = 0; i < this.#options.count; i += 1) {
      const entry = this.#newEntry(i % 4 === 0);
      await this.#create(entry);
    }
  }

  /** Changes Applications until the time is over, then waits until everything that was begun has been accepted. */
  async run(seconds: number): Promise<void> {
    const { random, changesPerSecond } = this.#options;
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end && !this.#stopping.signal.aborted) {
      const change = this.#next();
      if (change && this.#open.size < 50) {
        this.#open.add(change);
        void change
          .catch((error: unknown) => this.refused.push(error instanceof Error ? error.message : String(error)))
          .finally(() => this.#open.delete(change));
      }
      await sleep((1000 / changesPerSecond) * (0.5 + random()));
    }
    await Promise.allSettled(this.#open);
  }

  stop(): void {
    this.#stopping.abort();
  }

  #next(): Promise<void> | undefined {
    const { random, count } = this.#options;
    const idle = this.#entries.filter((entry) => !entry.isStable && !entry.isDeleted && !entry.isBusy);
    const entry = idle[Math.floor(random() * idle.length)];
    const dice = random();
    const live = this.wanted.length;
    if (!entry || dice < (live < count ? 0.16 : 0.06)) return this.#create(this.#newEntry(false));
    if (dice < 0.25) return this.#delete(entry);
    return this.#change(entry, dice > 0.85);
  }

  #newEntry(isStable: boolean): Entry {
    const { random } = this.#options;
    const dice = random();
    const shape: Shape = dice < 0.5 ? 'objects' : dice < 0.75 ? 'steps' : 'web';
    const wanted = { name: `app-${this.#entries.length}`, shape, version: 1, isPublished: random() < 0.15 };
    const entry = { wanted, isStable, isDeleted: false, isBusy: false };
    this.#entries.push(entry);
    return entry;
  }

  #create(entry: Entry): Promise<void> {
    return this.#insist(entry, 'created', async (client) => {
      try {
        await client.create(applicationResource, applicationOf(entry.wanted));
      } catch (error) {
        if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
      }
    });
  }

  #change(entry: Entry, publishes: boolean): Promise<void> {
    const { version, isPublished } = entry.wanted;
    entry.wanted = { ...entry.wanted, version: version + 1, isPublished: isPublished || publishes };
    const body = patchOf(entry.wanted);
    const target = { name: entry.wanted.name, namespace };
    return this.#insist(entry, publishes ? 'published' : 'changed', async (client) => {
      await client.patch(applicationResource, target, { type: 'merge', body });
    });
  }

  #delete(entry: Entry): Promise<void> {
    entry.isDeleted = true;
    return this.#insist(entry, 'deleted', async (client) => {
      try {
        await client.delete(applicationResource, { name: entry.wanted.name, namespace });
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
      }
    });
  }

  /** Tries again until the API server has accepted it. */
  async #insist(entry: Entry, what: string, change: (client: KubeClient) => Promise<void>): Promise<void> {
    entry.isBusy = true;
    for (let attempt = 0; !this.#stopping.signal.aborted; attempt += 1) {
      try {
        await change(this.#options.client());
        this.done.set(what, (this.done.get(what) ?? 0) + 1);
        entry.isBusy = false;
        return;
      } catch (error) {
        const code = error instanceof ApiError ? error.code : 0;
        const isRefused = code >= 400 && code < 500 && code !== 409 && code !== 429;
        if (isRefused || attempt > 300)
          throw new Error(`${entry.wanted.name} could not be ${what}: ${String(error)}`, { cause: error });
        await sleep(200);
      }
    }
  }
}
