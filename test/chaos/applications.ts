import type { Application } from '../../pkg/apis/application.ts';
import type { JsonObject } from '../../machinery/src/meta.ts';
import { annotations } from '../../pkg/apis/names.ts';

export const namespace = 'chaos';

/** Objects alone; a workload with its Service; two steps one after the other. */
export type Shape = 'objects' | 'web' | 'steps';

/** What a user wants of one Application at present. */
export interface Wanted {
  readonly name: string;
  readonly shape: Shape;
  /** Grows with each change. */
  readonly version: number;
  /** Whether its versions are published, so that only a new name of a version has an effect. */
  readonly isPublished: boolean;
}

/** A resource that an Application delivers, and how to see which version it is of. */
export interface Delivered {
  readonly plural: 'configmaps' | 'deployments' | 'services';
  readonly name: string;
}

const configMap = (name: string, version: number): JsonObject => ({
  name,
  type: 'k8s-objects',
  properties: {
    objects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { version: String(version) } }],
  },
});

/** Its spec and the annotation that publishes it, as a merge patch. */
export function patchOf({ name, shape, version, isPublished }: Wanted): JsonObject {
  const note = isPublished ? { metadata: { annotations: { [annotations.publishVersion]: `p${version}` } } } : {};
  return { ...note, spec: specOf(name, shape, version) };
}

function specOf(name: string, shape: Shape, version: number): JsonObject {
  switch (shape) {
    case 'objects':
      return { components: [configMap(`${name}-data`, version)] };
    case 'web': {
      const properties = { image: `nginx:1.${version}`, ports: [{ port: 80, expose: true }] };
      return { components: [{ name: `${name}-web`, type: 'webservice', properties }] };
    }
    case 'steps': {
      const step = (component: string): JsonObject => ({
        name: component,
        type: 'apply-component',
        properties: { component },
      });
      return {
        components: [configMap(`${name}-one`, version), configMap(`${name}-two`, version)],
        workflow: { steps: [step(`${name}-one`), step(`${name}-two`)] },
      };
    }
  }
}

export function applicationOf(wanted: Wanted): Application {
  const { metadata, ...rest } = patchOf(wanted) as { metadata?: JsonObject };
  const object = { apiVersion: 'core.oam.dev/v1beta1', kind: 'Application', ...rest };
  return { ...object, metadata: { name: wanted.name, namespace, ...metadata } } as unknown as Application;
}

export function deliveredBy({ name, shape }: Pick<Wanted, 'name' | 'shape'>): readonly Delivered[] {
  switch (shape) {
    case 'objects':
      return [{ plural: 'configmaps', name: `${name}-data` }];
    case 'web':
      return [
        { plural: 'deployments', name: `${name}-web` },
        { plural: 'services', name: `${name}-web` },
      ];
    case 'steps':
      return [
        { plural: 'configmaps', name: `${name}-one` },
        { plural: 'configmaps', name: `${name}-two` },
      ];
  }
}
