import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Returns the folder that holds package.json, templates/ and addons/, whether the code runs from its
 * sources, from dist/ or from an image. Throws when the given folder is not inside an installation.
 */
export function packageRoot(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'templates'))) return folder;
    if (dirname(folder) === folder)
      throw new Error(`no installation of Flotilla around ${from}: templates/ is missing`);
  }
}
