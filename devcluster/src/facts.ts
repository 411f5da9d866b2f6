import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const name = 'kubernetes-1.36';

/**
 * The folder with the facts about Kubernetes 1.36 (schemas, messages), whether the code runs from its sources or from
 * any folder that it was compiled to. Throws when the installation is incomplete.
 */
export function factsFolder(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = [join(folder, name), join(folder, 'devcluster', name)].find(existsSync);
    if (found !== undefined) return found;
    if (dirname(folder) === folder) throw new Error(`no folder ${name} above ${from}: the installation is incomplete`);
  }
}
