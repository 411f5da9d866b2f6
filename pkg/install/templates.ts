import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { loadYamlDocuments } from '../render/yaml.ts';
import type { RightsRole } from './rights.ts';
import { InstallError } from './install-error.ts';

export interface SystemTemplate {
  readonly file: string;
  readonly text: string;
}

/** Everything that an installation is made of, as it lies under templates/. */
export interface SystemTemplates {
  readonly defaults: JsonObject;
  readonly crds: readonly KubeObject[];
  readonly definitions: readonly KubeObject[];
  /** Queries by name, which KubeVela's CLI evaluates. */
  readonly views: readonly SystemTemplate[];
  readonly system: readonly SystemTemplate[];
  /** What the controllers' accounts may do. */
  readonly rights: readonly RightsRole[];
}

/** Reads values.yaml, rights.yaml, crds/, definitions/, views/ and system/ of the given folder. */
export async function loadTemplates(templatesDir: string): Promise<SystemTemplates> {
  const [defaults, crds, definitions, views, system, rights] = await Promise.all([
    readFile(join(templatesDir, 'values.yaml'), 'utf8'),
    readManifests(join(templatesDir, 'crds')),
    readManifests(join(templatesDir, 'definitions')),
    readTexts(join(templatesDir, 'views'), /\.cue$/),
    readTexts(join(templatesDir, 'system')),
    readRoles(templatesDir),
  ]);
  return { defaults: (loadYamlDocuments(defaults)[0] ?? {}) as JsonObject, crds, definitions, views, system, rights };
}

/** Reads rights.yaml. */
export async function readRoles(templatesDir: string): Promise<readonly RightsRole[]> {
  const [document] = loadYamlDocuments(await readFile(join(templatesDir, 'rights.yaml'), 'utf8'));
  return (document as { readonly roles: readonly RightsRole[] }).roles;
}

async function readTexts(folder: string, wanted = /\.ya?ml$/): Promise<SystemTemplate[]> {
  const names = (await readdir(folder)).filter((name) => wanted.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({ file: join(folder, name), text: await readFile(join(folder, name), 'utf8') })),
  );
}

async function readManifests(folder: string): Promise<KubeObject[]> {
  const texts = await readTexts(folder);
  return texts.flatMap(({ file, text }) => {
    try {
      return loadYamlDocuments(text).filter((document) => document !== null) as KubeObject[];
    } catch (error) {
      throw new InstallError('BadTemplate', [`${file}: ${(error as Error).message}`], error);
    }
  });
}
