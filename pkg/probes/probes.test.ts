import { afterEach, expect, test } from '@jest/globals';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { newRegistry } from '../metrics/registry.ts';
import { parseAddress } from './address.ts';
import { loopCheck, LoopLag } from './loop-lag.ts';
import { addProcessMetrics } from './process-metrics.ts';
import { ProbeServer } from './server.ts';
import type { ProbeServerOptions } from './server.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function serve(options: Partial<ProbeServerOptions>): Promise<(path: string) => Promise<[number, string]>> {
  const server = new ProbeServer({ addr: ':0', host: '127.0.0.1', logger: silentLogger(), ...options });
  const controller = new AbortController();
  const listening = new Promise<void>((resolve, reject) => {
    const running = server.run(controller.signal, resolve);
    running.catch(reject);
    stops.push(() => {
      controller.abort();
      return running;
    });
  });
  await listening;
  return async (path) => {
    const response = await fetch(`${server.url ?? ''}${path}`, { headers: { connection: 'close' } });
    return [response.status, await response.text()];
  };
}

test('probes answer as those of Kubernetes do', async () => {
  let isSynced = false;
  const get = await serve({
    healthz: { ping: () => undefined },
    readyz: {
      ping: () => undefined,
      caches: () => {
        if (!isSynced) throw new Error('not synced yet');
      },
    },
  });
  expect(await get('/healthz')).toEqual([200, 'ok']);
  expect(await get('/healthz?verbose')).toEqual([200, '[+]ping ok\nhealthz check passed\n']);
  const failing = '[+]ping ok\n[-]caches failed: not synced yet\nreadyz check failed\n';
  expect(await get('/readyz')).toEqual([500, failing]);
  expect(await get('/readyz/ping')).toEqual([200, 'ok']);
  expect(await get('/readyz/caches')).toEqual([500, 'not synced yet\n']);
  expect(await get('/readyz/no')).toEqual([404, 'no check "no"; there are: ping, caches\n']);
  isSynced = true;
  expect(await get('/readyz')).toEqual([200, 'ok']);
  expect(await get('/metrics')).toEqual([404, '404 page not found\n']);
});

test('metrics contain those of the process', async () => {
  const registry = newRegistry();
  const clock = new FakeClock();
  addProcessMetrics(registry, new LoopLag(clock));
  addProcessMetrics(registry, new LoopLag(clock));
  const get = await serve({ metrics: registry });
  const [status, text] = await get('/metrics');
  expect(status).toBe(200);
  expect(text).toContain('process_resident_memory_bytes');
  expect(text).toContain('flotilla_event_loop_lag_seconds 0');
});

test('an address that is taken is an error', async () => {
  const first = new ProbeServer({ addr: ':0', host: '127.0.0.1', logger: silentLogger() });
  const controller = new AbortController();
  await new Promise<void>((resolve) => {
    const running = first.run(controller.signal, resolve);
    stops.push(() => {
      controller.abort();
      return running;
    });
  });
  const port = new URL(first.url ?? '').port;
  const second = new ProbeServer({ addr: `127.0.0.1:${port}`, host: '', logger: silentLogger() });
  await expect(second.run(controller.signal)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test.each([
  { text: ':9440', want: { host: '10.0.0.7', port: 9440 } },
  { text: '127.0.0.1:80', want: { host: '127.0.0.1', port: 80 } },
  { text: '[::1]:80', want: { host: '::1', port: 80 } },
  { text: 'localhost:0', want: { host: 'localhost', port: 0 } },
  { text: '9440', want: undefined },
  { text: ':99999', want: undefined },
])('address $text', ({ text, want }) => {
  if (want) expect(parseAddress(text, '10.0.0.7')).toEqual(want);
  else expect(() => parseAddress(text, '10.0.0.7')).toThrow(`address "${text}": must be host:port or :port`);
});

test('a blocked loop shows as lag, while it lasts and at the next measurement', async () => {
  const clock = new FakeClock();
  let blockedMs = 0;
  const lag = new LoopLag({
    now: () => clock.now(),
    monotonic: () => clock.monotonic() + blockedMs,
    sleep: (ms, signal) => clock.sleep(ms, signal),
  });
  const controller = new AbortController();
  expect(lag.ms).toBe(0);
  const running = lag.run(controller.signal);
  await clock.advance(500);
  expect(lag.ms).toBe(0);
  blockedMs = 3_000;
  expect(lag.ms).toBe(2_500);
  expect(loopCheck(lag, 2_000)).toThrow('the event loop is 2500 ms late, more than 2000 ms');
  expect(loopCheck(lag, 5_000)).not.toThrow();
  await clock.advance(500);
  expect(lag.ms).toBe(3_000);
  await clock.advance(500);
  expect(lag.ms).toBe(0);
  controller.abort();
  await running;
});
