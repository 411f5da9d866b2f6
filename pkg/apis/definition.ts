import type { Static } from '@sinclair/typebox';
import { latestRevision } from './application-status.ts';
import type { JsonObject } from '../../machinery/src/meta.ts';
import { anyObject, conditions, map, object, oneOf, optional, text, truth } from './schema.ts';

/** A Handlebars template of YAML, and the JSON Schema of its parameters. Health and status are CEL. */
export const handlebarsSchematic = object({
  template: text(
    'Handlebars template; its output is YAML with output, outputs, patch, jsonPatch, jsonMergePatch, patchOutputs or errs.',
  ),
  parameters: optional(anyObject('JSON Schema of the properties that users give.')),
  health: optional(text('CEL expression over context and parameter that yields a boolean.')),
  message: optional(text('CEL expression over context and parameter that yields a string.')),
  details: optional(map(text(), { description: 'CEL expressions for values in the status, by label.' })),
});

const terraformSchematic = object({
  configuration: text(),
  type: optional(oneOf(['hcl', 'json', 'remote'])),
  path: optional(text()),
  providerRef: optional(object({ name: text(), namespace: optional(text()) })),
  writeConnectionSecretToRef: optional(object({ name: text(), namespace: optional(text()) })),
  deleteResource: optional(truth()),
  customRegion: optional(text()),
  gitCredentialsSecretReference: optional(object({ name: optional(text()), namespace: optional(text()) })),
});

export const schematic = object({
  cue: optional(object({ template: text('CUE source.') })),
  handlebars: optional(handlebarsSchematic),
  terraform: optional(terraformSchematic),
});

/** Health and status in CUE, as KubeVela's definitions carry them. */
export const statusExpressions = object({
  customStatus: optional(text()),
  healthPolicy: optional(text()),
  details: optional(text()),
});

export const definitionReference = object({ name: text(), version: optional(text()) });
export const workloadGvk = object({ apiVersion: text(), kind: text() });
export const childResourceKind = object({ apiVersion: text(), kind: text(), selector: optional(map(text())) });

export const definitionStatus = object({
  conditions: optional(conditions()),
  configMapRef: optional(text('Name of the ConfigMap that holds the schema of the parameters.')),
  latestRevision: optional(latestRevision),
});

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
