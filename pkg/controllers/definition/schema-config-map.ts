import type { JsonObject, KubeObject } from '../../../machinery/src/meta.ts';
import { ownerOf } from './revision.ts';
import type { DefinitionKind } from './revision.ts';

const schemaKey = 'openapi-v3-json-schema';

interface DefinitionSpec {
  readonly appliesToWorkloads?: readonly string[];
}

/**
 * The ConfigMap that publishes the schema of a definition's parameters, for forms and documentation. Its owner is the
 * definition, or the revision that it belongs to.
 */
export function schemaConfigMap(
  definition: KubeObject,
  kind: DefinitionKind,
  { owner, schema }: { readonly owner: KubeObject; readonly schema: JsonObject },
): KubeObject {
  const { appliesToWorkloads = [] } = definition['spec'] as DefinitionSpec;
  const { name = '', namespace, labels } = definition.metadata;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `${kind.schemaPrefix}-schema-${owner.metadata.name ?? ''}`,
      ...(namespace !== undefined && { namespace }),
      labels: { ...labels, 'definition.oam.dev': 'schema', 'definition.oam.dev/name': name },
      ...(appliesToWorkloads.length > 0 && {
        annotations: { 'definition.oam.dev/appliedWorkloads': appliesToWorkloads.join(',') },
      }),
      ownerReferences: [ownerOf(owner)],
    },
    data: { [schemaKey]: JSON.stringify(schema) },
  };
}
