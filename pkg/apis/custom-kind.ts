import type { TSchema } from '@sinclair/typebox';
import type { Resource } from '../../machinery/src/meta.ts';
import { apiVersionOf } from '../../machinery/src/meta.ts';

/** A column that `kubectl get` prints. */
export interface PrinterColumn {
  readonly name: string;
  readonly jsonPath: string;
  readonly type: 'string' | 'boolean' | 'integer' | 'number' | 'date';
  readonly description?: string;
  /** Above 0: printed by `-o wide` alone. */
  readonly priority?: number;
}

/** Everything that makes a kind of ours: where it is served, how it prints, and what it holds. */
export interface CustomKind {
  readonly resource: Resource;
  readonly shortNames: readonly string[];
  readonly columns: readonly PrinterColumn[];
  readonly statusSubresource: boolean;
  /** Where `kubectl scale` finds its numbers. */
  readonly scaleSubresource?: {
    readonly specReplicasPath: string;
    readonly statusReplicasPath: string;
    readonly labelSelectorPath: string;
  };
  /** The fields beside apiVersion, kind and metadata; the keys of required ones in `required`. */
  readonly fields: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly description: string;
  /** Served but not stored, with the same schema. */
  readonly alsoServed?: readonly string[];
}

export const group = 'core.oam.dev';
export const ageColumn: PrinterColumn = { name: 'AGE', jsonPath: '.metadata.creationTimestamp', type: 'date' };
export const descriptionColumn: PrinterColumn = {
  name: 'DESCRIPTION',
  jsonPath: '.metadata.annotations.definition\\.oam\\.dev/description',
  type: 'string',
};

const openApiSchema = (kind: CustomKind) => ({
  type: 'object',
  description: kind.description,
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    ...kind.fields,
  },
  ...(kind.required && { required: kind.required }),
});

/** The apiextensions.k8s.io/v1 manifest of a kind, as plain JSON. */
export function customResourceDefinition(kind: CustomKind): object {
  const { resource } = kind;
  const version = (name: string, storage: boolean) => ({
    name,
    served: true,
    storage,
    ...(kind.columns.length > 0 && { additionalPrinterColumns: kind.columns }),
    ...(kind.statusSubresource && {
      subresources: { status: {}, ...(kind.scaleSubresource && { scale: kind.scaleSubresource }) },
    }),
    schema: { openAPIV3Schema: openApiSchema(kind) },
  });
  const manifest = {
    apiVersion: apiVersionOf({ group: 'apiextensions.k8s.io', version: 'v1' }),
    kind: 'CustomResourceDefinition',
    metadata: { name: `${resource.plural}.${resource.group}` },
    spec: {
      group: resource.group,
      names: {
        categories: ['oam'],
        kind: resource.kind,
        listKind: `${resource.kind}List`,
        plural: resource.plural,
        singular: resource.kind.toLowerCase(),
        ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
      },
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      versions: [...(kind.alsoServed ?? []).map((name) => version(name, false)), version(resource.version, true)],
    },
  };
  // Schemas carry symbols of the library that made them; only JSON may leave.
  return JSON.parse(JSON.stringify(manifest)) as object;
}
