import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { isMap } from '../../machinery/src/patch/json.ts';
import { loadYaml, loadYamlDocuments } from '../render/yaml.ts';
import { AddonError } from './addon-error.ts';

export interface TextFile {
  /** Path in the addon's folder. */
  readonly file: string;
  readonly text: string;
}

/** Reads the files of an addon's folder, and keeps what its YAML is warned of. */
export class AddonFiles {
  readonly folder: string;
  readonly warnings: string[] = [];

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The text of a file; undefined when there is none. */
  async text(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.folder, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new AddonError('BadAddon', [`${join(this.folder, name)}: cannot be read`], error);
    }
  }

  /** The files under a folder with a path that matches, by path. */
  async texts(under: string, pattern: RegExp): Promise<readonly TextFile[]> {
    const entries = await readdir(join(this.folder, under), { recursive: true }).catch(() => []);
    const files = entries.filter((name) => pattern.test(name)).sort();
    return Promise.all(
      files.map(async (name) => ({
        file: join(under, name),
        text: await readFile(join(this.folder, under, name), 'utf8'),
      })),
    );
  }

  /** The objects in the YAML files under a folder. Throws AddonError naming the file that holds something else. */
  async manifests(under: string): Promise<readonly KubeObject[]> {
    const files = await this.texts(under, /\.ya?ml$/);
    return files.flatMap(({ file, text }) =>
      this.#parse(file, () => loadYamlDocuments(text, this.#warn(file)))
        .filter((document) => document !== null)
        .map((document) => this.#object(file, document)),
    );
  }

  /** The value of a YAML file of one document. */
  yaml({ file, text }: TextFile): unknown {
    return this.#parse(file, () => loadYaml(text, this.#warn(file)));
  }

  #object(file: string, document: unknown): KubeObject {
    const object = document as Partial<KubeObject>;
    const isObject = isMap(document) && typeof object.apiVersion === 'string' && typeof object.kind === 'string';
    if (!isObject)
      throw new AddonError('BadAddon', [`${join(this.folder, file)}: an object with apiVersion and kind is expected`]);
    return { ...(object as KubeObject), metadata: object.metadata ?? {} };
  }

  #warn(file: string): (warning: string) => void {
    return (warning) => this.warnings.push(`${file}: ${warning}; read as kubectl reads it`);
  }

  #parse<T>(file: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw new AddonError('BadAddon', [`${join(this.folder, file)}: ${(error as Error).message}`], error);
    }
  }
}

export const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
