import { expect, test } from '@jest/globals';
import type { Application } from '../apis/application.ts';
import { newRevision, revisionSpec } from './content.ts';
import { decideRevision } from './decide.ts';
import { expandedRevision, storedRevision } from './stored.ts';

const app: Application = {
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'app', namespace: 'ns', uid: 'u' },
  spec: { components: [{ name: 'web', type: 'webservice', properties: { image: 'a' } }] },
};
const spec = revisionSpec({ app, componentDefinitions: {}, traitDefinitions: {} });

test.each(['gzip', 'zstd'] as const)('a revision compressed with %s is the same revision', (type) => {
  const stored = storedRevision(newRevision(app, spec, 1), type);
  expect(stored.spec).toMatchObject({ application: { spec: { components: [] } } });
  const latest = expandedRevision(stored);
  expect(latest.spec).toMatchObject(spec);
  expect(decideRevision({ app, spec, latest, candidates: [] }).kind).toBe('same');
  expect(storedRevision(latest, '').spec.compression?.type).toBe(stored.spec.compression?.type);
});

test('a revision that cannot be read is named', () => {
  const revision = newRevision(app, { ...spec, compression: { type: 'br', data: '' } }, 1);
  expect(() => expandedRevision(revision)).toThrow('application revision ns/app-v1 cannot be read');
});
