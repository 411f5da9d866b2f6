import { describe, expect, test } from '@jest/globals';
import type { JsonObject, KubeObject, ManagedFieldsEntry } from '../../machinery/src/meta.ts';
import { adoptionOf, isInherited } from './adopt.ts';
import { withEncodedData } from './encoded-data.ts';
import { lastAppliedOf, withLastApplied } from './last-applied.ts';
import { withoutRenderHash, withRenderHash } from './render-hash.ts';

/** A Deployment as KubeVela's controller rendered it, with the hash that it wrote in the label oam.dev/render-hash. */
const rendered: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    annotations: { 'oam.dev/kubevela-version': 'UNKNOWN' },
    labels: {
      'app.oam.dev/app-revision-hash': 'c67d2aa67e5a66b7',
      'app.oam.dev/appRevision': 't-env-v1',
      'app.oam.dev/cluster': '',
      'app.oam.dev/component': 'web',
      'app.oam.dev/name': 't-env',
      'app.oam.dev/namespace': 'def-trait-env-min',
      'app.oam.dev/resourceType': 'WORKLOAD',
      'workload.oam.dev/type': 'webservice',
    },
    name: 'web',
    namespace: 'def-trait-env-min',
  },
  spec: {
    selector: { matchLabels: { 'app.oam.dev/component': 'web' } },
    template: {
      metadata: { labels: { 'app.oam.dev/component': 'web', 'app.oam.dev/name': 't-env' } },
      spec: {
        containers: [{ env: [{ name: 'X', value: '1' }], image: 'docker.io/library/nginx:1.25', name: 'web' }],
      },
    },
  },
};

test('the text of a Secret is sent as the data in which it is stored', () => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { b: 'Mg==' },
    stringData: { a: '1' },
  };
  const { stringData: _, ...rest } = secret;
  expect(withEncodedData(secret)).toEqual({ ...rest, data: { a: 'MQ==', b: 'Mg==' } });
  expect(withEncodedData(rest)).toBe(rest);
});

test('the render hash of an object is the one that KubeVela gives it', () => {
  const hashed = withRenderHash(rendered);
  expect(hashed.metadata.labels?.['oam.dev/render-hash']).toBe('ecda5a74e0c0c68d');
  expect(withoutRenderHash(hashed)).toEqual(rendered);
});

describe('the last applied configuration', () => {
  test('is what was rendered, as Go writes it, without the marks of a shard', () => {
    const { metadata } = rendered;
    const labels = { ...metadata.labels, 'controller.core.oam.dev/delivered-by': 's' };
    const notes = { 'controller.core.oam.dev/shard-fence': '1.1', b: '<&>', a: '\u2028é' };
    const object = {
      ...rendered,
      metadata: { ...metadata, uid: 'u', resourceVersion: '7', labels, annotations: notes },
    };
    const text = withLastApplied(object).metadata.annotations?.['app.oam.dev/last-applied-configuration'] ?? '';
    expect(text).toContain('"annotations":{"a":"\\u2028é","b":"\\u003c\\u0026\\u003e"}');
    expect(text).not.toMatch(/shard-fence|delivered-by|resourceVersion|"uid"/);
    expect(JSON.parse(text)).toMatchObject({ spec: rendered['spec'] });
  });

  test.each(['ConfigMap', 'Secret'])('is not recorded for a %s', (kind) => {
    const object = { apiVersion: 'v1', kind, metadata: { name: 'x' } };
    expect(withLastApplied(object)).toBe(object);
  });

  test.each(['-', 'skip'])('is not recorded where the object says %s', (word) => {
    const metadata = { ...rendered.metadata, annotations: { 'app.oam.dev/last-applied-configuration': word } };
    expect(withLastApplied({ ...rendered, metadata }).metadata).toEqual(metadata);
    expect(lastAppliedOf({ ...rendered, metadata })).toBeUndefined();
  });

  test('is left out where the annotation would be too long', () => {
    const large = { ...rendered, spec: { text: 'x'.repeat(300_000) } };
    expect(withLastApplied(large)).toBe(large);
  });
});

const update = (manager: string, fieldsV1: JsonObject, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager,
  operation: 'Update',
  apiVersion: 'apps/v1',
  time: '2026-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...more,
});

const containers = {
  'k:{"name":"web"}': { '.': {}, 'f:env': { 'k:{"name":"X"}': { '.': {}, 'f:value': {} } }, 'f:resources': {} },
};
const ofKubeVela: JsonObject = {
  'f:metadata': { 'f:annotations': { 'f:app.oam.dev/last-applied-configuration': {} } },
  'f:spec': { 'f:replicas': {}, 'f:template': { 'f:spec': { 'f:containers': containers } } },
};

function live(managedFields: readonly ManagedFieldsEntry[], recorded = true): KubeObject {
  const object = recorded ? withLastApplied(rendered) : rendered;
  return { ...object, metadata: { ...object.metadata, resourceVersion: '7', managedFields } };
}

const adopted = (object: KubeObject) => (adoptionOf(object) as unknown as [{ value: ManagedFieldsEntry[] }])[0].value;

describe('adoption', () => {
  test('makes the fields that KubeVela applied those of the applier, and leaves defaults without an owner', () => {
    const status = update('kube-controller-manager', { 'f:status': {} }, { subresource: 'status' });
    const entries = adopted(live([update('kubevela', ofKubeVela), status]));
    expect(entries.map(({ manager, operation }) => `${manager} ${operation}`)).toEqual([
      'kubevela Apply',
      'kube-controller-manager Update',
    ]);
    const text = JSON.stringify(entries[0]?.fieldsV1);
    expect(text).toContain('f:env');
    expect(text).toContain('f:app.oam.dev/last-applied-configuration');
    expect(text).not.toMatch(/f:replicas|f:resources/);
  });

  test('takes all fields where the last configuration is not recorded', () => {
    const text = JSON.stringify(adopted(live([update('kubevela', ofKubeVela)], false)));
    expect(text).toContain('f:replicas');
  });

  test('takes the fields of a manager of another name that wrote the record', () => {
    expect(adopted(live([update('vela-core', ofKubeVela)]))[0]).toMatchObject({ manager: 'kubevela' });
  });

  test('adds to what was applied before', () => {
    const own = update(
      'kubevela',
      { 'f:metadata': { 'f:labels': { 'f:app.oam.dev/name': {} } } },
      { operation: 'Apply' },
    );
    const entries = adopted(live([own, update('kubevela', ofKubeVela)]));
    expect(entries).toHaveLength(1);
    expect(JSON.stringify(entries)).toMatch(/f:app.oam.dev\/name.*f:env/);
  });

  test.each([
    { name: 'applied by this controller', entries: [update('kubevela', ofKubeVela, { operation: 'Apply' })] },
    { name: 'edited by a person', entries: [update('kubectl-edit', { 'f:spec': { 'f:replicas': {} } })] },
    {
      name: 'shared by another Application',
      entries: [update('kubevela', { 'f:metadata': { 'f:annotations': { 'f:app.oam.dev/shared-by': {} } } })],
    },
  ])('is not needed for an object $name', ({ entries }) => {
    expect(isInherited(live(entries))).toBe(false);
    expect(adoptionOf(live(entries))).toBeUndefined();
  });
});
