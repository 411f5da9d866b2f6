import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { application, ApplicationBed } from '../../../test/support/application-bed.ts';
import { applicationResource } from '../../apis/application.ts';
import type { Application } from '../../apis/application.ts';
import { annotations, labels } from '../../apis/names.ts';
import { silentLogger } from '../../logging/logger.ts';
import { newRegistry } from '../../metrics/registry.ts';
import { Journal } from '../../workqueue/journal.ts';
import { pauseLeftMs, Quarantine, suspicionOf } from './quarantine.ts';

const folder = mkdtempSync(join(tmpdir(), 'quarantine-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const { signal } = new AbortController();
const key = 'default/app';
const minute = 60_000;

/** A shard whose process can die; the journal is what is left of it. */
class Shard {
  readonly bed = new ApplicationBed({ shard: 's' });
  readonly worked: string[] = [];
  readonly #file: string;
  quarantine: Quarantine;
  #left: readonly string[] = [];

  constructor(name: string) {
    this.#file = join(folder, name);
    const components = [{ name: 'conf', type: 'config', properties: { data: { a: '1' } } }];
    this.bed.put(application({ components }, { labels: { [labels.scheduledShardId]: 's' } }));
    this.quarantine = this.#start();
  }

  /** The process dies while it works; the next one takes over. */
  async die(): Promise<void> {
    const never = new Promise<never>(() => undefined);
    void this.quarantine.guard(() => never)(key, { logger: silentLogger(), signal });
    this.quarantine = this.#start();
    expect(await this.quarantine.accuse(this.#left, signal)).toEqual(this.#left);
  }

  async work(): Promise<number | undefined> {
    const guarded = this.quarantine.guard((one) => {
      this.worked.push(one);
      return Promise.resolve({});
    });
    return (await guarded(key, { logger: silentLogger(), signal })).requeueAfterMs;
  }

  app(): Application {
    const app = this.bed.app();
    if (!app) throw new Error('it is gone');
    return app;
  }

  #start(): Quarantine {
    const { journal, left } = Journal.open(this.#file);
    this.#left = left;
    return new Quarantine({
      client: this.bed.cluster.client(),
      applications: {
        get: (namespace, name) =>
          this.bed.cluster.find(applicationResource, { namespace, name }) as Application | undefined,
      },
      events: { event: (_object, _type, reason) => this.bed.events.push(reason) },
      shard: 's',
      journal,
      clock: this.bed.clock,
      logger: silentLogger(),
      metrics: newRegistry(),
    });
  }
}

describe('an Application that was in work when the controller died', () => {
  test('is suspect, is worked on at once, and is cleared when that goes well', async () => {
    const shard = new Shard('once');
    await shard.die();
    expect([suspicionOf(shard.app())?.crashes, shard.quarantine.isSuspect(key), shard.bed.events]).toEqual([
      1,
      true,
      [],
    ]);
    expect(await shard.work()).toBeUndefined();
    expect([shard.worked, shard.quarantine.isSuspect(key)]).toEqual([[key], false]);
    expect(shard.app().metadata.annotations ?? {}).toEqual({});
  });

  test('the second time is left alone, longer each time, and says so', async () => {
    const shard = new Shard('often');
    await shard.die();
    await shard.die();
    expect(await shard.work()).toBe(minute);
    expect([shard.worked, shard.bed.events]).toEqual([[], ['Quarantined']]);
    expect(shard.app().status?.conditions).toMatchObject([{ type: 'Quarantined', status: 'True' }]);
    await shard.bed.clock.advance(minute);
    await shard.die();
    expect(await shard.work()).toBe(2 * minute);
    await shard.bed.clock.advance(2 * minute);
    expect(await shard.work()).toBeUndefined();
    expect([shard.worked, shard.app().status?.conditions]).toEqual([[key], []]);
  });

  test('can be moved away all the same', async () => {
    const shard = new Shard('moving');
    await shard.die();
    await shard.die();
    const { metadata } = shard.app();
    const moving = { ...metadata, labels: { ...metadata.labels, [labels.shardMove]: 't' } };
    shard.bed.cluster.replace(applicationResource, { ...shard.app(), metadata: moving }, undefined);
    expect(await shard.work()).toBeUndefined();
    expect([shard.worked, suspicionOf(shard.app())?.crashes]).toEqual([[key], 2]);
  });

  test('is not held against one that went to another shard meanwhile, or is gone', async () => {
    const shard = new Shard('elsewhere');
    const { metadata } = shard.app();
    const moved = { ...shard.app(), metadata: { ...metadata, labels: { [labels.scheduledShardId]: 't' } } };
    shard.bed.cluster.replace(applicationResource, moved, undefined);
    expect(await shard.quarantine.accuse([key, 'default/gone'], signal)).toEqual(['default/gone']);
    expect(shard.app().metadata.annotations?.[annotations.crashes]).toBeUndefined();
  });
});

test.each([
  { crashes: 1, ago: 0, left: 0 },
  { crashes: 2, ago: 0, left: minute },
  { crashes: 2, ago: 50_000, left: 10_000 },
  { crashes: 4, ago: 0, left: 4 * minute },
  { crashes: 50, ago: 0, left: 60 * minute },
  { crashes: 2, ago: -1e9, left: minute },
])('after $crashes crashes, the last $ago ms ago, it is left alone for $left ms', ({ crashes, ago, left }) => {
  expect(pauseLeftMs({ crashes, at: 5_000_000 }, 5_000_000 + ago)).toBe(left);
});

test.each(['', 'x', '{}', '[]', '{"crashes":"2","at":1}', '{"crashes":0,"at":1}'])('%p is no suspicion', (text) => {
  expect(suspicionOf({ metadata: { annotations: { [annotations.crashes]: text } } })).toBeUndefined();
});
