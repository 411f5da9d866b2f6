import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { Families } from '../../../pkg/controllers/family/families.ts';

/** What a customer wants: a page, where it is to be found, and how many processes serve it. */
export interface Website extends KubeObject {
  readonly spec: { readonly html: string; readonly host?: string; readonly replicas?: number };
  readonly status?: { readonly readyReplicas?: number; readonly observedGeneration?: number };
}

const group = 'webhosting.example.com';

export const websiteResource: Resource = {
  group,
  version: 'v1',
  kind: 'Website',
  plural: 'websites',
  namespaced: true,
};

/** On all that is made for a Website: its name. */
export const websiteLabel = `${group}/website`;

const builtin = (apiGroup: string, kind: string, plural: string): Resource => ({
  group: apiGroup,
  version: 'v1',
  kind,
  plural,
  namespaced: true,
});

export const deployments = builtin('apps', 'Deployment', 'deployments');
export const services = builtin('', 'Service', 'services');
export const configMaps = builtin('', 'ConfigMap', 'configmaps');
export const ingresses = builtin('networking.k8s.io', 'Ingress', 'ingresses');

/** A Website and what is made for it carry the same shard, in the label that Flux uses for that, and move together. */
export const websites = new Families<Website>({
  resource: websiteResource,
  keys: { shard: 'sharding.fluxcd.io/key', move: 'sharding.fluxcd.io/move', epoch: 'sharding.fluxcd.io/epoch' },
  members: [configMaps, deployments, services, ingresses].map((resource) => ({
    resource,
    selectionOf: ({ name, namespace }) => ({ namespace, labelSelector: `${websiteLabel}=${name}` }),
  })),
});

/** The definition of the kind, as the API server wants it. */
export const websiteDefinition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${websiteResource.plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind: 'Website', listKind: 'WebsiteList', plural: 'websites', singular: 'website' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'READY', type: 'integer', jsonPath: '.status.readyReplicas' },
          { name: 'SHARD', type: 'string', jsonPath: String.raw`.metadata.labels.sharding\.fluxcd\.io/key` },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              spec: {
                type: 'object',
                required: ['html'],
                properties: {
                  html: { type: 'string' },
                  host: { type: 'string' },
                  replicas: { type: 'integer', minimum: 0 },
                },
              },
              status: {
                type: 'object',
                properties: { readyReplicas: { type: 'integer' }, observedGeneration: { type: 'integer' } },
              },
            },
          },
        },
      },
    ],
  },
};
