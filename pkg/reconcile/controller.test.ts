import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { newLogger, silentLogger } from '../../machinery/src/logging/logger.ts';
import { newRegistry } from '../metrics/registry.ts';
import { Controller } from './controller.ts';
import type { ControllerOptions } from './controller.ts';
import { done, TerminalError } from './result.ts';
import type { Reconciler } from './result.ts';
import { changesOf, wantsChanged } from './source.ts';
import type { Change, Changes, Source } from './source.ts';

interface Setup {
  readonly controller: Controller;
  /** Adds a key as a source does. */
  readonly enqueue: (key: string) => void;
  readonly clock: FakeClock;
  readonly calls: string[];
  readonly stop: () => void;
  readonly running: Promise<void>;
}

function setup(reconcile: Reconciler, options: Partial<ControllerOptions> = {}): Setup {
  const clock = new FakeClock();
  const calls: string[] = [];
  const stopping = new AbortController();
  let enqueue = (_: string): void => undefined;
  const source: Source = {
    whenSynced: () => Promise.resolve(),
    attach: (add) => {
      enqueue = add;
      return () => undefined;
    },
  };
  const controller = new Controller({
    name: 'test',
    sources: [source],
    workers: 2,
    clock,
    logger: silentLogger(),
    stopGraceMs: 5_000,
    reconcile: (key, context) => {
      calls.push(`${key}@${clock.monotonic()}`);
      return reconcile(key, context);
    },
    ...options,
  });
  const running = controller.run(stopping.signal);
  const stop = (): void => {
    stopping.abort(new Error('stopping'));
  };
  return { controller, enqueue, clock, calls, stop, running };
}

test('a key that fails comes back after a growing backoff, one that does well does not', async () => {
  let failures = 3;
  const { enqueue, clock, calls } = setup(() => {
    failures -= 1;
    return failures >= 0 ? Promise.reject(new Error('broken')) : Promise.resolve(done);
  });
  enqueue('a');
  await clock.advance(60_000);
  expect(calls).toEqual(['a@0', 'a@5', 'a@15', 'a@35']);
});

test('knows how long ago the key was reconciled that was reconciled the longest ago', async () => {
  const { controller, enqueue, clock } = setup(() => Promise.resolve(done));
  await clock.advance(1_000);
  expect(controller.oldestMs([])).toBe(0);
  enqueue('a');
  await clock.advance(500);
  enqueue('b');
  await clock.advance(200);
  expect(controller.oldestMs(['a', 'b'])).toBe(700);
  expect(controller.oldestMs(['b'])).toBe(200);
  // one that was never reconciled has waited since the start, and so has one that was forgotten in between
  expect([controller.oldestMs(['b', 'new']), controller.oldestMs(['a'])]).toEqual([1_700, 1_700]);
});

test('requeues a key after the delay of its result', async () => {
  const { enqueue, clock, calls } = setup(() => Promise.resolve({ requeueAfterMs: 1_000 }));
  enqueue('a');
  await clock.advance(2_600);
  expect(calls).toEqual(['a@0', 'a@1000', 'a@2000']);
});

test('a terminal error is not tried again, until something changes', async () => {
  const { enqueue, clock, calls } = setup(() => Promise.reject(new TerminalError('hopeless')));
  enqueue('a');
  await clock.advance(60_000);
  expect(calls).toEqual(['a@0']);
  enqueue('a');
  await clock.advance(0);
  expect(calls).toHaveLength(2);
});

test('a reconciler that throws at once, or a bug in it, harms no other key', async () => {
  const registry = newRegistry();
  const { enqueue, clock, calls } = setup(
    (key) => {
      if (key === 'bad') throw new TypeError('x is undefined');
      return Promise.resolve(done);
    },
    { metrics: registry, workers: 1 },
  );
  enqueue('bad');
  enqueue('good');
  await clock.advance(1);
  expect(calls).toEqual(['bad@0', 'good@0']);
  const text = await registry.metrics();
  for (const line of [
    'controller_runtime_reconcile_total{controller="test",result="error"} 1',
    'controller_runtime_reconcile_total{controller="test",result="success"} 1',
    'controller_runtime_reconcile_errors_total{controller="test"} 1',
    'controller_runtime_reconcile_panics_total{controller="test"} 1',
    'controller_runtime_max_concurrent_reconciles{controller="test"} 1',
    'controller_runtime_active_workers{controller="test"} 0',
    'controller_runtime_reconcile_time_seconds_count{controller="test"} 2',
  ])
    expect(text).toContain(line);
});

test('as many keys are worked on at once as there are workers', async () => {
  const { controller, enqueue, clock, calls } = setup(() => clock.sleep(100).then(() => done));
  for (const key of ['a', 'b', 'c']) enqueue(key);
  await clock.advance(50);
  expect(calls).toEqual(['a@0', 'b@0']);
  expect(controller.backlog).toBe(1);
  await clock.advance(50);
  expect(calls).toContain('c@100');
});

test('aborts the signal of a reconcile that takes too long', async () => {
  const reasons: unknown[] = [];
  const { enqueue, clock } = setup(
    (_, { signal }) =>
      clock.sleep(60_000, signal).then(
        () => done,
        (error: unknown) => {
          reasons.push(error);
          throw error;
        },
      ),
    { timeoutMs: 3_000 },
  );
  enqueue('a');
  await clock.advance(3_000);
  expect(reasons).toMatchObject([{ name: 'ReconcileTimeout', message: 'controller test: a took longer than 3000 ms' }]);
});

test('a stop takes no new key and lets running reconciles finish', async () => {
  const { enqueue, clock, calls, stop, running } = setup(() => clock.sleep(4_000).then(() => done), { workers: 1 });
  enqueue('a');
  enqueue('b');
  await clock.advance(1_000);
  stop();
  await clock.advance(10_000);
  await running;
  expect(calls).toEqual(['a@0']);
});

test('a stop aborts reconciles that do not finish within the grace', async () => {
  const { enqueue, clock, stop, running } = setup((_, { signal }) => clock.sleep(60_000, signal).then(() => done));
  enqueue('a');
  await clock.advance(1_000);
  stop();
  await clock.advance(4_999);
  let isOver = false;
  void running.then(() => (isOver = true));
  await clock.advance(0);
  expect(isOver).toBe(false);
  await clock.advance(1);
  await running;
});

test('a failure is logged once, with the key and its cause', async () => {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk, _, next) {
      lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
      next();
    },
  });
  const { enqueue, clock } = setup(() => Promise.reject(new Error('broken')), {
    logger: newLogger({ level: 'debug', destination }),
    backoff: { baseMs: 60_000, maxMs: 60_000 },
  });
  enqueue('ns/web');
  await clock.advance(1);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    level: 'error',
    controller: 'test',
    namespace: 'ns',
    name: 'web',
    reconcileId: 'test-1',
    err: { message: 'broken' },
    msg: 'reconcile failed, retrying',
  });
});

type Handlers = Parameters<Changes<KubeObject>['subscribe']>[0];

const object = (name: string, change: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'ns', name, ...change },
});

test('keys come from changes by predicate and mapping, after the sources are synced', async () => {
  let handlers: Handlers = {};
  let sync = (): void => undefined;
  const changes: Changes<KubeObject> = {
    subscribe: (given) => {
      handlers = given;
      return () => (handlers = {});
    },
    whenSynced: () => new Promise((resolve) => (sync = resolve)),
  };
  const owner = changesOf(changes, {
    predicate: (change) => change.type !== 'deleted',
    map: ({ metadata }) => [`ns/${metadata.labels?.['owner'] ?? ''}`],
  });
  const { clock, calls, stop, running } = setup(() => Promise.resolve(done), { sources: [owner] });
  handlers.added?.(object('a', { labels: { owner: 'x' } }));
  handlers.deleted?.(object('a', { labels: { owner: 'ignored' } }));
  await clock.advance(10);
  expect(calls).toEqual([]);
  sync();
  await clock.advance(1);
  handlers.updated?.(object('a', { labels: { owner: 'y' } }), object('a', { labels: { owner: 'z' } }));
  await clock.advance(1);
  expect(calls.map((call) => call.split('@')[0])).toEqual(['ns/x', 'ns/y', 'ns/z']);
  stop();
  await running;
  expect(handlers).toEqual({});
});

test.each<{ name: string; change: Change<KubeObject>; want: boolean }>([
  { name: 'an addition', change: { type: 'added', object: object('a') }, want: true },
  {
    name: 'a change of status alone',
    change: {
      type: 'updated',
      old: object('a', { resourceVersion: '1', generation: 1 }),
      object: object('a', { resourceVersion: '2', generation: 1 }),
    },
    want: false,
  },
  {
    name: 'a new generation',
    change: {
      type: 'updated',
      old: object('a', { resourceVersion: '1', generation: 1 }),
      object: object('a', { resourceVersion: '2', generation: 2 }),
    },
    want: true,
  },
  {
    name: 'a new label',
    change: {
      type: 'updated',
      old: object('a', { resourceVersion: '1' }),
      object: object('a', { resourceVersion: '2', labels: { x: 'y' } }),
    },
    want: true,
  },
  {
    name: 'a resync',
    change: {
      type: 'updated',
      old: object('a', { resourceVersion: '1' }),
      object: object('a', { resourceVersion: '1' }),
    },
    want: true,
  },
])('wantsChanged lets $name through: $want', ({ change, want }) => {
  expect(wantsChanged(change)).toBe(want);
});
