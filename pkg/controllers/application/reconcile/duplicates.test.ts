import { expect, test } from '@jest/globals';
import {
  application,
  ApplicationBed,
  componentDefinition,
  configMaps,
} from '../../../../test/support/application-bed.ts';
import { componentDefinitionResource } from '../../../apis/component-definition.ts';

const conf = (name: string, value: string, object = 'same') => ({
  name,
  type: 'named',
  properties: { object, data: { k: value } },
});

function newBed(): ApplicationBed {
  const bed = new ApplicationBed();
  bed.cluster.create(componentDefinitionResource, componentDefinition('named'));
  bed.cluster.create(componentDefinitionResource, componentDefinition('twins'));
  bed.cluster.create(componentDefinitionResource, componentDefinition('halves'));
  return bed;
}

const stepOf = (bed: ApplicationBed, name: string) => bed.app()?.status?.workflow?.steps?.find((s) => s.name === name);

test('two components that deliver the same object: the second is refused, with both names', async () => {
  const bed = newBed();
  bed.put(application({ components: [conf('a', '1'), conf('b', '2')] }));
  await bed.reconcile();
  const messages = ['a', 'b'].map((name) => stepOf(bed, name)?.message ?? '').join('');
  expect(messages).toMatch(
    /ConfigMap default\/same is delivered twice, by component "[ab]" and by component "[ab]"; rename one of them/,
  );
});

test('two components that deliver the same object with the same content write it once', async () => {
  const bed = newBed();
  bed.put(application({ components: [conf('a', '1'), conf('b', '1')] }));
  await bed.settle();
  expect(bed.app()?.status?.status).toBe('running');
  expect(bed.cluster.changes.filter((change) => change.includes('ConfigMap same'))).toHaveLength(1);
  bed.cluster.changes.length = 0;
  await bed.clock.advance(600_000);
  await bed.settle();
  expect(bed.cluster.changes).toEqual([]);
});

test('a component that takes the place of another one delivers the same object', async () => {
  const bed = newBed();
  bed.put(application({ components: [conf('a', '1')] }));
  await bed.settle();
  bed.put(application({ components: [conf('b', '2')] }));
  await bed.settle();
  expect(bed.app()?.status?.status).toBe('running');
  expect(bed.cluster.find(configMaps, { name: 'same', namespace: 'default' })?.['data']).toEqual({ k: '2' });
});

test('two outputs of a component that do not contradict each other are written as one', async () => {
  const bed = newBed();
  bed.put(application({ components: [{ name: 'a', type: 'halves', properties: {} }] }));
  await bed.settle();
  expect(bed.app()?.status?.status).toBe('running');
  expect(bed.cluster.get(configMaps, { name: 'same', namespace: 'default' })['data']).toEqual({
    a: '1',
    b: '2',
    k: '0',
  });
  expect(bed.cluster.changes.filter((change) => change.includes('ConfigMap same'))).toHaveLength(1);
});

test('two outputs of a component that are the same object with different contents are refused, with both names', async () => {
  const bed = newBed();
  bed.put(application({ components: [{ name: 'a', type: 'twins', properties: { values: ['1', '2'] } }] }));
  await bed.reconcile();
  expect(stepOf(bed, 'a')?.message).toContain(
    'ConfigMap default/same is delivered twice, by output of component "a" and by outputs.other of component "a"',
  );
});

test('two outputs of a component that say the same of one object are one', async () => {
  const bed = newBed();
  bed.put(application({ components: [{ name: 'a', type: 'twins', properties: { values: ['1', '1'] } }] }));
  await bed.settle();
  expect(bed.app()?.status?.status).toBe('running');
  bed.cluster.changes.length = 0;
  await bed.clock.advance(600_000);
  await bed.settle();
  expect(bed.cluster.changes).toEqual([]);
});

test('an output that is written as one with another can be read by its own name', async () => {
  const bed = newBed();
  const outputs = [{ name: 'b', valueFrom: 'outputs.other.data.b' }];
  bed.put(application({ components: [{ name: 'a', type: 'halves', properties: {}, outputs }] }));
  await bed.settle();
  const stored = bed.cluster.find(configMaps, { name: 'workflow-app-context', namespace: 'default' });
  expect(JSON.stringify(stored?.['data'])).toContain(JSON.stringify('"2"').slice(1, -1));
});
