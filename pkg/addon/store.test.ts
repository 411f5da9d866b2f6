import { expect, test } from '@jest/globals';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { traitDefinitionResource } from '../apis/trait-definition.ts';
import { failure, MemoryApi } from '../../test/support/memory-api.ts';
import { applyAddonObject } from './store.ts';

const trait = (metadata: KubeObject['metadata'], spec: object): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'TraitDefinition',
  metadata: { name: 'expose', namespace: 'vela-system', ...metadata },
  spec,
});

test('a definition with undeclared fields is replaced although a controller writes it at the same time', async () => {
  const api = new MemoryApi();
  const stored = await api.create(traitDefinitionResource, trait({}, { version: 1 }));
  const client: KubeClient = Object.assign(api, {
    resourceFor: () => Promise.resolve(traitDefinitionResource),
    apply: () => Promise.reject(failure(500, 'InternalError', '.spec.views: field not declared in schema')),
  });
  let marks = 0;
  api.onRequest = async (what) => {
    if (!what.startsWith('update') || marks++ > 0) return;
    await api.patch(traitDefinitionResource, stored.metadata as { name: string }, {
      body: { metadata: { labels: { revision: 'expose-v1' } } },
    });
  };

  const { did, object } = await applyAddonObject(client, trait({}, { version: 2 }), new AbortController().signal);

  expect(did).toBe('configured');
  expect(object).toMatchObject({ metadata: { labels: { revision: 'expose-v1' } }, spec: { version: 2 } });
});
