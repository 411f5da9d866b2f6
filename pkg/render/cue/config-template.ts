import { compile } from '../../../cue/src/index.ts';
import type { JsonObject } from '../../../machinery/src/meta.ts';
import { isMap } from '../../../machinery/src/patch/json.ts';
import type { Rendered } from '../engine.ts';
import { publishedSchema } from './open-api.ts';
import { actionPackages } from './packages.ts';
import { attempt } from './templates.ts';

/** A template of configurations: its header, and the schema of its parameters as OpenAPI. */
export interface ConfigTemplate {
  readonly metadata: JsonObject;
  readonly schema: JsonObject;
}

/** Reads a config template: a file of CUE with a header `metadata`, which holds at least a name, and `template`. */
export function readConfigTemplate(text: string): Rendered<ConfigTemplate> {
  const read = attempt(() => {
    const evaluation = compile(text, { inputs: ['context'], packages: actionPackages }).evaluate();
    const template = evaluation.lookup('template');
    return {
      metadata: evaluation.lookup('metadata')?.json(),
      template,
      schema: template?.lookup('parameter')?.openApi() ?? { type: 'object' },
    };
  });
  if (!read.ok) return read;
  const { metadata, template, schema } = read.value;
  if (metadata === undefined || !template)
    return { ok: false, problems: [`${metadata === undefined ? 'metadata' : 'template'} is missing`] };
  if (!isMap(metadata) || typeof metadata['name'] !== 'string')
    return { ok: false, problems: ['metadata.name is missing'] };
  return { ok: true, value: { metadata: metadata, schema: publishedSchema(schema) } };
}
