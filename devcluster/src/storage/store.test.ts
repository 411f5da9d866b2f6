import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { seededRandom } from '../../../machinery/src/clock/clock.ts';
import type { Disk } from './disk.ts';
import type { Change } from './history.ts';
import { Store } from './store.ts';

const object =
  (name: string, data = '') =>
  (resourceVersion: string): KubeObject => ({ apiVersion: 'v1', kind: 'T', metadata: { name, resourceVersion }, data });

function revisions(changes: readonly Change[] | undefined): readonly number[] | undefined {
  return changes?.map(({ revision }) => revision);
}

describe('store', () => {
  test('numbers every write of every collection, the deletion too', async () => {
    const store = new Store();
    const [a, b] = [store.collection('/a'), store.collection('/b')];
    const first = await store.put(a, 'x', undefined, object('x'));
    const other = await store.put(b, 'x', undefined, object('x'));
    const gone = await store.remove(a, first);
    expect([first.revision, other.revision, gone.revision]).toEqual([2, 3, 4]);
    expect(gone.object.metadata.resourceVersion).toBe('4');
    expect(a.get('x')).toBeUndefined();
  });

  test('refuses a write that is based on another state', async () => {
    const store = new Store();
    const c = store.collection('/c');
    const first = await store.put(c, 'x', undefined, object('x'));
    await store.put(c, 'x', first, object('x', '2'));
    const stale = { reason: 'Changed' };
    await expect(store.put(c, 'x', first, object('x', '3'))).rejects.toMatchObject(stale);
    await expect(store.put(c, 'x', undefined, object('x'))).rejects.toMatchObject(stale);
    await expect(store.remove(c, first)).rejects.toMatchObject(stale);
    expect(store.revision).toBe(3);
  });

  test('what is stored cannot be changed', async () => {
    const store = new Store();
    const stored = await store.put(store.collection('/c'), 'x', undefined, object('x'));
    expect(() => Object.assign(stored.object.metadata, { name: 'y' })).toThrow(TypeError);
  });

  test('scans a namespace and nothing beside it, in order', async () => {
    const store = new Store();
    const c = store.collection('/c');
    for (const key of ['b/z', 'a/y', 'a-b/x', 'a/x', 'ab/w', 'a/y.z']) await store.put(c, key, undefined, object(key));
    expect(c.scan('a/').map(({ key }) => key)).toEqual(['a/x', 'a/y', 'a/y.z']);
    expect(c.scan('').map(({ key }) => key)).toEqual(['a-b/x', 'a/x', 'a/y', 'a/y.z', 'ab/w', 'b/z']);
  });

  test('what an object controls is found, whatever changed before and after the first question', async () => {
    const store = new Store();
    const c = store.collection('/c');
    const owned =
      (uid: string, controller = true) =>
      (resourceVersion: string) => {
        const metadata = {
          resourceVersion,
          ownerReferences: [{ apiVersion: 'v1', kind: 'O', name: 'o', uid, controller }],
        };
        return { apiVersion: 'v1', kind: 'T', metadata };
      };
    const keys = (uid: string): readonly string[] => c.controlledBy(uid).map(({ key }) => key);
    const x = await store.put(c, 'x', undefined, owned('a'));
    await store.put(c, 'w', undefined, owned('a'));
    await store.put(c, 'v', undefined, owned('a', false));
    expect([keys('a'), keys('b'), keys('')]).toEqual([['w', 'x'], [], ['v']]);
    const moved = await store.put(c, 'x', x, owned('b'));
    const y = await store.put(c, 'y', undefined, owned('b'));
    expect([keys('a'), keys('b')]).toEqual([['w'], ['x', 'y']]);
    await store.remove(c, moved);
    expect(keys('b')).toEqual(['y']);
    await store.put(c, 'y', y, object('y'));
    expect([keys('b'), keys('')]).toEqual([[], ['v', 'y']]);
  });

  test('the past is as it was, whatever happened since', async () => {
    const random = seededRandom(7);
    const store = new Store();
    const c = store.collection('/c');
    const past = new Map<number, string>();
    const picture = (): string => JSON.stringify(c.scan('').map(({ key, revision }) => [key, revision]));
    for (let i = 0; i < 300; i++) {
      const key = `n/${Math.floor(random() * 20)}`;
      const present = c.get(key);
      if (present !== undefined && random() < 0.4) await store.remove(c, present);
      else await store.put(c, key, present, object(key, String(i)));
      past.set(store.revision, picture());
    }
    for (const [revision, wanted] of past) {
      const seen = c.scanAt('', revision)?.map((stored) => [stored.key, stored.revision]);
      expect(JSON.stringify(seen)).toBe(wanted);
    }
  });

  test('a handler that throws stops neither the writer nor the other handlers', async () => {
    const errors: unknown[] = [];
    const store = new Store({ onHandlerError: (error) => errors.push(error) });
    const c = store.collection('/c');
    const seen: number[] = [];
    const broken = new Error('broken');
    c.handlers.add(() => {
      throw broken;
    });
    c.handlers.add(({ revision }) => seen.push(revision));
    await store.put(c, 'x', undefined, object('x'));
    expect([seen, errors]).toEqual([[2], [broken]]);
  });

  test('forgets the oldest changes, and says so', async () => {
    const store = new Store({ history: { limit: 4 } });
    const c = store.collection('/c');
    for (let i = 0; i < 8; i++) await store.put(c, `k${i}`, undefined, object(`k${i}`));
    expect(c.history.floor).toBe(5);
    expect(c.history.after(4)).toBeUndefined();
    expect(revisions(c.history.after(5))).toEqual([6, 7, 8, 9]);
    expect(c.scanAt('', 4)).toBeUndefined();
    expect(revisions(store.collection('/late').history.after(8))).toBeUndefined();
  });

  test('drops changes that no watch resumes from any more, but the last hundred', async () => {
    let now = 0;
    const store = new Store({ history: { now: () => now } });
    const c = store.collection('/c');
    const write = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await store.put(c, `${now}-${i}`, undefined, object('x'));
    };
    await write(300);
    now = 75_000;
    await write(200);
    expect(c.history.floor).toBe(1);
    now = 75_001;
    await write(12);
    // 512 are scanned: the first 300 are too old
    expect(c.history.floor).toBe(301);
    expect(c.history.after(301)?.length).toBe(212);
    now = 1_000_000;
    await write(1);
    expect(c.history.after(301)?.length).toBe(213);
    now = 2_000_000;
    await write(43);
    expect([c.history.floor, c.history.after(store.revision - 128)?.length]).toEqual([store.revision - 128, 128]);
  });

  test('finds what has a label among many', async () => {
    const store = new Store();
    const c = store.collection('/c');
    const labelled =
      (app: string) =>
      (resourceVersion: string): KubeObject => ({
        apiVersion: 'v1',
        kind: 'T',
        metadata: { name: 'x', resourceVersion, labels: { app, team: 'a' } },
      });
    const find = (app: string): readonly string[] | undefined =>
      c
        .labelled([
          { key: 'team', value: 'a' },
          { key: 'app', value: app },
        ])
        ?.map(({ key }) => key);
    const first = await store.put(c, 'z', undefined, labelled('one'));
    for (let i = 0; i < 20; i++) await store.put(c, `k${i}`, undefined, labelled(`other-${i}`));
    await store.put(c, 'a', undefined, labelled('one'));
    expect(find('one')).toEqual(['a', 'z']);
    await store.put(c, 'z', first, labelled('two'));
    expect([find('one'), find('two'), find('none')]).toEqual([['a'], ['z'], []]);
    await store.remove(c, c.get('a') ?? first);
    expect(find('one')).toEqual([]);
    // nearly all have it: then an index is of no use
    expect(c.labelled([{ key: 'team', value: 'a' }])).toBeUndefined();
  });
});

/** A disk with writes that the test ends. */
class HeldDisk implements Disk {
  readonly revision = 1;
  readonly floor = 1;
  readonly held: { readonly revision: number; readonly done: () => void; readonly fail: (error: Error) => void }[] = [];

  load(): Map<string, never> {
    return new Map<string, never>();
  }

  write(_collection: string, change: Change): Promise<void> {
    return new Promise((resolve, reject) => {
      this.held.push({ revision: change.revision, done: resolve, fail: reject });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

describe('a store with a disk', () => {
  test('acknowledges and publishes in order, and only what is durable', async () => {
    const disk = new HeldDisk();
    const store = new Store({ disk });
    const c = store.collection('/c');
    const log: string[] = [];
    c.handlers.add(({ revision }) => log.push(`event ${revision}`));
    void store.put(c, 'a', undefined, object('a')).then(() => log.push('acknowledged 2'));
    void store.put(c, 'b', undefined, object('b')).then(() => log.push('acknowledged 3'));
    void store.durable(2).then(() => log.push('readable 2'));
    disk.held[1]?.done();
    await settle();
    expect([log, store.revision, store.durableRevision]).toEqual([[], 3, 1]);
    disk.held[0]?.done();
    await settle();
    expect(log.slice(0, 2)).toEqual(['event 2', 'event 3']);
    expect(log.slice(2).sort()).toEqual(['acknowledged 2', 'acknowledged 3', 'readable 2']);
    expect(store.durableRevision).toBe(3);
  });

  test('accepts nothing after a failed write, and wakes waiting writers', async () => {
    const disk = new HeldDisk();
    const store = new Store({ disk });
    const c = store.collection('/c');
    const failed = { reason: 'Failed' };
    const first = expect(store.put(c, 'a', undefined, object('a'))).rejects.toMatchObject(failed);
    const second = expect(store.put(c, 'b', undefined, object('b'))).rejects.toMatchObject(failed);
    const reader = expect(store.durable(3)).rejects.toMatchObject(failed);
    disk.held[1]?.done();
    disk.held[0]?.fail(new Error('disk full'));
    await Promise.all([first, second, reader]);
    await expect(store.put(c, 'c', undefined, object('c'))).rejects.toMatchObject(failed);
  });
});
