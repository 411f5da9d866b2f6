import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { application, ApplicationBed } from '../../../../test/support/application-bed.ts';
import { apiError } from '../../../../test/support/fake-kube-client.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { Application } from '../../../apis/application.ts';
import { annotations, labels } from '../../../apis/names.ts';
import { silentLogger } from '../../../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../../metrics/registry.ts';
import { Journal } from '../../../fleet/journal.ts';
import { Quarantine } from './guard.ts';
import { suspicionOf } from './suspicion.ts';

const folder = mkdtempSync(join(tmpdir(), 'quarantine-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const { signal } = new AbortController();
const key = 'default/app';
const minute = 60_000;

/** A shard with a process that can crash; its journal remains. */
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

  /** The process crashes during a reconcile; the next one continues. */
  async crash(): Promise<void> {
    await this.#inWork();
    this.quarantine = this.#start();
    expect(await this.quarantine.recordCrashes(this.#left, signal)).toEqual(this.#left);
  }

  /** The process crashes during a reconcile, and its journal is lost with its pod. */
  async crashWithPod(): Promise<void> {
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

  /** Begins a reconcile that does not end. */
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

describe('an Application that was in work at a crash of the controller', () => {
  test('is suspected, reconciled at once, and cleared by a success', async () => {
    const shard = new Shard('once');
    await shard.crash();
    expect([suspicionOf(shard.app())?.crashes, shard.quarantine.isSuspect(key), shard.bed.events]).toEqual([
      1,
      true,
      [],
    ]);
    expect(await shard.work()).toBeUndefined();
    expect([shard.worked, shard.quarantine.isSuspect(key)]).toEqual([[key], false]);
    expect(shard.app().metadata.annotations ?? {}).toEqual({});
  });

  test('is in quarantine from the second crash on, longer each time, and reports it', async () => {
    const shard = new Shard('often');
    await shard.crash();
    await shard.crash();
    expect(await shard.work()).toBe(minute);
    expect([shard.worked, shard.bed.events]).toEqual([[], ['Quarantined']]);
    expect(shard.app().status?.conditions).toMatchObject([{ type: 'Quarantined', status: 'True' }]);
    await shard.bed.clock.advance(minute);
    await shard.crash();
    expect(await shard.work()).toBe(2 * minute);
    await shard.bed.clock.advance(2 * minute);
    expect(await shard.work()).toBeUndefined();
    expect([shard.worked, shard.app().status?.conditions]).toEqual([[key], []]);
  });

  test('counts the next crash in advance, so that it is known without a journal', async () => {
    const shard = new Shard('podless');
    await shard.crash();
    await shard.crashWithPod();
    expect(suspicionOf(shard.app())).toMatchObject({ crashes: 2, inAdvance: true });
    expect(shard.bed.events).toEqual([]);
    expect(await shard.work()).toBe(minute);
    expect([shard.worked, shard.bed.events]).toEqual([[], ['Quarantined']]);
    expect(shard.app().status?.conditions).toMatchObject([{ type: 'Quarantined', status: 'True' }]);
    expect([await shard.work(), shard.bed.events]).toEqual([minute, ['Quarantined']]);
    // a journal that is read later adds nothing
    expect(await shard.quarantine.recordCrashes([key], signal)).toEqual([key]);
    expect([suspicionOf(shard.app())?.crashes, shard.bed.events]).toEqual([2, ['Quarantined']]);
    await shard.bed.clock.advance(minute);
    await shard.crashWithPod();
    expect(await shard.work()).toBe(2 * minute);
  });

  test('keeps its crash record when the reconcile fails', async () => {
    const shard = new Shard('failing');
    await shard.crash();
    const before = suspicionOf(shard.app());
    const failing = (): Promise<object> => Promise.reject(new Error('not now'));
    await expect(shard.work(failing)).rejects.toThrow('not now');
    expect([suspicionOf(shard.app()), shard.worked]).toEqual([before, [key]]);
    expect(await shard.work()).toBeUndefined();
    expect(suspicionOf(shard.app())).toBeUndefined();
  });

  test('is not held by a count in advance that its own process failed to revert', async () => {
    const shard = new Shard('unsaid');
    await shard.crash();
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

  test('is not in quarantine for longer because the clock of the crashed process was ahead', async () => {
    const shard = new Shard('ahead');
    await shard.crash();
    await shard.crash();
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

  test('can be moved in quarantine', async () => {
    const shard = new Shard('moving');
    await shard.crash();
    await shard.crash();
    const { metadata } = shard.app();
    const moving = { ...metadata, labels: { ...metadata.labels, [labels.shardMove]: 't' } };
    shard.bed.cluster.replace(applicationResource, { ...shard.app(), metadata: moving }, undefined);
    expect(await shard.work()).toBeUndefined();
    expect([shard.worked, suspicionOf(shard.app())?.crashes]).toEqual([[key], 2]);
  });

  test('is not recorded for an Application that was moved to another shard, or is gone', async () => {
    const shard = new Shard('elsewhere');
    const { metadata } = shard.app();
    const moved = { ...shard.app(), metadata: { ...metadata, labels: { [labels.scheduledShardId]: 't' } } };
    shard.bed.cluster.replace(applicationResource, moved, undefined);
    expect(await shard.quarantine.recordCrashes([key, 'default/gone'], signal)).toEqual(['default/gone']);
    expect(shard.app().metadata.annotations?.[annotations.crashes]).toBeUndefined();
  });
});
