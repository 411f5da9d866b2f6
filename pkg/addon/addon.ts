import { access, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { JsonObject, KubeObject } from '../apis/meta.ts';
import { suggestion } from '../appfile/suggest.ts';
import { loadYaml, loadYamlDocuments } from '../render/yaml.ts';
import { AddonError } from './addon-error.ts';

export interface AddonMetadata {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly icon?: string;
  readonly url?: string;
  readonly tags?: readonly string[];
  readonly invisible?: boolean;
  readonly dependencies?: readonly { readonly name: string; readonly version?: string }[];
  readonly needNamespace?: readonly string[];
  readonly system?: { readonly vela?: string; readonly kubernetes?: string };
}

export interface CueFile {
  /** Path in the addon's folder. */
  readonly file: string;
  readonly text: string;
}

/** The files of an addon that are written in CUE. */
export interface CueFiles {
  /** Schema of the arguments, seen by all others but definitions. */
  readonly parameter: string | undefined;
  readonly template: string | undefined;
  readonly resources: readonly CueFile[];
  readonly definitions: readonly CueFile[];
  readonly notes: string | undefined;
}

/**
 * A package as it lies in its folder: metadata.yaml, template.cue, template.yaml.hbs (Handlebars) or template.yaml (the
 * Application itself), parameter.cue or parameters.yaml (JSON Schema), and manifests, or files of CUE, in resources/ and
 * definitions/; schemas/ holds hints for UIs.
 */
export interface Addon {
  readonly folder: string;
  readonly metadata: AddonMetadata;
  readonly template: { readonly text: string; readonly isHandlebars: boolean } | undefined;
  readonly parameters: JsonObject | undefined;
  readonly resources: readonly KubeObject[];
  readonly definitions: readonly KubeObject[];
  readonly cue: CueFiles;
  /** By name of the ConfigMap. */
  readonly uiSchemas: Readonly<Record<string, unknown>>;
  /** Folders that nothing is done with. */
  readonly ignored: readonly string[];
}

/** Reads the addon of a folder. Throws AddonError naming what is missing or cannot be read. */
export async function loadAddon(folder: string): Promise<Addon> {
  const metadata = await readMetadata(folder);
  const [handlebars, plain, parameters, resources, definitions] = await Promise.all([
    readText(join(folder, 'template.yaml.hbs')),
    readText(join(folder, 'template.yaml')),
    readText(join(folder, 'parameters.yaml')),
    readManifests(join(folder, 'resources')),
    readManifests(join(folder, 'definitions')),
  ]);
  const cue = await readCue(folder);
  const templates = Object.entries({
    'template.cue': cue.template,
    'template.yaml.hbs': handlebars,
    'template.yaml': plain,
  });
  const given = templates.filter(([, text]) => text !== undefined).map(([name]) => name);
  if (given.length > 1)
    throw new AddonError('BadAddon', [`addon ${metadata.name}: has ${given.join(' and ')}; keep one`]);
  const text = handlebars ?? plain;
  return {
    folder,
    metadata,
    template: text === undefined ? undefined : { text, isHandlebars: handlebars !== undefined },
    parameters:
      parameters === undefined ? undefined : (parse(parameters, join(folder, 'parameters.yaml')) as JsonObject),
    resources,
    definitions,
    cue,
    uiSchemas: await readUiSchemas(join(folder, 'schemas')),
    ignored: await existing(folder, ['views', 'config-templates', 'godef']),
  };
}

async function readCue(folder: string): Promise<CueFiles> {
  const [parameter, template, notes, resources, definitions] = await Promise.all([
    readText(join(folder, 'parameter.cue')),
    readText(join(folder, 'template.cue')),
    readText(join(folder, 'NOTES.cue')),
    readFiles(folder, 'resources', /\.cue$/),
    readFiles(folder, 'definitions', /\.cue$/),
  ]);
  const isOldParameter = ({ file }: { file: string }): boolean => file === join('resources', 'parameter.cue');
  return {
    parameter: parameter ?? resources.find(isOldParameter)?.text,
    template,
    notes,
    resources: resources.filter((file) => !isOldParameter(file)),
    definitions,
  };
}

/** `schemas/component-uischema-x.yaml` goes into the ConfigMap component-uischema-x. */
async function readUiSchemas(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const files = await readFiles(folder, '.', /\.ya?ml$/);
  return Object.fromEntries(
    files.map(({ file, text }) => [basename(file).split('.')[0] ?? '', parse(text, join(folder, file))]),
  );
}

async function readFiles(
  folder: string,
  under: string,
  pattern: RegExp,
): Promise<readonly { readonly file: string; readonly text: string }[]> {
  const entries = await readdir(join(folder, under), { recursive: true }).catch(() => []);
  const files = entries.filter((name) => pattern.test(name)).sort();
  return Promise.all(
    files.map(async (name) => ({ file: join(under, name), text: await readFile(join(folder, under, name), 'utf8') })),
  );
}

async function existing(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(names.map((name) => exists(join(folder, name))));
  return names.filter((_, index) => found[index]);
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

async function readMetadata(folder: string): Promise<AddonMetadata> {
  const file = join(folder, 'metadata.yaml');
  const text = await readText(file);
  if (text === undefined) throw new AddonError('BadAddon', [`addon ${basename(folder)}: metadata.yaml is missing`]);
  const metadata = (parse(text, file) ?? {}) as Partial<AddonMetadata>;
  const missing = (['name', 'version'] as const).filter(
    (field) => typeof metadata[field] !== 'string' || metadata[field] === '',
  );
  if (missing.length > 0)
    throw new AddonError(
      'BadAddon',
      missing.map((field) => `addon ${basename(folder)}: metadata.yaml: ${field} is missing`),
    );
  return metadata as AddonMetadata;
}

async function readManifests(folder: string): Promise<KubeObject[]> {
  const files = await readFiles(folder, '.', /\.ya?ml$/);
  return files.flatMap(({ file, text }) => {
    try {
      return loadYamlDocuments(text).filter((document) => document !== null) as KubeObject[];
    } catch (error) {
      throw new AddonError('BadAddon', [`${join(folder, file)}: ${(error as Error).message}`], error);
    }
  });
}

function parse(text: string, file: string): unknown {
  try {
    return loadYaml(text);
  } catch (error) {
    throw new AddonError('BadAddon', [`${file}: ${(error as Error).message}`], error);
  }
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AddonError('BadAddon', [`${file}: cannot be read`], error);
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
