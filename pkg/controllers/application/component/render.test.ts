import { expect, test } from '@jest/globals';
import type { Application } from '../../../apis/application.ts';
import type { ApplicationRevision } from '../../../apis/application-revision.ts';
import { labels } from '../../../apis/names.ts';
import { manifestsOf } from './render.ts';

test('a trait with a version in its type keeps the version in its label, and manages the workload', () => {
  const object = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } };
  const objects = [{ object, trait: 'expose', resource: 'service', stage: 'DefaultDispatch' as const }];
  const workload = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } };
  const app = { metadata: { name: 'app', namespace: 'default' } } as Application;
  const traitDefinitions = { 'expose@v1': { spec: { manageWorkload: true } } };
  const revision = { metadata: { name: 'app-v1' }, spec: { traitDefinitions } } as unknown as ApplicationRevision;
  const component = { name: 'web', type: 'webservice', traits: [{ type: 'expose@v1' }] };
  const placement = { component, namespace: 'default' };
  const parts = { app, revision } as Parameters<typeof manifestsOf>[0];
  const manifests = manifestsOf(parts, placement, { workload, objects }, 'DefaultDispatch');
  expect(manifests.map((one) => [one.object.kind, one.object.metadata.labels?.[labels.traitType]])).toEqual([
    ['Service', 'expose-v1'],
  ]);
});
