import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { at, recordOf, recordsOf, textOf, type JsonRecord } from '../contract/json.ts';
import { deprecationWarning } from './crd-versions.ts';
import { completeSchema } from './crd-schema.ts';

/** One version of a custom kind, as its definition declares it. */
export interface CustomVersion {
  readonly group: string;
  readonly version: string;
  readonly isServed: boolean;
  readonly isStorage: boolean;
  /** The text of the warning that every request in a deprecated version gets. */
  readonly warning: string | undefined;
  /** With apiVersion, kind and metadata, at the root and in embedded resources: for pruning, defaults, validation and apply. */
  readonly schema: Schema;
  /** As the definition says it: for OpenAPI. */
  readonly declaredSchema: Schema;
  readonly hasStatus: boolean;
  readonly scale:
    | { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath?: string }
    | undefined;
  readonly selectableFields: readonly string[];
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly jsonPath: string;
    readonly format?: string;
    readonly description?: string;
    readonly priority?: number;
  }[];
}

/** The versions of a definition, in its order; `objectMeta` is the schema of metadata. */
export function customVersions(crd: KubeObject, objectMeta: Schema): CustomVersion[] {
  const spec = recordOf(crd['spec']);
  const group = textOf(spec['group']);
  const preserves = spec['preserveUnknownFields'] === true;
  return recordsOf(spec['versions']).map((version) => {
    const declared = at(version, 'schema', 'openAPIV3Schema') as Schema;
    const subresources = recordOf(version['subresources']);
    return {
      group,
      version: textOf(version['name']),
      isServed: version['served'] === true,
      isStorage: version['storage'] === true,
      warning: deprecationWarning(spec, version),
      schema: completeSchema(
        preserves ? { ...declared, 'x-kubernetes-preserve-unknown-fields': true } : declared,
        objectMeta,
      ),
      declaredSchema: declared,
      hasStatus: subresources['status'] !== undefined && subresources['status'] !== null,
      scale: scaleOf(subresources['scale']),
      selectableFields: recordsOf(version['selectableFields']).map((field) => textOf(field['jsonPath'])),
      columns: recordsOf(version['additionalPrinterColumns']) as unknown as CustomVersion['columns'],
    };
  });
}

function scaleOf(scale: unknown): CustomVersion['scale'] {
  if (scale === undefined || scale === null) return undefined;
  return recordOf(scale) as unknown as CustomVersion['scale'];
}

/** The names that a definition got, from its status. */
export function acceptedNames(crd: KubeObject): JsonRecord {
  return at(crd, 'status', 'acceptedNames');
}

/** Whether a condition of a definition is true. */
export function hasCondition(crd: KubeObject, type: string): boolean {
  return recordsOf(at(crd, 'status')['conditions']).some(
    (found) => found['type'] === type && found['status'] === 'True',
  );
}
