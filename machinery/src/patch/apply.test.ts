import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../meta.ts';
import { seededRandom } from '../clock/clock.ts';
import { serverSideApply, type Apply } from './apply.ts';
import { describeConflicts } from './conflict.ts';
import { setOfPaths } from './field-set.ts';
import { trackUpdate } from './managed-fields.ts';
import type { Schema } from './schema.ts';

const text: Schema = { type: 'string' };
const integer: Schema = { type: 'integer' };
const schema: Schema = {
  type: 'object',
  properties: {
    apiVersion: text,
    kind: text,
    metadata: {
      type: 'object',
      default: {},
      properties: {
        name: text,
        namespace: text,
        creationTimestamp: text,
        labels: { type: 'object', additionalProperties: text },
      },
    },
    data: { type: 'object', additionalProperties: text },
    spec: {
      type: 'object',
      properties: {
        replicas: integer,
        set: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        atomic: { type: 'array', items: text },
        whole: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
        map: {
          type: 'array',
          items: { type: 'object', properties: { id: text, v: integer, w: integer } },
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['id'],
        },
        ports: {
          type: 'array',
          items: { type: 'object', properties: { port: integer, protocol: { ...text, default: 'TCP' }, name: text } },
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
        },
      },
    },
    status: { type: 'object', properties: { phase: text } },
  },
};

const object = (fields: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'a' },
  ...fields,
});

/** A store of one object that takes writes as the API server does. */
class Store {
  live: KubeObject | undefined;
  time = 0;

  apply(manager: string, fields: object, more: Partial<Apply> = {}) {
    const result = serverSideApply({
      live: this.live,
      applied: object(fields),
      schema,
      manager,
      apiVersion: 'v1',
      subresource: '',
      force: false,
      time: this.#next(),
      ...more,
    });
    if (result.ok) this.live = result.object;
    return result;
  }

  update(manager: string, fields: object, subresource = '') {
    this.live = trackUpdate({
      live: this.live,
      updated: { ...object(fields), metadata: { ...this.live?.metadata, name: 'a' } },
      schema,
      manager,
      apiVersion: 'v1',
      subresource,
      time: this.#next(),
    });
    return this.live;
  }

  managers() {
    return (this.live?.metadata.managedFields ?? []).map((m) => [m.manager, m.operation, m.fieldsV1] as const);
  }

  #next(): string {
    return `2026-01-01T00:00:${String(this.time++).padStart(2, '0')}Z`;
  }
}

test('an apply creates and owns what it names', () => {
  const store = new Store();
  expect(
    store.apply('alpha', {
      data: { x: '1' },
      spec: { set: ['a'], map: [{ id: 'one', v: 1 }], ports: [{ port: 80 }], atomic: ['a'], whole: { k: '1' } },
    }),
  ).toMatchObject({ ok: true, changed: true });
  expect(store.managers()).toEqual([
    [
      'alpha',
      'Apply',
      {
        'f:data': { 'f:x': {} },
        'f:spec': {
          'f:atomic': {},
          'f:map': { 'k:{"id":"one"}': { '.': {}, 'f:id': {}, 'f:v': {} } },
          'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } },
          'f:set': { 'v:"a"': {} },
          'f:whole': {},
        },
      },
    ],
  ]);
});

test('applying again changes nothing, not even the time', () => {
  const store = new Store();
  store.apply('alpha', { data: { x: '1' } });
  const before = store.live;
  expect(store.apply('alpha', { data: { x: '1' } })).toEqual({ ok: true, object: before, changed: false });
});

test('what a manager no longer applies goes unless others hold it', () => {
  const store = new Store();
  store.apply('alpha', { data: { x: '1', y: '2' } });
  store.apply('beta', { data: { x: '1' } });
  expect(store.managers()[0]).toEqual(['beta', 'Apply', { 'f:data': { 'f:x': {} } }]);
  store.apply('alpha', {});
  expect(store.live?.['data']).toEqual({ x: '1' });
  store.apply('beta', {});
  expect(store.live).toEqual(object({}));
});

describe('conflicts', () => {
  test('name the manager and the field', () => {
    const store = new Store();
    store.apply('alpha', { data: { x: '1', y: '2' } });
    const result = store.apply('beta', { data: { x: '9', y: '8' } });
    expect(!result.ok && describeConflicts(result.conflicts)).toEqual({
      message: 'Apply failed with 2 conflicts: conflicts with "alpha":\n- .data.x\n- .data.y',
      causes: [
        { reason: 'FieldManagerConflict', message: 'conflict with "alpha"', field: '.data.x' },
        { reason: 'FieldManagerConflict', message: 'conflict with "alpha"', field: '.data.y' },
      ],
    });
  });

  test('with an update name its version', () => {
    const store = new Store();
    store.apply('alpha', { data: { x: '1', y: '2' } });
    store.update('hand', { data: { x: '7', y: '2' } });
    const result = store.apply('alpha', { data: { x: '1', y: '2' } });
    expect(!result.ok && describeConflicts(result.conflicts).message).toBe(
      'Apply failed with 1 conflict: conflict with "hand" using v1: .data.x',
    );
  });

  test('are settled by force, and the other loses the field', () => {
    const store = new Store();
    store.apply('alpha', { data: { x: '1', y: '2' } });
    store.apply('beta', { data: { x: '9' } }, { force: true });
    expect(store.managers()).toEqual([
      ['alpha', 'Apply', { 'f:data': { 'f:y': {} } }],
      ['beta', 'Apply', { 'f:data': { 'f:x': {} } }],
    ]);
  });

  test('do not arise from the same value', () => {
    const store = new Store();
    store.apply('alpha', { data: { x: '1' } });
    expect(store.apply('beta', { data: { x: '1' } })).toMatchObject({ ok: true, changed: true });
  });
});

test('lists are joined in the order of the applier', () => {
  const store = new Store();
  store.apply('alpha', { spec: { set: ['a', 'b'], atomic: ['a'], map: [{ id: 'one', v: 1 }], whole: { k: '1' } } });
  store.apply('beta', {
    spec: {
      set: ['b', 'c'],
      map: [
        { id: 'two', v: 2 },
        { id: 'one', w: 5 },
      ],
    },
  });
  expect(store.live?.['spec']).toEqual({
    set: ['a', 'b', 'c'],
    atomic: ['a'],
    map: [
      { id: 'two', v: 2 },
      { id: 'one', v: 1, w: 5 },
    ],
    whole: { k: '1' },
  });
  store.apply('alpha', { spec: { set: ['a'], atomic: ['z', 'y'], map: [], whole: { q: '1' } } });
  expect(store.live?.['spec']).toEqual({
    set: ['a', 'b', 'c'],
    atomic: ['z', 'y'],
    map: [
      { id: 'two', v: 2 },
      { id: 'one', w: 5 },
    ],
    whole: { q: '1' },
  });
});

test.each([
  { name: 'an unknown field', fields: { bogus: 1 }, message: '.bogus: field not declared in schema' },
  { name: 'a wrong type', fields: { data: { x: 1 } }, message: '.data.x: expected string, got 1' },
  {
    name: 'a duplicate of a set',
    fields: { spec: { set: ['a', 'a'] } },
    message: '.spec.set: duplicate entries for key [="a"]',
  },
  {
    name: 'a duplicate key',
    fields: { spec: { map: [{ id: 'x' }, { id: 'x' }] } },
    message: '.spec.map: duplicate entries for key [id="x"]',
  },
  {
    name: 'an item without key',
    fields: { spec: { map: [{ v: 1 }] } },
    message:
      '.spec.map: element 0: associative list with keys has an element that omits key field "id" (and doesn\'t have default value)',
  },
])('$name is refused', ({ fields, message }) => {
  expect(() => new Store().apply('m', fields)).toThrow(
    expect.objectContaining({
      reason: 'SchemaViolation',
      message: `failed to create typed patch object (/a; /v1, Kind=Thing): ${message}`,
    }),
  );
});

test('managedFields may not be applied', () => {
  expect(() => new Store().apply('m', { metadata: { name: 'a', managedFields: [{ manager: 'x' }] } })).toThrow(
    expect.objectContaining({ reason: 'MalformedPatch' }),
  );
});

test('ignored fields have no owner and no conflicts', () => {
  const store = new Store();
  const ignored = setOfPaths([['status']]);
  store.apply('controller', { status: { phase: 'Ready' } }, { subresource: 'status' });
  expect(store.apply('owner', { spec: { replicas: 1 }, status: { phase: 'Lost' } }, { ignored }).ok).toBe(true);
  expect(store.live?.metadata.managedFields?.map((m) => [m.manager, m.subresource, m.fieldsV1])).toEqual([
    ['controller', 'status', { 'f:status': { 'f:phase': {} } }],
    ['owner', undefined, { 'f:spec': { 'f:replicas': {} } }],
  ]);
});

describe('updates', () => {
  test('own what they change, with the maps that they bring', () => {
    const store = new Store();
    store.update('creator', { data: { x: '1' } });
    store.update('updater', { data: { x: '2', y: '1' } });
    store.update('patcher', { data: { x: '2', z: '1' } });
    expect(store.managers()).toEqual([
      ['creator', 'Update', { 'f:data': {} }],
      ['updater', 'Update', { 'f:data': { 'f:x': {} } }],
      ['patcher', 'Update', { 'f:data': { 'f:z': {} } }],
    ]);
  });

  test('that change nothing leave times alone', () => {
    const store = new Store();
    const before = store.update('creator', { data: { x: '1' } });
    expect(store.update('creator', { data: { x: '1' } })).toEqual(before);
  });

  test('may clear the entries, and nothing is tracked afterwards', () => {
    const store = new Store();
    store.update('m', { data: { x: '1' } });
    store.live = trackUpdate({
      live: store.live,
      updated: { ...object({ data: { x: '1' } }), metadata: { name: 'a', managedFields: [{}] } },
      schema,
      manager: 'm',
      apiVersion: 'v1',
      subresource: '',
      time: 't',
    });
    expect(store.managers()).toEqual([]);
    store.update('n', { data: { x: '2' } });
    expect(store.managers()).toEqual([]);
  });

  test('of many managers are gathered into ancient changes', () => {
    const store = new Store();
    const data: Record<string, string> = {};
    for (let i = 0; i < 14; i++) {
      data[`k${i}`] = '';
      store.update(`m${i}`, { data: { ...data } });
    }
    expect(store.managers().map(([name]) => name)).toContain('ancient-changes');
    expect(store.managers()).toHaveLength(10);
  });
});

test('an apply to an object without entries shares it with before-first-apply', () => {
  const store = new Store();
  store.live = object({ data: { x: '1' } });
  store.apply('alpha', { data: { x: '1' } });
  expect(store.managers().map(([name]) => name)).toEqual(['alpha', 'before-first-apply']);
});

test('applies are idempotent, and nothing unowned stays of them', () => {
  const seed = 17;
  const random = seededRandom(seed);
  const some = <T>(items: readonly T[]) => items.filter(() => random() < 0.5);
  const randomValue = () => ({
    data: Object.fromEntries(some(['x', 'y', 'z']).map((k) => [k, String(Math.floor(random() * 2))])),
    spec: {
      set: some(['a', 'b', 'c']),
      map: some(['one', 'two', 'three']).map((id) => ({ id, v: Math.floor(random() * 2) })),
    },
  });
  for (let i = 0; i < 60; i++) {
    const store = new Store();
    for (let step = 0; step < 6; step++) {
      const [manager, fields] = [`m${Math.floor(random() * 3)}`, randomValue()];
      store.apply(manager, fields, { force: true });
      expect({ seed, i, again: store.apply(manager, fields) }).toMatchObject({
        seed,
        i,
        again: { ok: true, changed: false },
      });
    }
    for (const manager of ['m0', 'm1', 'm2']) store.apply(manager, {}, { force: true });
    expect({ seed, i, left: store.live }).toEqual({ seed, i, left: object({}) });
  }
});

test('conflicts are listed by level: fields of the object itself before those below', () => {
  const live = serverSideApply({
    manager: 'a',
    apiVersion: 'v1',
    subresource: '',
    time: '2026-01-01T00:00:00Z',
    live: undefined,
    applied: { apiVersion: 'v1', kind: 'X', metadata: { name: 'x' }, data: { k: '1' }, type: 'T' },
    schema: undefined,
    force: false,
  });
  if (!live.ok) throw new Error('nothing conflicts with nothing');
  const result = serverSideApply({
    manager: 'b',
    apiVersion: 'v1',
    subresource: '',
    time: '2026-01-01T00:00:00Z',
    live: live.object,
    applied: { apiVersion: 'v1', kind: 'X', metadata: { name: 'x' }, data: { k: '2' }, type: 'U' },
    schema: undefined,
    force: false,
  });
  expect(result.ok ? [] : result.conflicts.map(({ field }) => field)).toEqual(['.type', '.data.k']);
});
