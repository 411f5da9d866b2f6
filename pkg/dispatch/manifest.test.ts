import { describe, expect, test } from '@jest/globals';
import type { Application } from '../apis/application.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { ownedManifest } from './manifest.ts';

const app: Application = {
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: {
    name: 'shop',
    namespace: 'market',
    labels: { team: 'sales' },
    annotations: { 'oam.dev/kubevela-version': 'v1.10.5' },
  },
  spec: { components: [] },
};
const service: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'front', annotations: { own: 'yes' } },
};

const owned = (isLate: boolean): KubeObject['metadata'] =>
  ownedManifest(service, {
    app,
    revision: 'shop-v1',
    revisionHash: '0123456789abcdef',
    component: 'front',
    componentType: 'webservice',
    trait: { name: 'expose', resource: 'service', manageWorkload: false, isLate },
  }).object.metadata;

describe('ownedManifest', () => {
  test('gives an object of a trait the labels and annotations of its Application', () => {
    const { labels, annotations } = owned(false);
    expect(labels).toMatchObject({ team: 'sales', 'app.oam.dev/resourceType': 'TRAIT' });
    expect(annotations).toEqual({ 'oam.dev/kubevela-version': 'v1.10.5', own: 'yes' });
  });

  test('gives an object of the last stage only what identifies it, as KubeVela does', () => {
    const { labels, annotations } = owned(true);
    expect(labels).toEqual({
      'app.oam.dev/app-revision-hash': '0123456789abcdef',
      'app.oam.dev/appRevision': 'shop-v1',
      'app.oam.dev/cluster': '',
      'app.oam.dev/component': 'front',
      'app.oam.dev/name': 'shop',
      'app.oam.dev/namespace': 'market',
      'trait.oam.dev/resource': 'service',
      'trait.oam.dev/type': 'expose',
    });
    expect(annotations).toEqual({ own: 'yes' });
  });
});
