import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { factsFolder } from '../facts.ts';
import type { MutableObject } from '../contract/strategy.ts';
import { customVersions } from './crd.ts';
import { establish } from './crd-status.ts';
import { definitionStrategy } from './crd-strategy.ts';
import { validateDefinition, validateDefinitionUpdate } from './crd-validation.ts';
import { customDocument } from './openapi-custom.ts';
import { loadBuiltinSchemas } from './openapi.ts';
import { ServiceIndex } from '../storage/service-index.ts';

type Body = MutableObject & {
  spec: { versions: Record<string, unknown>[]; names: Record<string, unknown>; [field: string]: unknown };
};

const obj = (properties: object, extra: object = {}) => ({ type: 'object', properties, ...extra });

function definition(
  change: (body: Body) => void = () => undefined,
  schema: object = obj({ spec: obj({ size: { type: 'integer' } }) }),
): KubeObject {
  const body: Body = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, subresources: { status: {} } },
      ],
    },
  };
  change(body);
  definitionStrategy.default?.(body);
  definitionStrategy.prepareForCreate?.(body, { now: '', list: () => [], services: () => new ServiceIndex() });
  return body as unknown as KubeObject;
}

test('a definition gets its defaults and first stored version', () => {
  expect(definition()).toMatchObject({
    spec: {
      conversion: { strategy: 'None' },
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    },
    status: { storedVersions: ['v1'] },
  });
  expect(validateDefinition(definition())).toEqual([]);
});

describe('bad definitions', () => {
  const root = 'spec.validation.openAPIV3Schema';
  test.each<{ name: string; change?: (body: Body) => void; schema?: object; want: [string, string][] }>([
    {
      name: 'another name',
      change: (b) => {
        b.metadata['name'] = 'x.example.com';
      },
      want: [['metadata.name', 'FieldValueInvalid']],
    },
    {
      name: 'no schema',
      change: (b) => {
        delete b.spec.versions[0]?.['schema'];
      },
      want: [['spec.versions[0].schema.openAPIV3Schema', 'FieldValueRequired']],
    },
    {
      name: 'no type',
      schema: { properties: { spec: { type: 'object' } } },
      want: [[`${root}.type`, 'FieldValueRequired']],
    },
    {
      name: 'field without type',
      schema: obj({ spec: { properties: { a: { type: 'string' } } } }),
      want: [[`${root}.properties[spec].type`, 'FieldValueRequired']],
    },
    {
      name: 'two storage versions',
      change: (b) => {
        b.spec.versions.push({ ...b.spec.versions[0], name: 'v2' });
      },
      want: [
        ['spec.versions', 'FieldValueInvalid'],
        ['status.storedVersions', 'FieldValueInvalid'],
      ],
    },
    {
      name: 'no storage version',
      change: (b) => {
        b.spec.versions = [{ ...b.spec.versions[0], storage: false }];
      },
      want: [
        ['spec.versions', 'FieldValueInvalid'],
        ['status.storedVersions', 'FieldValueInvalid'],
      ],
    },
    {
      name: 'no versions',
      change: (b) => {
        b.spec.versions = [];
      },
      want: [
        ['spec.versions', 'FieldValueInvalid'],
        ['status.storedVersions', 'FieldValueInvalid'],
      ],
    },
    {
      name: 'bad scope',
      change: (b) => {
        b.spec['scope'] = 'Galaxy';
      },
      want: [['spec.scope', 'FieldValueNotSupported']],
    },
    {
      name: 'bad default',
      schema: obj({ spec: obj({ a: { type: 'integer', default: 'x' } }) }),
      want: [[`${root}.properties[spec].properties[a].default`, 'FieldValueTypeInvalid']],
    },
    {
      name: 'list map without keys',
      schema: obj({ l: { type: 'array', 'x-kubernetes-list-type': 'map', items: obj({ a: { type: 'string' } }) } }),
      want: [[`${root}.properties[l].x-kubernetes-list-map-keys`, 'FieldValueRequired']],
    },
    {
      name: 'rule about an unknown field',
      schema: obj({ spec: obj({ a: { type: 'string' } }, { 'x-kubernetes-validations': [{ rule: 'self.b == 1' }] }) }),
      want: [[`${root}.properties[spec].x-kubernetes-validations[0].rule`, 'FieldValueInvalid']],
    },
    {
      name: 'rule that is no boolean',
      schema: obj({ spec: obj({ a: { type: 'string' } }, { 'x-kubernetes-validations': [{ rule: 'self.a' }] }) }),
      want: [[`${root}.properties[spec].x-kubernetes-validations[0].rule`, 'FieldValueInvalid']],
    },
    {
      name: 'type in anyOf',
      schema: obj({ s: { type: 'string', anyOf: [{ type: 'string' }] } }),
      want: [[`${root}.properties[s].anyOf[0].type`, 'FieldValueForbidden']],
    },
    {
      name: 'group without dot',
      change: (b) => {
        b.spec['group'] = 'x';
        b.metadata['name'] = 'widgets.x';
      },
      want: [['spec.group', 'FieldValueInvalid']],
    },
  ])('$name', ({ change, schema, want }) => {
    expect(validateDefinition(definition(change, schema)).map(({ field, reason }) => [field, reason])).toEqual(want);
  });
});

test('names that are free are accepted, names in use are not', () => {
  const first = establish(definition(), [], 't1');
  expect(first['status']).toMatchObject({
    acceptedNames: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    conditions: [
      {
        type: 'NamesAccepted',
        status: 'True',
        reason: 'NoConflicts',
        message: 'no conflicts found',
        lastTransitionTime: 't1',
      },
      {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
    ],
  });
  expect(establish(first, [], 't2')).toBe(first);
  const second = definition((b) => {
    b.metadata['name'] = 'gadgets.example.com';
    b.spec.names = { plural: 'gadgets', kind: 'Widget' };
  });
  expect(
    establish(
      {
        ...second,
        spec: {
          ...(second['spec'] as object),
          names: { plural: 'gadgets', singular: 'gadget', kind: 'Widget', listKind: 'WidgetList' },
        },
      },
      [first],
      't1',
    )['status'],
  ).toMatchObject({
    acceptedNames: { plural: 'gadgets', singular: 'gadget', kind: '' },
    conditions: [
      { type: 'NamesAccepted', status: 'False', reason: 'ListKindConflict' },
      { type: 'Established', status: 'False', reason: 'NotAccepted' },
    ],
  });
});

test('scope and kind are fixed once established', () => {
  const old = establish(definition(), [], 't');
  const young = { ...old, spec: { ...(old['spec'] as object), scope: 'Cluster' } };
  expect(validateDefinitionUpdate(young, old).map(({ field }) => field)).toEqual(['spec.scope']);
});

describe('versions', () => {
  const schemas = loadBuiltinSchemas(factsFolder());
  const crd = definition((b) => {
    b.spec.versions.unshift({
      name: 'v1alpha1',
      served: true,
      storage: false,
      deprecated: true,
      schema: { openAPIV3Schema: { type: 'object' } },
    });
  });

  test('carry complete schemas and warnings', () => {
    const [alpha, v1] = customVersions(crd, schemas.component('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta') ?? {});
    expect(alpha).toMatchObject({
      warning: 'example.com/v1alpha1 Widget is deprecated; use example.com/v1 Widget',
      hasStatus: false,
      isStorage: false,
    });
    expect(v1).toMatchObject({ warning: undefined, hasStatus: true, scale: undefined, columns: [] });
    expect(Object.keys(v1?.schema.properties ?? {}).sort()).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    expect(v1?.schema.properties?.['metadata']?.properties?.['labels']).toBeDefined();
  });

  test('are documented', () => {
    const [, v1] = customVersions(crd, {});
    if (!v1) throw new Error('no version');
    const facts = {
      ...v1,
      kind: 'Widget',
      listKind: 'WidgetList',
      plural: 'widgets',
      namespaced: true,
      hasScale: false,
    };
    const { paths, components } = customDocument([facts], schemas);
    expect(Object.keys(paths)).toContain('/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/status');
    expect(components.schemas['com.example.v1.Widget']).toMatchObject({
      properties: { spec: obj({ size: { type: 'integer' } }) },
      'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1', kind: 'Widget' }],
    });
    expect(components.schemas['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta']).toBeDefined();
  });
});
