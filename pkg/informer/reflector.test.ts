import { expect, test } from '@jest/globals';
import { MemoryApi } from '../../test/support/memory-api.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { Reflector } from './reflector.ts';

const widgets: Resource = { group: '', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true };
const widget = (name: string, shard: string, size = 1): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Widget',
  metadata: { namespace: 'a', name, labels: { shard } },
  size,
});

/** A reflector with a selection that changes, and the calls of its sink. */
function setup() {
  const [api, clock] = [new MemoryApi(), new FakeClock()];
  let labelSelector = 'shard in (s)';
  const events: string[] = [];
  const name = ({ metadata, size }: KubeObject & { readonly size?: unknown }): string =>
    `${metadata.name ?? ''}${String(size)}`;
  const reflector = new Reflector<KubeObject>({
    client: api,
    resource: widgets,
    selection: () => ({ labelSelector }),
    metadataOnly: false,
    clock,
    random: seededRandom(1),
    logger: silentLogger(),
    sink: {
      replaced: (objects) => events.push(`all: ${objects.map(name).sort().join(' ')}`),
      changed: (object) => events.push(name(object)),
      removed: (object) => events.push(`-${name(object)}`),
      agrees: () => true,
    },
  });
  const stopping = new AbortController();
  let running = Promise.resolve();
  const start = async (): Promise<void> => {
    running = reflector.run(stopping.signal);
    await clock.advance(0);
  };
  const stop = async (): Promise<void> => {
    stopping.abort(new Error('stopped'));
    await running;
  };
  const select = (selector: string): void => {
    labelSelector = selector;
    reflector.reselect();
  };
  return { api, clock, events, select, start, stop };
}

test('a wider selection is followed from where the watch was, without another list', async () => {
  const { api, clock, events, select, start, stop } = setup();
  await api.create(widgets, widget('mine', 's'));
  await api.create(widgets, widget('theirs', 't'));
  await start();
  expect(events.splice(0)).toEqual(['all: mine1']);
  api.log.length = 0;
  select('shard in (s,t)');
  // before the next watch has begun
  await api.update(widgets, widget('theirs', 't', 2));
  await api.update(widgets, widget('mine', 's', 2));
  await clock.advance(50);
  expect(events).toEqual([]);
  await clock.advance(60);
  await api.update(widgets, widget('theirs', 't', 3));
  await clock.advance(0);
  expect(events.splice(0)).toEqual(['theirs2', 'mine2', 'theirs3']);
  expect(api.log.filter((line) => !line.startsWith('update'))).toEqual(['watch Widget']);
  await stop();
  expect(api.watches).toBe(0);
});

test('many changes of the selection in a row begin one watch, and a narrower selection gets no more events', async () => {
  const { api, clock, events, select, start, stop } = setup();
  await start();
  events.length = 0;
  api.log.length = 0;
  for (const shards of ['s,t', 's,t,u', 't']) select(`shard in (${shards})`);
  await clock.advance(110);
  await api.create(widgets, widget('mine', 's'));
  await api.create(widgets, widget('theirs', 't'));
  await clock.advance(0);
  expect(events).toEqual(['theirs1']);
  expect(api.log.filter((line) => line.startsWith('watch'))).toHaveLength(1);
  await stop();
});

test('a connection that drops while the selection changes loses nothing', async () => {
  const { api, clock, events, select, start, stop } = setup();
  for (let i = 0; i < 3; i += 1) await api.create(widgets, widget(`w${i}-`, i === 0 ? 't' : 's'));
  await start();
  events.length = 0;
  api.dropWatches();
  select('shard in (s,t)');
  await api.update(widgets, widget('w0-', 't', 2));
  await api.delete(widgets, { namespace: 'a', name: 'w1-' });
  await clock.advance(10_000);
  expect(events).toEqual(['w0-2', '-w1-1']);
  await stop();
});
