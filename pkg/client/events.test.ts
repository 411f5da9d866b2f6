import { expect, test } from '@jest/globals';
import { failure, MemoryApi } from '../../test/support/memory-api.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { EventRecorder } from './events.ts';

const web: KubeObject = {
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { namespace: 'a', name: 'web', uid: 'u', resourceVersion: '7' },
};

function setup(): { api: MemoryApi; clock: FakeClock; recorder: EventRecorder; stored: () => unknown[] } {
  const [api, clock] = [new MemoryApi(), new FakeClock()];
  const recorder = new EventRecorder({
    client: api,
    component: 'vela-core',
    instance: 'pod-0',
    clock,
    random: seededRandom(1),
    logger: silentLogger(),
  });
  return { api, clock, recorder, stored: () => api.objects.map((event) => [event['message'], event['count']]) };
}

test('an event names its object, its source and its time', async () => {
  const { api, recorder } = setup();
  recorder.event(web, 'Normal', 'Deployed', 'all is well');
  await recorder.flush();
  expect(api.objects[0]).toMatchObject({
    metadata: { namespace: 'a', name: expect.stringMatching(/^web\.[0-9a-f]+$/) as unknown as string },
    involvedObject: { kind: 'Application', namespace: 'a', name: 'web', uid: 'u' },
    type: 'Normal',
    reason: 'Deployed',
    message: 'all is well',
    count: 1,
    firstTimestamp: '2026-01-01T00:00:00Z',
    source: { component: 'vela-core' },
    reportingInstance: 'pod-0',
  });
});

test('the same again is counted, until the API server has forgotten it', async () => {
  const { api, clock, recorder, stored } = setup();
  for (let i = 0; i < 3; i += 1) recorder.event(web, 'Warning', 'Failed', 'no image');
  await recorder.flush();
  expect(stored()).toEqual([['no image', 3]]);
  const [name] = api.objects.map(({ metadata }) => metadata.name ?? '');
  await api.delete(
    { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true },
    { namespace: 'a', name: name ?? '' },
  );
  recorder.event(web, 'Warning', 'Failed', 'no image');
  await recorder.flush();
  expect(stored()).toEqual([['no image', 4]]);
  await clock.advance(3_600_000);
  recorder.event(web, 'Warning', 'Failed', 'no image');
  await recorder.flush();
  expect(stored()).toEqual([
    ['no image', 4],
    ['no image', 1],
  ]);
});

test('combines many similar events', async () => {
  const { recorder, stored } = setup();
  for (let i = 0; i < 14; i += 1) recorder.event(web, 'Warning', 'Failed', `failure ${i}`);
  await recorder.flush();
  expect(stored()).toHaveLength(11);
  expect(stored().at(-1)).toEqual(['(combined from similar events): failure 13', 4]);
});

test('limits the rate of events of one object, and not of others', async () => {
  const { clock, recorder, stored } = setup();
  for (let i = 0; i < 100; i += 1) recorder.event(web, 'Normal', 'Looping', 'again');
  recorder.event({ ...web, metadata: { ...web.metadata, uid: 'v', name: 'other' } }, 'Normal', 'Fine', 'ok');
  await recorder.flush();
  expect(stored()).toEqual([
    ['again', 25],
    ['ok', 1],
  ]);
  await clock.advance(300_000);
  recorder.event(web, 'Normal', 'Looping', 'again');
  await recorder.flush();
  expect(stored()[0]).toEqual(['again', 26]);
});

test('an object without a namespace has its events in "default"', async () => {
  const { api, recorder } = setup();
  recorder.event({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } }, 'Normal', 'Up', 'up');
  await recorder.flush();
  expect(api.objects[0]).toMatchObject({ metadata: { namespace: 'default' }, involvedObject: { name: 'n' } });
});

test('survives a server that refuses events or does not answer', async () => {
  const { api, recorder, stored } = setup();
  api.onRequest = () => {
    throw failure(403, 'Forbidden', 'no');
  };
  recorder.event(web, 'Normal', 'A', 'lost');
  await recorder.flush();
  let answer = (): void => undefined;
  api.onRequest = () => new Promise((resolve) => (answer = resolve));
  recorder.event(web, 'Normal', 'B', 'late');
  const controller = new AbortController();
  const flushed = recorder.flush(controller.signal);
  controller.abort();
  await flushed;
  expect(stored()).toEqual([]);
  answer();
  await recorder.flush();
  expect(stored()).toEqual([['late', 1]]);
});
