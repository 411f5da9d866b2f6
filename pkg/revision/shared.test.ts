import { expect, test } from '@jest/globals';
import type { ApplicationRevision, ApplicationRevisionSpec } from '../apis/application-revision.ts';
import { sharedRevision } from './shared.ts';

const definition = (template: string, note: string) => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'ComponentDefinition',
  metadata: { name: 'web', annotations: { note } },
  spec: { schematic: { cue: { template } } },
});

const specWith = (template: string, note: string): ApplicationRevisionSpec =>
  ({
    application: { metadata: {}, spec: { components: [] } },
    componentDefinitions: { web: definition(template, note) },
  }) as unknown as ApplicationRevisionSpec;

const revisionWith = (template: string): ApplicationRevision => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'ApplicationRevision',
  metadata: { name: 'app-v1' },
  spec: specWith(template, 'stored'),
});

test('equal definitions are one object, with the metadata that is stored', () => {
  const present = specWith('output: {}', 'present');
  const { spec } = sharedRevision(revisionWith('output: {}'), present);
  expect(spec).toEqual(specWith('output: {}', 'stored'));
  expect(spec.componentDefinitions?.['web']?.spec).toBe(present.componentDefinitions?.['web']?.spec);
});

test('another definition stays as it is stored', () => {
  const stored = revisionWith('output: {}');
  expect(sharedRevision(stored, specWith('output: a: 1', 'present'))).toEqual(stored);
});
