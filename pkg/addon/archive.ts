import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { create, extract } from 'tar';
import { dumpYaml } from '../render/yaml.ts';
import { loadAddon } from './addon.ts';
import { AddonError } from './addon-error.ts';
import type { AddonMetadata } from './metadata.ts';

/** Runs work with a folder that is removed afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'vela-addon-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Unpacks the archive of a chart into a folder, without the folder that it holds. Throws AddonError Registry. */
export async function unpack(archive: Buffer, folder: string): Promise<void> {
  const file = join(folder, '.archive.tgz');
  await writeFile(file, archive);
  try {
    await extract({ file, cwd: folder, strip: 1 });
  } catch (error) {
    throw new AddonError('Registry', [`the archive of the addon cannot be read: ${(error as Error).message}`], error);
  } finally {
    await rm(file, { force: true });
  }
}

/** Packs an addon as a chart that Helm's repositories take, and returns the path of the archive. */
export async function packageAddon(folder: string, target: string): Promise<string> {
  const { metadata } = await loadAddon(folder);
  const file = join(target, `${metadata.name}-${metadata.version}.tgz`);
  await writeFile(join(folder, 'Chart.yaml'), dumpYaml(chartOf(metadata)));
  const path = resolve(folder);
  const rename = (entry: string): string => entry.replace(basename(path), metadata.name);
  await create(
    {
      gzip: true,
      file,
      cwd: resolve(path, '..'),
      portable: true,
      onWriteEntry: (entry) => {
        entry.path = rename(entry.path);
      },
    },
    [basename(path)],
  );
  return file;
}

function chartOf({ name, version, description, icon, url, tags, system = {} }: AddonMetadata): object {
  const annotations = Object.fromEntries(
    Object.entries(system).map(([what, constraint]) => [`system.${what}`, constraint]),
  );
  return {
    apiVersion: 'v2',
    // a chart of this type cannot be installed by Helm
    type: 'library',
    name,
    version,
    appVersion: version,
    ...(description !== undefined && { description }),
    ...(icon !== undefined && { icon }),
    ...(url !== undefined && { home: url }),
    ...(tags !== undefined && { keywords: tags }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}

export const readArchive = (file: string): Promise<Buffer> => readFile(file);
