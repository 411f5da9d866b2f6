import type { Static } from '@sinclair/typebox';
import { compression } from './application-revision.ts';
import type { CustomKind } from './custom-kind.ts';
import { group } from './custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { anyObject, int64, list, object, objectReferenceFields, optional, text, truth } from './schema.ts';

const managedResource = object({
  ...objectReferenceFields,
  cluster: optional(text('Cluster of the object; `local` when absent.')),
  creator: optional(text('Creator: workflow or policy.')),
  component: optional(text('Component that the object belongs to.')),
  trait: optional(text('Trait that the object belongs to.')),
  raw: optional(anyObject<KubeObject>('The whole manifest; absent when only its identity is kept.')),
  deleted: optional(truth('Whether the object is being deleted.')),
  skipGC: optional(truth('Whether the object is kept when the Application no longer wants it.')),
});

export const resourceTrackerSpec = object(
  {
    type: optional(text('root, versioned or component-revision.')),
    applicationGeneration: int64('Generation of the Application that the tracker is about.'),
    managedResources: optional(list(managedResource, { description: 'The delivered objects.' })),
    compression: optional(compression),
  },
  { description: 'The delivered objects of one generation, or of all.' },
);

export type ManagedResource = Static<typeof managedResource>;
export type ResourceTrackerSpec = Static<typeof resourceTrackerSpec>;
export type ResourceTrackerType = 'root' | 'versioned' | 'component-revision';

/** What an Application created, written down before it is created. Cluster-scoped. */
export interface ResourceTracker extends KubeObject {
  readonly spec: ResourceTrackerSpec;
}

export const resourceTrackerResource: Resource = {
  group,
  version: 'v1beta1',
  kind: 'ResourceTracker',
  plural: 'resourcetrackers',
  namespaced: false,
};

export const resourceTrackerKind: CustomKind = {
  resource: resourceTrackerResource,
  shortNames: ['rt'],
  columns: [
    { name: 'TYPE', jsonPath: '.spec.type', type: 'string' },
    { name: 'APP', jsonPath: ".metadata.labels['app\\.oam\\.dev\\/name']", type: 'string' },
    { name: 'APP-NS', jsonPath: ".metadata.labels['app\\.oam\\.dev\\/namespace']", type: 'string' },
    { name: 'APP-GEN', jsonPath: '.spec.applicationGeneration', type: 'number' },
  ],
  statusSubresource: true,
  fields: { spec: resourceTrackerSpec, status: object({}, { description: 'Not used.' }) },
  description: 'What an Application created, written down before it is created.',
};
