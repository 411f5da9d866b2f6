import { expect, test } from '@jest/globals';
import { factsFolder } from '../facts.ts';
import { loadBuiltinSchemas } from './openapi.ts';

const schemas = loadBuiltinSchemas(factsFolder());

test('a kind has its schema with references resolved and additions kept', () => {
  const deployment = schemas.schemaFor({ group: 'apps', version: 'v1', kind: 'Deployment' });
  const spec = deployment?.properties?.['spec'];
  expect(spec?.default).toEqual({});
  expect(spec?.properties?.['selector']?.['x-kubernetes-map-type']).toBe('atomic');
  const containers = spec?.properties?.['template']?.properties?.['spec']?.properties?.['containers'];
  expect(containers?.['x-kubernetes-patch-merge-key']).toBe('name');
  expect(containers?.items?.properties?.['resources']?.properties?.['limits']?.additionalProperties).toMatchObject({
    oneOf: [{ type: 'string' }, { type: 'number' }],
  });
});

test('a recursive kind is a cyclic graph', () => {
  const crd = schemas.schemaFor({ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' });
  const versions = crd?.properties?.['spec']?.properties?.['versions'];
  const root = versions?.items?.properties?.['schema']?.properties?.['openAPIV3Schema'];
  expect(root?.properties?.['not']?.properties?.['not']?.properties).toBe(root?.properties);
});

test('unknown kinds and groups have none', () => {
  expect(schemas.schemaFor({ group: 'apps', version: 'v1', kind: 'Gadget' })).toBeUndefined();
  expect(schemas.schemaFor({ group: 'none.example.com', version: 'v1', kind: 'X' })).toBeUndefined();
  expect(schemas.document('none.example.com/v1')).toBeUndefined();
});

test('a document has paths that name their kind and every component they refer to', () => {
  const document = schemas.document('apps/v1');
  expect(document?.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']).toMatchObject({
    patch: {
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group: 'apps', version: 'v1', kind: 'Deployment' },
      parameters: expect.arrayContaining([
        { name: 'fieldValidation', in: 'query', schema: { type: 'string', uniqueItems: true } },
      ]),
    },
    parameters: [
      { name: 'namespace', in: 'path', required: true },
      { name: 'name', in: 'path', required: true },
    ],
  });
  const names = new Set(Object.keys(document?.components.schemas ?? {}));
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
    (match) => match[1],
  );
  expect(references.filter((name) => !names.has(name ?? ''))).toEqual([]);
});
