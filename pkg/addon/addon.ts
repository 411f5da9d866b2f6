import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { suggestion } from '../appfile/suggest.ts';
import { AddonError } from './addon-error.ts';
import { AddonFiles, exists } from './addon-files.ts';
import type { TextFile } from './addon-files.ts';
import { readMetadata } from './metadata.ts';
import type { AddonMetadata } from './metadata.ts';

/** The files of an addon that are written in CUE. */
export interface CueFiles {
  /** Schema of the arguments, seen by all others but definitions, views and config templates. */
  readonly parameter: string | undefined;
  readonly template: string | undefined;
  readonly resources: readonly TextFile[];
  readonly definitions: readonly TextFile[];
  readonly configTemplates: readonly TextFile[];
  readonly views: readonly TextFile[];
  readonly notes: string | undefined;
}

/**
 * A package as it lies in its folder: metadata.yaml, template.cue, template.yaml.hbs (Handlebars) or template.yaml (the
 * Application itself), parameter.cue or parameters.yaml (JSON Schema), and manifests, or files of CUE, in resources/ and
 * definitions/; views/ holds queries, config-templates/ templates of configurations, schemas/ hints for UIs.
 */
export interface Addon {
  readonly folder: string;
  /** Name of the registry that it is from; `local` for a folder. */
  readonly registry: string;
  readonly metadata: AddonMetadata;
  readonly template: { readonly text: string; readonly isHandlebars: boolean } | undefined;
  readonly parameters: JsonObject | undefined;
  readonly resources: readonly KubeObject[];
  readonly definitions: readonly KubeObject[];
  readonly views: readonly KubeObject[];
  readonly cue: CueFiles;
  /** By name of the ConfigMap. */
  readonly uiSchemas: Readonly<Record<string, unknown>>;
  /** What its author should mend although it can be used, in sentences. */
  readonly warnings: readonly string[];
}

/** Reads the addon of a folder. Throws AddonError naming what is missing or cannot be read. */
export async function loadAddon(folder: string, registry = 'local'): Promise<Addon> {
  const files = new AddonFiles(folder);
  const metadata = await readMetadataFile(files);
  const [handlebars, plain, parameters, resources, definitions, views] = await Promise.all([
    files.text('template.yaml.hbs'),
    files.text('template.yaml'),
    files.text('parameters.yaml'),
    files.manifests('resources'),
    files.manifests('definitions'),
    files.manifests('views'),
  ]);
  const cue = await readCue(files);
  const templates = Object.entries({
    'template.cue': cue.template,
    'template.yaml.hbs': handlebars,
    'template.yaml': plain,
  });
  const given = templates.filter(([, text]) => text !== undefined).map(([name]) => name);
  if (given.length > 1)
    throw new AddonError('BadAddon', [`addon ${metadata.name}: has ${given.join(' and ')}; keep one`]);
  const text = handlebars ?? plain;
  const uiSchemas = await readUiSchemas(files);
  return {
    folder,
    registry,
    metadata,
    template: text === undefined ? undefined : { text, isHandlebars: handlebars !== undefined },
    parameters:
      parameters === undefined ? undefined : (files.yaml({ file: 'parameters.yaml', text: parameters }) as JsonObject),
    resources,
    definitions,
    views,
    cue,
    uiSchemas,
    warnings: [...files.warnings, ...(await unsupported(folder))],
  };
}

async function readMetadataFile(files: AddonFiles): Promise<AddonMetadata> {
  const file = 'metadata.yaml';
  const text = await files.text(file);
  if (text === undefined)
    throw new AddonError('BadAddon', [`addon ${basename(files.folder)}: metadata.yaml is missing`]);
  return readMetadata(files.folder, files.yaml({ file, text }));
}

async function readCue(files: AddonFiles): Promise<CueFiles> {
  const [parameter, template, notes, resources, definitions, configTemplates, views] = await Promise.all([
    files.text('parameter.cue'),
    files.text('template.cue'),
    files.text('NOTES.cue'),
    files.texts('resources', /\.cue$/),
    files.texts('definitions', /\.cue$/),
    files.texts('config-templates', /\.cue$/),
    files.texts('views', /\.cue$/),
  ]);
  const isParameter = ({ file }: TextFile): boolean => basename(file) === 'parameter.cue';
  const old = resources.find(({ file }) => file === join('resources', 'parameter.cue'));
  return {
    parameter: parameter ?? old?.text,
    template,
    notes,
    resources: resources.filter((file) => !isParameter(file)),
    definitions,
    configTemplates,
    views,
  };
}

/** `schemas/component-uischema-x.yaml` goes into the ConfigMap component-uischema-x. */
async function readUiSchemas(files: AddonFiles): Promise<Readonly<Record<string, unknown>>> {
  const schemas = await files.texts('schemas', /\.ya?ml$/);
  return Object.fromEntries(schemas.map((one) => [basename(one.file).split('.')[0] ?? '', files.yaml(one)]));
}

async function unsupported(folder: string): Promise<readonly string[]> {
  const isThere = await exists(join(folder, 'godef'));
  return isThere ? ['godef/ is ignored: definitions in Go are not supported, convert them to CUE'] : [];
}

/** Finds an addon by its name among those of a folder, or by the path of its own folder. */
export async function findAddon(addonsDir: string, name: string): Promise<Addon> {
  if (name.includes('/') || name === '.') return loadAddon(name);
  if (await exists(join(addonsDir, name, 'metadata.yaml'))) return loadAddon(join(addonsDir, name));
  const known = await addonNames(addonsDir);
  const hint = suggestion(name, known) || `; known: ${known.join(', ') || 'none'}`;
  throw new AddonError('NotFound', [`addon "${name}" does not exist${hint}`]);
}

/** The names of the addons that lie in a folder, sorted. */
export async function addonNames(addonsDir: string): Promise<string[]> {
  const entries = await readdir(addonsDir, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const found = await Promise.all(folders.map(async (name) => exists(join(addonsDir, name, 'metadata.yaml'))));
  return folders.filter((_, i) => found[i]).sort();
}
