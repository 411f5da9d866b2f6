import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { application, ApplicationBed } from '../../../../test/support/application-bed.ts';
import { apiError } from '../../../../test/support/fake-kube-client.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { Application } from '../../../apis/application.ts';
import { annotations, labels } from '../../../apis/names.ts';
import { silentLogger } from '../../../logging/logger.ts';
import { newRegistry } from '../../../metrics/registry.ts';
import { Journal } from '../../../workqueue/journal.ts';
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
    await this.#inWork();
    this.quarantine = this.#start();
    expect(await this.quarantine.accuse(this.#left, signal)).toEqual(this.#left);
  }

  /** The process dies while it works, and its pod goes with it. */
  async dieWithPod(): Promise<void> {
    await this.#inWork();
    rmSync(this.#file);
    this.quarantine = this.#start();
  }

  async work(does: () => Promise<object> = () => Promise.resolve({})): Promise<number | undefined> {
    const guarded = this.quarantine.guard((one) => {
      this.worked.push(one);
      return does();
    });
    return (await guarded(key, { logger: silentLogger(), signal })).requeueAfterMs;
  }

  app(): Application {
    const app = this.bed.app();
    if (!app) throw new Error('it is gone');
    return app;
  }

  /** Begins to work and never ends. */
  #inWork(): Promise<void> {
    return new Promise((resolve) => {
      const guarded = this.quarantine.guard(() => {
        resolve();
        return new Promise<never>(() => undefined);
      });
      void guarded(key, { logger: silentLogger(), signal });
    });
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

  test('counts another crash before it comes, so that it is known without a journal', async () => {
    const shard = new Shard('podless');
    await shard.die();
    await shard.dieWithPod();
    expect(suspicionOf(shard.app())).toMatchObject({ crashes: 2, inAdvance: true });
    expect(shard.bed.events).toEqual([]);
    expect(await shard.work()).toBe(minute);
    expect([shard.worked, shard.bed.events]).toEqual([[], ['Quarantined']]);
    expect(shard.app().status?.conditions).toMatchObject([{ type: 'Quarantined', status: 'True' }]);
    expect([await shard.work(), shard.bed.events]).toEqual([minute, ['Quarantined']]);
    // who comes late with a journal says nothing new
    expect(await shard.quarantine.accuse([key], signal)).toEqual([key]);
    expect([suspicionOf(shard.app())?.crashes, shard.bed.events]).toEqual([2, ['Quarantined']]);
    await shard.bed.clock.advance(minute);
    await shard.dieWithPod();
    expect(await shard.work()).toBe(2 * minute);
  });

  test('is as suspect as before when the work on it fails', async () => {
    const shard = new Shard('failing');
    await shard.die();
    const before = suspicionOf(shard.app());
    const failing = (): Promise<object> => Promise.reject(new Error('not now'));
    await expect(shard.work(failing)).rejects.toThrow('not now');
    expect([suspicionOf(shard.app()), shard.worked]).toEqual([before, [key]]);
    expect(await shard.work()).toBeUndefined();
    expect(suspicionOf(shard.app())).toBeUndefined();
  });

  test('is not held back by a count that its own process could not take back', async () => {
    const shard = new Shard('unsaid');
    await shard.die();
    const broken = (): Promise<object> => {
      shard.bed.cluster.intercept = () => {
        shard.bed.cluster.intercept = undefined;
        throw apiError(500, 'InternalError', 'not now either');
      };
      return Promise.reject(new Error('not now'));
    };
    await expect(shard.work(broken)).rejects.toThrow('not now');
    expect(suspicionOf(shard.app())?.inAdvance).toBe(true);
    expect(await shard.work()).toBeUndefined();
    expect([shard.worked.length, suspicionOf(shard.app())]).toEqual([2, undefined]);
  });

  test('is not left alone for longer because the calendar of the process that died was ahead', async () => {
    const shard = new Shard('ahead');
    await shard.die();
    await shard.die();
    const { metadata } = shard.app();
    const inAnHour = JSON.stringify({ crashes: 2, at: shard.bed.clock.now() + 3_600_000 });
    const marked = { ...metadata, annotations: { [annotations.crashes]: inAnHour } };
    shard.bed.cluster.replace(applicationResource, { ...shard.app(), metadata: marked }, undefined);
    expect(await shard.work()).toBe(minute);
    await shard.bed.clock.advance(minute - 1);
    expect(await shard.work()).toBe(1);
    await shard.bed.clock.advance(1);
    expect(await shard.work()).toBeUndefined();
    expect(shard.worked).toEqual([key]);
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

test('a crash that was counted in advance is read as such', () => {
  const text = '{"crashes":2,"at":1,"inAdvance":true}';
  expect(suspicionOf({ metadata: { annotations: { [annotations.crashes]: text } } })).toEqual({
    crashes: 2,
    at: 1,
    inAdvance: true,
  });
});

test.each(['', 'x', '{}', '[]', '{"crashes":"2","at":1}', '{"crashes":0,"at":1}'])('%p is no suspicion', (text) => {
  expect(suspicionOf({ metadata: { annotations: { [annotations.crashes]: text } } })).toBeUndefined();
});
