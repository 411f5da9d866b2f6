import { expect, test } from '@jest/globals';
import {
  application,
  ApplicationBed,
  configMaps,
  componentDefinition,
} from '../../../../test/support/application-bed.ts';
import { componentDefinitionResource } from '../../../apis/component-definition.ts';

const component = { name: 'there', type: 'elsewhere', properties: {} };

async function placesOf(policies: object[]): Promise<readonly (string | undefined)[]> {
  const bed = new ApplicationBed();
  bed.cluster.create(componentDefinitionResource, componentDefinition('elsewhere'));
  bed.put(application({ components: [component], policies: policies as never }));
  await bed.settle();
  return bed.cluster
    .list(configMaps, {})
    .filter(({ metadata }) => metadata.name === 'there')
    .map(({ metadata }) => metadata.namespace);
}

test('a topology that names a namespace places every object there', async () => {
  expect(await placesOf([{ name: 't', type: 'topology', properties: { namespace: 'target' } }])).toEqual(['target']);
});

test('a topology without a namespace leaves objects in that which they name', async () => {
  expect(await placesOf([{ name: 't', type: 'topology', properties: { clusters: ['local'] } }])).toEqual(['own']);
});
