import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps } from '../../../../test/support/application-bed.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { fetchManifests } from './fetch-manifests.ts';
import type { ReferenceReader } from './referred.ts';
import { referredObjects } from './referred.ts';

const manifests = `
apiVersion: v1
kind: ConfigMap
metadata: {name: two}
data: {a: "1"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: one, annotations: {note: kept}}
---
`;
const answers: Readonly<Record<string, string>> = { '/all.yaml': manifests, '/wrong.yaml': 'kind: ConfigMap' };
const server = createServer((request, response) => {
  const text = answers[request.url ?? ''];
  response.writeHead(text === undefined ? 404 : 200).end(text);
});
let base = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

const app = application({ components: [] });
const { signal } = new AbortController();

function readerOf(bed: ApplicationBed, more: Partial<ReferenceReader> = {}): ReferenceReader {
  const client = bed.cluster.client();
  return { client, author: client, scope: 'global', fetchText: fetchManifests, signal, ...more };
}

const component = (properties: object) => ({ name: 'refs', type: 'ref-objects', properties: properties as never });

describe('urls of a ref-objects component', () => {
  test('yield the objects of the manifests there, each with its address', async () => {
    const url = `${base}/all.yaml`;
    const objects = await referredObjects(component({ urls: [url] }), app, readerOf(new ApplicationBed()));
    expect(objects.map(({ metadata }) => metadata)).toEqual([
      { name: 'one', annotations: { note: 'kept', 'app.oam.dev/resource-url': url } },
      { name: 'two', annotations: { 'app.oam.dev/resource-url': url } },
    ]);
  });

  test.each([
    { name: 'that the server does not have', path: '/none.yaml', says: 'the server answers 404' },
    { name: 'with a document that is no object', path: '/wrong.yaml', says: 'document 1 has no apiVersion, kind' },
  ])('$name are reported: $says', async ({ path, says }) => {
    const reading = referredObjects(component({ urls: [`${base}${path}`] }), app, readerOf(new ApplicationBed()));
    await expect(reading).rejects.toThrow(
      `component "refs": failed to load Kubernetes objects from url ${base}${path}: ${says}`,
    );
  });

  test.each([
    { name: 'another protocol', url: 'file:///etc/passwd', more: {}, says: 'file: is not supported' },
    { name: 'the gate off', url: 'http://a/b', more: { fetchText: undefined }, says: 'DisableReferObjectsFromURL' },
  ])('are refused with $name', async ({ url, more, says }) => {
    const reading = referredObjects(component({ urls: [url] }), app, readerOf(new ApplicationBed(), more));
    await expect(reading).rejects.toThrow(says);
  });
});

test('a reference without name and labels names the object of the name of the component', async () => {
  const bed = new ApplicationBed();
  const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'refs', namespace: 'default' } };
  bed.cluster.create(configMaps, object);
  const objects = await referredObjects(component({ objects: [{ resource: 'configmap' }] }), app, readerOf(bed));
  expect(objects.map(({ metadata }) => metadata.name)).toEqual(['refs']);
});
