import { describe, expect, test } from '@jest/globals';
import { fakeExpressions } from '../../../../../test/support/application-bed.ts';
import type { JsonObject } from '../../../../../machinery/src/meta.ts';
import { FakeClock } from '../../../../../machinery/src/clock/fake.ts';
import { performedActions } from '../../../../render/actions/registry.ts';
import type { Action } from '../../../../render/step.ts';
import { performers, stepActor } from './actor.ts';
import type { ActionContext } from './context.ts';

const clock = new FakeClock();
const reported: string[] = [];

/** Actions that need no cluster. */
function newContext(marks: Readonly<Record<string, string>> = {}, variables: JsonObject = {}): ActionContext {
  const steps = new Map([['s', { id: 'id1', name: 's' }]]);
  const events = { event: (_object: unknown, ...said: readonly string[]) => reported.push(said.join(' ')) };
  const deps = { clock, engines: { expressions: fakeExpressions }, events };
  const capabilities = { deps, signal: new AbortController().signal };
  const prepared = { app: { metadata: { namespace: 'default' } } };
  return {
    prepared,
    capabilities,
    step: { name: 's', type: 'own' },
    run: { steps, marks, variables },
    variables: {},
    marks: {},
    calls: {},
    notes: [],
    services: [],
    environments: [],
  } as unknown as ActionContext;
}

const perform = (name: string, params: JsonObject, context = newContext(), more: Partial<Action> = {}) =>
  stepActor(context, false).perform({ name, params, label: 'field', isFlat: false, ...more });

test('performs every action of the registry, and no other', () => {
  expect(Object.keys(performers).sort()).toEqual([...performedActions].sort());
});

describe('an action', () => {
  test.each([
    ['that does not exist', 'kube.aply', {}, 'field: there is no action kube.aply'],
    ['with an unknown parameter', 'builtin.fail', { mesage: 'x' }, 'no parameter "mesage"; did you mean "message"'],
    ['that is not performed', 'terraform.load', {}, 'Terraform'],
    ['for another cluster', 'kube.read', { cluster: 'eu', value: {} }, 'cluster "eu" is not available'],
    ['on an incomplete object', 'kube.apply', { value: { kind: 'X' } }, 'needs apiVersion, kind and metadata'],
    ['with a wrong duration', 'builtin.suspend', { duration: 'soon' }, 'duration "soon"'],
  ])('%s fails', async (_, name, params, message) => {
    expect(await perform(name, params)).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining(message),
    });
  });

  test('suspends a step once', async () => {
    const params = { message: 'ask', duration: '30s' };
    const message = 'Suspended by field field';
    expect(await perform('builtin.suspend', params)).toEqual({ kind: 'suspended', message, durationMs: 30_000 });
    expect(reported).toContain('Normal Suspended step "s": ask');
    const resumed = newContext({ 'id1.field.suspendTimeStamp': '2026-01-01T00:00:00Z' });
    expect(await perform('builtin.suspend', params, resumed)).toEqual({ kind: 'returned', returns: {} });
    expect(await perform('builtin.suspend', params, resumed, { label: 'other' })).toMatchObject({ kind: 'suspended' });
  });

  test('reads and writes variables of the workflow', async () => {
    const context = newContext({}, { a: { b: 1 } });
    expect(await perform('builtin.var', { method: 'Get', path: 'a.b' }, context)).toMatchObject({
      returns: { value: 1 },
    });
    await perform('builtin.var', { method: 'Put', path: 'a.c', value: 2 }, context);
    expect(context.variables).toEqual({ a: { b: 1, c: 2 } });
    expect(await perform('builtin.var', { method: 'Get', path: 'a.c' }, context)).toMatchObject({
      returns: { value: 2 },
    });
    expect(await perform('builtin.var', { path: 'x' }, context)).toMatchObject({ kind: 'failed' });
  });

  test('converts bytes, which come as base64, to text', async () => {
    const bt = Buffer.from('héllo').toString('base64');
    expect(await perform('util.string', { bt })).toEqual({ kind: 'returned', returns: { str: 'héllo' } });
  });

  test('patches an object', async () => {
    const value = { spec: { replicas: 1, containers: [{ name: 'a', image: 'x' }] } };
    const patch = { spec: { containers: [{ name: 'a', env: [] }] } };
    expect(await perform('util.patch', { value, patch })).toMatchObject({
      returns: { result: { spec: { replicas: 1, containers: [{ name: 'a', image: 'x', env: [] }] } } },
    });
  });

  test.each([
    ['', '2026-01-02T03:04:05Z', 1_767_323_045],
    ['', '2026-01-02T05:04:05+02:00', 1_767_323_045],
    ['2006-01-02', '2026-01-02', 1_767_312_000],
    ['Mon, 02 Jan 2006 15:04:05 MST', 'Fri, 02 Jan 2026 03:04:05 UTC', 1_767_323_045],
    ['Jan _2 2006 3:04PM', 'Jan  2 2026 3:04PM', 1_767_366_240],
  ])('converts dates of the layout "%s"', async (layout, date, timestamp) => {
    expect(await perform('time.timestamp', { layout, date })).toEqual({ kind: 'returned', returns: { timestamp } });
    const back = await perform('time.date', { layout, timestamp });
    const again = await perform('time.timestamp', { layout, ...(back as { returns: JsonObject }).returns });
    expect(again).toEqual({ kind: 'returned', returns: { timestamp } });
  });

  test.each(['2026-02-30', '26-01-01', 'today'])('refuses %s, which has not the layout', async (date) => {
    expect(await perform('time.timestamp', { layout: '2006-01-02', date })).toMatchObject({ kind: 'failed' });
  });
});
