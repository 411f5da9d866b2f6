import { describe, expect, test } from '@jest/globals';
import { MemoryApi } from '../../../../test/support/memory-api.ts';
import type { KubeClient, ListOptions } from '../../../apis/kube-client.ts';
import type { KubeList, KubeObject, Resource } from '../../../../machinery/src/meta.ts';
import { seededRandom } from '../../../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../../metrics/registry.ts';
import { Families } from '../../family/families.ts';
import { Assigner } from './assigner.ts';

/*
 * What the assigner asks of the API server, and what it is shown, in every short history of a fleet: the same whether
 * there is one object with an owner or there are many.
 */

const resource: Resource = { group: 'example.com', version: 'v1', kind: 'Site', plural: 'sites', namespaced: true };
const sites = new Families({ resource, keys: { shard: 'shard', move: 'move', epoch: 'epoch' }, members: [] });
const graceMs = 10_000;
const wave = 2;

const events = ['some come', 'some are lost', 'labels are taken away', 'owned ones change', 'a shard joins'] as const;
type Event = (typeof events)[number];

interface Cost {
  readonly requests: Readonly<Record<string, number>>;
  /** Objects in lists and events. */
  readonly shown: number;
  readonly isDone: boolean;
}

class Bed {
  readonly #clock = new FakeClock();
  readonly #api = new MemoryApi();
  readonly #requests: Record<string, number> = {};
  #shown = 0;
  readonly #known = ['a', 'b'];
  #made = 0;
  #unlabelled = 0;

  async run(history: readonly Event[], { owned, selects = true }: { owned: number; selects?: boolean }): Promise<Cost> {
    for (let i = 0; i < owned; i += 1) await this.#create(`owned-${String(i).padStart(3, '0')}`, 'a');
    const client = this.#counted(selects);
    const assigner = new Assigner({
      families: sites,
      client,
      pick: () => Promise.resolve('b'),
      known: () => this.#known,
      events: { event: () => undefined },
      clock: this.#clock,
      random: seededRandom(1),
      logger: silentLogger(),
      metrics: newRegistry(),
      strayGraceMs: graceMs,
    });
    const stop = new AbortController();
    const running = Promise.all([assigner.watch(stop.signal), assigner.run(client, stop.signal)]);
    for (const event of history) {
      await this.#clock.advance(2_000);
      await this.#happen(event);
    }
    for (let waitedMs = 0; waitedMs < 2 * graceMs; waitedMs += 4_000) await this.#clock.advance(4_000);
    const isDone = this.#api.objects.every((site) => this.#known.includes(sites.shardOf(site) ?? ''));
    stop.abort();
    this.#api.dropWatches();
    await running;
    return { requests: this.#requests, shown: this.#shown, isDone };
  }

  async #happen(event: Event): Promise<void> {
    switch (event) {
      case 'some come':
      case 'some are lost':
        for (let i = 0; i < wave; i += 1, this.#made += 1)
          await this.#create(`new-${this.#made}`, event === 'some come' ? undefined : 'nowhere');
        return;
      case 'labels are taken away':
        for (let i = 0; i < wave; i += 1, this.#unlabelled += 1)
          await this.#patch(`owned-${String(this.#unlabelled).padStart(3, '0')}`, { labels: { shard: null } });
        return;
      case 'owned ones change':
        for (const { metadata } of this.#api.objects)
          if (metadata.labels?.['shard'] === 'a') await this.#patch(metadata.name ?? '', { annotations: { x: 'y' } });
        return;
      case 'a shard joins':
        this.#known.push(`joined-${this.#known.length}`);
    }
  }

  async #create(name: string, shard: string | undefined): Promise<void> {
    const metadata = { namespace: 'ns', name, ...(shard !== undefined && { labels: { shard } }) };
    await this.#api.create(resource, { apiVersion: 'example.com/v1', kind: 'Site', metadata });
  }

  async #patch(name: string, metadata: object): Promise<void> {
    await this.#api.patch(resource, { namespace: 'ns', name }, { body: { metadata } as never });
  }

  /** The API as the assigner has it. Without selectors it would be shown everything. */
  #counted(selects: boolean): KubeClient {
    const api = this.#api;
    const chosen = <T extends ListOptions>(options: T): T => ({
      ...options,
      ...(!selects && { labelSelector: undefined }),
    });
    const count = (what: string): void => {
      this.#requests[what] = (this.#requests[what] ?? 0) + 1;
    };
    const show = (n: number): void => {
      this.#shown += n;
    };
    const counted: Partial<KubeClient> = {
      get: (of, target) => {
        count('get');
        return api.get(of, target);
      },
      patch: (of, target, patch) => {
        count('patch');
        return api.patch(of, target, patch);
      },
      list: async <T extends KubeObject>(of: Resource, options: ListOptions = {}): Promise<KubeList<T>> => {
        count('list');
        const found = await api.list<T>(of, chosen(options));
        show(found.items.length);
        return found;
      },
      watch: async function* (of, options) {
        count('watch');
        for await (const event of api.watch<never>(of, chosen(options))) {
          show(1);
          yield event;
        }
      },
    };
    return counted as KubeClient;
  }
}

const histories = events.flatMap((a) => events.flatMap((b) => [[a, b], ...events.map((c) => [a, b, c])]));
const total = ({ requests }: Cost): number => Object.values(requests).reduce((sum, count) => sum + count, 0);

describe('the cost of the assigner', () => {
  test('depends on what is not assigned and on the shards, and on nothing else', async () => {
    const found = { differs: [] as string[], tooMany: [] as string[], undone: [] as string[] };
    for (const history of histories) {
      const name = history.join(', ');
      const few = await new Bed().run(history, { owned: 3 * wave });
      const many = await new Bed().run(history, { owned: 10 * wave });
      const came = wave * history.filter((event) => event !== 'owned ones change' && event !== 'a shard joins').length;
      const joined = history.filter((event) => event === 'a shard joins').length;
      if (JSON.stringify(few) !== JSON.stringify(many)) found.differs.push(name);
      // a read and a write for each; a list and a watch for those without a shard, and for each set of shards
      if (total(many) > 2 * came + 2 * (2 + joined)) found.tooMany.push(name);
      if (!many.isDone) found.undone.push(name);
    }
    expect(found).toEqual({ differs: [], tooMany: [], undone: [] });
  });

  test('would depend on all others without selectors', async () => {
    const few = await new Bed().run(['some come'], { owned: 10, selects: false });
    const many = await new Bed().run(['some come'], { owned: 500, selects: false });
    expect(many.shown).toBeGreaterThan(few.shown + 400);
    expect(total(many)).toBeGreaterThan(total(few) + 400);
  });

  test('is the same for ten and for five hundred', async () => {
    const history = ['some come', 'some are lost', 'owned ones change', 'a shard joins'] as const;
    expect(await new Bed().run(history, { owned: 500 })).toEqual(await new Bed().run(history, { owned: 10 }));
  });
});
