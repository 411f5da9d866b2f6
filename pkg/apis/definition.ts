import type { Static } from '@sinclair/typebox';
import { latestRevision } from './application-status.ts';
import type { JsonObject } from '../../machinery/src/meta.ts';
import { anyObject, conditions, map, object, oneOf, optional, text, truth } from './schema.ts';

/** A Handlebars template of YAML, and the JSON Schema of its parameters. Health and status are CEL. */
export const handlebarsSchematic = object(
  {
    template: text(
      'Handlebars template; its output is YAML with output, outputs, patch, jsonPatch, jsonMergePatch, patchOutputs or errs.',
    ),
    parameters: optional(anyObject('JSON Schema of the properties that users give.')),
    health: optional(text('CEL expression over context and parameter that yields a boolean.')),
    message: optional(text('CEL expression over context and parameter that yields a string.')),
    details: optional(map(text(), { description: 'CEL expressions for values in the status, by label.' })),
  },
  { description: 'A Handlebars template of YAML.' },
);

const terraformSchematic = object(
  {
    configuration: text('Source of the module, or its Git address where the type is remote.'),
    type: optional(oneOf(['hcl', 'json', 'remote'], { description: 'Form of the configuration; hcl when absent.' })),
    path: optional(text('Folder of the module in its repository.')),
    providerRef: optional(
      object(
        { name: text('Name of the Provider.'), namespace: optional(text('Namespace of the Provider.')) },
        { description: 'The Provider of the Terraform controller.' },
      ),
    ),
    writeConnectionSecretToRef: optional(
      object(
        { name: text('Name of the Secret.'), namespace: optional(text('Namespace of the Secret.')) },
        { description: 'The Secret that gets the outputs.' },
      ),
    ),
    deleteResource: optional(truth('Whether the cloud resources are deleted with the object; true when absent.')),
    customRegion: optional(text('Region instead of that of the Provider.')),
    gitCredentialsSecretReference: optional(
      object(
        {
          name: optional(text('Name of the Secret.')),
          namespace: optional(text('Namespace of the Secret.')),
        },
        { description: 'The Secret with the credentials of the Git repository.' },
      ),
    ),
  },
  { description: 'A Terraform module; it is rendered as a Configuration of the Terraform controller.' },
);

export const schematic = object(
  {
    cue: optional(object({ template: text('CUE source.') }, { description: 'A CUE template.' })),
    handlebars: optional(handlebarsSchematic),
    terraform: optional(terraformSchematic),
  },
  { description: 'The template: exactly one of these.' },
);

/** Health and status in CUE, as KubeVela's definitions carry them. */
export const statusExpressions = object(
  {
    customStatus: optional(text('CUE source that sets `message`.')),
    healthPolicy: optional(text('CUE source that sets `isHealth`.')),
    details: optional(text('CUE source; its fields become details of the status.')),
  },
  { description: 'Health and status of the rendered objects.' },
);

export const definitionReference = object(
  {
    name: text('Name of a CustomResourceDefinition, or of a built-in kind as <plural>.<group>.'),
    version: optional(text('Version of the kind.')),
  },
  { description: 'The kind that the definition is about.' },
);
export const workloadGvk = object(
  { apiVersion: text('Group and version of the workload.'), kind: text('Kind of the workload.') },
  { description: 'Kind of the workload.' },
);
export const childResourceKind = object({
  apiVersion: text('Group and version of the objects.'),
  kind: text('Kind of the objects.'),
  selector: optional(map(text(), { description: 'Labels by which they are found.' })),
});

export const definitionStatus = object(
  {
    conditions: optional(conditions()),
    configMapRef: optional(text('Name of the ConfigMap that holds the schema of the parameters.')),
    latestRevision: optional(latestRevision),
  },
  { description: 'What the definition controller observed.' },
);

/**
 * The template of a definition. Definitions of early versions of KubeVela, and clients that know no `schematic`, have it in
 * `extension.template`, in CUE.
 */
export function schematicOf(spec: {
  readonly schematic?: Schematic | undefined;
  readonly extension?: JsonObject | undefined;
}): Schematic | undefined {
  const { schematic: given, extension } = spec;
  if (given && Object.keys(given).length > 0) return given;
  const template = extension?.['template'];
  return typeof template === 'string' && template !== '' ? { cue: { template } } : given;
}

export type HandlebarsSchematic = Static<typeof handlebarsSchematic>;
export type Schematic = Static<typeof schematic>;
export type StatusExpressions = Static<typeof statusExpressions>;
export type DefinitionStatus = Static<typeof definitionStatus>;
