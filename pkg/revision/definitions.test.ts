import { expect, test } from '@jest/globals';
import { byDefinitionName, definitionFor } from './definitions.ts';

const definition = (name: string) => ({ apiVersion: 'v1', kind: 'Definition', metadata: { name } });

test('a definition that one version is used of is stored by its name', () => {
  const stored = byDefinitionName({ 'web@v1': definition('web'), scaler: definition('scaler') });
  expect(Object.keys(stored)).toEqual(['web', 'scaler']);
  expect(definitionFor(stored, 'web@v1')?.metadata.name).toBe('web');
  expect(definitionFor(stored, 'other')).toBeUndefined();
});

test('several versions of a definition stay apart', () => {
  const stored = byDefinitionName({ 'web@v1': definition('first'), web: definition('newest') });
  expect(definitionFor(stored, 'web@v1')?.metadata.name).toBe('first');
  expect(definitionFor(stored, 'web')?.metadata.name).toBe('newest');
});
