import type { JsonObject } from '../../apis/meta.ts';
import { isMap } from '../../patch/json.ts';
import type { Rendered } from '../engine.ts';
import type { CueCompiler } from './compiler.ts';
import type { CueEngine } from './cue-engine.ts';
import { topLevelOf } from './declarations.ts';
import { withoutBraces } from './definition-file.ts';
import { importedName, readable } from './program.ts';
import { splitImports } from './source.ts';
import { tokensOf } from './tokens.ts';

/** A template of configurations: its header, and the schema of its parameters as OpenAPI. */
export interface ConfigTemplate {
  readonly metadata: JsonObject;
  readonly schema: JsonObject;
}

/** Reads a config template: a file of CUE with a header `metadata`, which holds at least a name, and `template`. */
export async function readConfigTemplate(
  text: string,
  { compiler, engine }: { readonly compiler: CueCompiler; readonly engine: CueEngine },
): Promise<Rendered<ConfigTemplate>> {
  const { imports, body } = splitImports(text);
  const top = topLevelOf(body, tokensOf(body));
  const header = top.find(({ name }) => name === 'metadata');
  const template = top.find(({ name }) => name === 'template');
  if (!header || !template) return { ok: false, problems: [`${header ? 'template' : 'metadata'} is missing`] };
  const used = imports.filter((one) => header.words.has(importedName(one))).map((one) => `import ${one}`);
  const evaluated = await compiler.evaluate([...used, header.text].join('\n'));
  if (!evaluated.ok) return { ok: false, problems: [readable(evaluated.error)] };
  const { metadata } = evaluated.value as { readonly metadata?: unknown };
  if (!isMap(metadata) || typeof metadata['name'] !== 'string')
    return { ok: false, problems: ['metadata.name is missing'] };
  const others = top.filter((one) => one !== header && one !== template).map((one) => one.text);
  const source = [...imports.map((one) => `import ${one}`), withoutBraces(template.text), ...others].join('\n');
  const schema = await engine.parameterSchema({ name: metadata['name'], schematic: { cue: { template: source } } });
  return schema.ok ? { ok: true, value: { metadata: metadata as JsonObject, schema: schema.value } } : schema;
}
