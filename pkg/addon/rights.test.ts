import { expect, test } from '@jest/globals';
import type { Application } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { failure, MemoryApi } from '../../test/support/memory-api.ts';
import { missingRights } from './rights.ts';

const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};
const crds = 'customresourcedefinitions';
const kinds: Readonly<Record<string, Resource>> = {
  ConfigMap: { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
  Namespace: { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
  CustomResourceDefinition: {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
    plural: crds,
    namespaced: false,
  },
};

const object = (kind: string): KubeObject => ({ apiVersion: 'v1', kind, metadata: { name: 'a' } });
const app = {
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'addon-a' },
  spec: {
    components: [
      { name: 'all', type: 'k8s-objects', properties: { objects: [object('ConfigMap'), object(kinds['CustomResourceDefinition']?.kind ?? ''), object('Unserved')] } }, // prettier-ignore
      { name: 'space', type: 'raw', properties: object('Namespace') },
      { name: 'web', type: 'webservice', properties: { image: 'nginx' } },
    ],
  },
} as unknown as Application;

interface Review {
  readonly spec: {
    readonly user: string;
    readonly resourceAttributes: { readonly resource: string; readonly namespace?: string };
  };
}

async function clusterOf(args: readonly string[], answer: (review: Review) => object): Promise<KubeClient> {
  const api = new MemoryApi();
  const metadata = { name: 'core', namespace: 'vela-system', labels: { 'app.kubernetes.io/name': 'vela-core' } };
  const spec = { template: { spec: { serviceAccountName: 'controllers', containers: [{ args }] } } };
  await api.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec });
  return Object.assign(api, {
    resourceFor: (_: string, kind: string) =>
      kinds[kind] ? Promise.resolve(kinds[kind]) : Promise.reject(failure(404, 'NotFound', kind)),
    raw: (_method: string, _path: string, body: Review) => Promise.resolve(answer(body)),
  });
}

const onlyConfigMaps = ({ spec }: Review): object => ({
  status: { allowed: spec.resourceAttributes.resource === 'configmaps' },
});
const { signal } = new AbortController();

test('names the kinds that the controllers may not create, and the remedy', async () => {
  const users = new Set<string>();
  const client = await clusterOf([], (review) => {
    users.add(review.spec.user);
    return onlyConfigMaps(review);
  });
  const sentence = await missingRights(client, app, signal);
  expect(sentence).toContain(`may not create ${crds}.apiextensions.k8s.io, namespaces, which the addon contains`);
  expect(sentence).toContain('vela install --rights=admin');
  expect([...users]).toEqual(['system:serviceaccount:vela-system:controllers']);
});

test('says nothing where all is allowed', async () => {
  const client = await clusterOf([], () => ({ status: { allowed: true } }));
  expect(await missingRights(client, app, signal)).toBeUndefined();
});

test('judges nothing where the controllers act as the authors of Applications', async () => {
  const client = await clusterOf(['--feature-gates=AuthenticateApplication=true'], onlyConfigMaps);
  expect(await missingRights(client, app, signal)).toBeUndefined();
});

test('judges nothing that it may not ask about', async () => {
  const client = await clusterOf([], () => {
    throw failure(403, 'Forbidden', 'no');
  });
  expect(await missingRights(client, app, signal)).toBeUndefined();
});
