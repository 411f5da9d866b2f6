import { describe, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { componentDefinitionResource } from '../apis/component-definition.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { applyDefinition } from './definitions.ts';

const { signal } = new AbortController();
const target = { name: 'worker', namespace: 'vela-system' };

const worker = (schematic: JsonObject): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'ComponentDefinition',
  metadata: target,
  spec: { workload: { type: 'deployments.apps' }, schematic },
});
const ours = worker({ handlebars: { template: 'output: {}' } });

function newCluster() {
  const cluster = new FakeCluster({ resources: [componentDefinitionResource], now: () => 0 });
  const client = cluster.client();
  const install = (definition = ours, overwrite = false) => applyDefinition(client, definition, { overwrite, signal });
  const stored = () => cluster.get(componentDefinitionResource, target);
  const edit = (spec: JsonObject) =>
    client.apply(componentDefinitionResource, { ...ours, spec }, { fieldManager: 'ann', force: true });
  return { client, install, stored, edit };
}

describe('a definition of the installation', () => {
  test('is created, left unchanged, and follows the next version', async () => {
    const { install, stored } = newCluster();
    expect(await install()).toEqual({ did: 'created' });
    expect(await install()).toEqual({ did: 'unchanged' });
    const next = worker({ handlebars: { template: 'output: { next: true }' } });
    expect(await install(next)).toEqual({ did: 'configured' });
    expect(stored()['spec']).toEqual(next['spec']);
  });

  test.each([
    { name: 'in CUE', schematic: { cue: { template: 'output: {}' } } },
    { name: 'in the same language', schematic: { handlebars: { template: 'output: {}' } } },
  ])('does not touch one $name that it did not create', async ({ schematic }) => {
    const { client, install, stored } = newCluster();
    const theirs = await client.create(componentDefinitionResource, worker(schematic), { fieldManager: 'helm' });
    expect(await install()).toEqual({ did: 'kept', because: 'made by another installation or a person' });
    expect(stored()).toEqual(theirs);
  });

  test.each<{ name: string; spec: JsonObject; because: string }>([
    {
      name: 'to another template',
      spec: { workload: { type: 'deployments.apps' }, schematic: { handlebars: { template: 'output: { mine: 1 }' } } },
      because: 'changed since it was installed: ',
    },
    {
      name: 'to a template of another language',
      spec: { ...(ours['spec'] as JsonObject), schematic: { cue: { template: 'output: {}' } } },
      because: 'changed since it was installed: spec.schematic.cue',
    },
  ])('does not touch one that was changed $name', async ({ spec, because }) => {
    const { install, stored, edit } = newCluster();
    await install();
    await edit(spec);
    expect(await install()).toMatchObject({ did: 'kept', because: expect.stringContaining(because) });
    expect(stored()['spec']).toMatchObject(spec);
  });

  test('replaces one whole where that is asked for', async () => {
    const { client, install, stored } = newCluster();
    const theirs = worker({ cue: { template: 'output: {}' } });
    await client.create(componentDefinitionResource, theirs, { fieldManager: 'helm' });
    expect(await install(ours, true)).toMatchObject({ did: 'configured' });
    expect(stored()['spec']).toEqual(ours['spec']);
    expect(await install()).toEqual({ did: 'unchanged' });
  });
});
