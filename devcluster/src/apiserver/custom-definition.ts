import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import type { PrinterColumn, ScalePaths } from './served-resource.ts';

export interface DefinitionNames {
  readonly plural: string;
  readonly singular?: string;
  readonly kind: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

export interface DefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly schema?: { readonly openAPIV3Schema?: Schema };
  readonly subresources?: { readonly status?: object; readonly scale?: ScalePaths };
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

export interface DefinitionCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** A CustomResourceDefinition as it is stored. */
export interface Definition extends KubeObject {
  readonly spec: {
    readonly group: string;
    readonly names: DefinitionNames;
    readonly scope: 'Namespaced' | 'Cluster';
    readonly versions: readonly DefinitionVersion[];
    readonly conversion?: { readonly strategy?: string };
  };
  readonly status?: {
    readonly conditions?: readonly DefinitionCondition[] | null;
    readonly acceptedNames?: DefinitionNames;
    readonly storedVersions?: readonly string[] | null;
  };
}

export const definitionsId = 'apiextensions.k8s.io/customresourcedefinitions';
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

export function conditionOf({ status }: Definition, type: string): DefinitionCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function isEstablished(definition: Definition): boolean {
  return conditionOf(definition, 'Established')?.status === 'True';
}
