import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { Store } from '../storage/store.ts';
import { wireFields } from '../protobuf/wire.ts';
import { openApiV2 } from './openapi-v2.ts';
import { ResourceTable } from './resource-table.ts';
import type { ServedResource } from './served-resource.ts';

const widgets = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
  verbs: ['get', 'create', 'patch'],
  collection: new Store().collection('example.com/widgets'),
} as unknown as ServedResource;

function answer(accept: string): ReturnType<typeof openApiV2> {
  const table = new ResourceTable();
  table.replace('example.com', 'widgets', [widgets]);
  return openApiV2(table, { headers: { accept } } as unknown as IncomingMessage);
}

test('as JSON: the paths of what is served, with their parameters', () => {
  const { body, contentType } = answer('application/json');
  const { paths } = JSON.parse(body.toString()) as { paths: Record<string, Record<string, { parameters: object[] }>> };
  expect(contentType).toBe('application/json');
  expect(Object.keys(paths)).toEqual([
    '/apis/example.com/v1/namespaces/{namespace}/widgets/{name}',
    '/apis/example.com/v1/namespaces/{namespace}/widgets',
  ]);
  const [item] = Object.values(paths);
  expect(item?.['patch']?.parameters).toContainEqual(expect.objectContaining({ name: 'fieldValidation', in: 'query' }));
});

test('in protobuf on request', () => {
  const { body, contentType } = answer('application/com.github.proto-openapi.spec.v2@v1.0+protobuf');
  expect(contentType).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
  const fields = [...wireFields(body)];
  expect(fields.map(({ number }) => number)).toEqual([1, 2, 8]);
  expect(String(fields[0]?.value)).toBe('2.0');
  const paths = [...wireFields(fields[2]?.value as Buffer)];
  expect(paths).toHaveLength(2);
});
