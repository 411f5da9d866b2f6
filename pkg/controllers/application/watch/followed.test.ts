import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { Followed } from './followed.ts';

const object = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'ns', name, resourceVersion, uid: name },
});

function harness() {
  const events: string[] = [];
  let tickets = 0;
  const followed = new Followed(
    {
      changed: (app, { metadata }) => events.push(`${app}: ${metadata.name ?? ''} ${metadata.resourceVersion ?? ''}`),
      gone: (app) => events.push(`${app}: gone`),
    },
    () => (tickets += 1),
  );
  const isCurrent = (ticket: number, resourceVersion: string, name = 'x'): boolean =>
    followed.isCurrent(`ns/${name}`, { ticket, resourceVersion });
  return { followed, events, isCurrent };
}

test('a read state is current until the watch shows a newer one', () => {
  const { followed, events, isCurrent } = harness();
  followed.replaced([], false);
  const ticket = followed.expect('ns/x', 'app');
  expect(isCurrent(ticket, '10')).toBe(true);
  followed.changed(object('x', '9'));
  followed.changed(object('x', '10'));
  expect(isCurrent(ticket, '10')).toBe(true);
  followed.changed(object('x', '100'));
  expect([isCurrent(ticket, '10'), isCurrent(ticket, '100')]).toEqual([false, true]);
  followed.changed(object('x', '99'));
  expect(isCurrent(ticket, '100')).toBe(true);
  expect(events).toEqual(['app: x 9', 'app: x 10', 'app: x 100']);
});

test('an object that is not followed is neither stored nor reported', () => {
  const { followed, events, isCurrent } = harness();
  followed.replaced([object('x', '1')], false);
  followed.changed(object('x', '2'));
  followed.removed(object('x', '3'));
  expect([followed.size, events, isCurrent(1, '9')]).toEqual([0, [], false]);
});

test('a read state of a deleted object is not current, even one of the same moment', () => {
  const { followed, events, isCurrent } = harness();
  followed.replaced([], false);
  const ticket = followed.expect('ns/x', 'app');
  followed.removed(object('x', '11'));
  expect(isCurrent(ticket, '12')).toBe(false);
  const again = followed.expect('ns/x', 'app');
  expect([isCurrent(ticket, '12'), isCurrent(again, '12')]).toEqual([false, true]);
  expect(events).toEqual(['app: gone']);
});

test('no state is current before the first list, and an object that is not in it counts as deleted', () => {
  const { followed, events, isCurrent } = harness();
  const [x, y] = [followed.expect('ns/x', 'app'), followed.expect('ns/y', 'app')];
  expect(isCurrent(x, '10')).toBe(false);
  followed.replaced([object('x', '10'), object('z', '4')], false);
  expect([isCurrent(x, '10'), isCurrent(y, '10', 'y'), followed.size]).toEqual([true, false, 1]);
  expect(events).toEqual(['app: x 10', 'app: gone']);
});

test('a list after a gap reports the missed events', () => {
  const { followed, events, isCurrent } = harness();
  followed.replaced([], false);
  const [x, y] = [followed.expect('ns/x', 'app'), followed.expect('ns/y', 'app')];
  followed.replaced([object('x', '20')], false);
  expect([isCurrent(x, '10'), isCurrent(x, '20'), isCurrent(y, '10', 'y')]).toEqual([false, true, false]);
  expect(events).toEqual(['app: x 20', 'app: gone']);
});

test('no state is current after the history of the API server went back', () => {
  const { followed, events, isCurrent } = harness();
  followed.replaced([], false);
  const ticket = followed.expect('ns/x', 'app');
  followed.replaced([object('x', '10')], true);
  expect(isCurrent(ticket, '10')).toBe(false);
  expect(events).toEqual(['app: gone']);
});

test('an object of two Applications is followed until both are dropped, and reported to both', () => {
  const { followed, events, isCurrent } = harness();
  followed.replaced([], false);
  const ticket = followed.expect('ns/x', 'one');
  expect(followed.expect('ns/x', 'two')).toBe(ticket);
  followed.changed(object('x', '2'));
  followed.drop('one');
  followed.changed(object('x', '3'));
  followed.drop('two');
  expect(events).toEqual(['one: x 2', 'two: x 2', 'two: x 3']);
  expect([followed.size, isCurrent(ticket, '3')]).toEqual([0, false]);
});

test('a received version agrees with a page, an older one does not', () => {
  const { followed } = harness();
  followed.replaced([], false);
  followed.expect('ns/x', 'app');
  followed.changed(object('x', '5'));
  const agrees = (version: string): boolean => followed.agrees(object('x', version), '10');
  expect([agrees('5'), agrees('4'), agrees('11'), followed.agrees(object('other', '1'), '10')]).toEqual([
    true,
    false,
    true,
    true,
  ]);
});
