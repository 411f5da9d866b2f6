import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterKeys } from './auth/pki.ts';
import type { Disk } from './storage/disk.ts';
import { checkNames, keysFile, lockFolder, ownFiles, prepareFolder, unusable } from './storage/folder.ts';
import { openLmdb } from './storage/lmdb.ts';

export interface Storage {
  readonly disk: Disk | undefined;
  readonly keys: ClusterKeys;
  close(): Promise<void>;
}

/**
 * Opens the folder that keeps a cluster, or prepares to keep it in memory. The keys live beside the data, so that
 * credentials outlive a restart. Throws StorageError `Unusable` for a folder that is foreign, damaged or in use.
 */
export async function openStorage(folder: string | undefined, newKeys: () => Promise<ClusterKeys>): Promise<Storage> {
  if (folder === undefined) return { disk: undefined, keys: await newKeys(), close: () => Promise.resolve() };
  prepareFolder(folder);
  const unlock = await lockFolder(folder);
  const keys = await readKeys(folder, newKeys);
  const disk = openLmdb(folder);
  return {
    disk,
    keys,
    close: async () => {
      await disk.close();
      await unlock();
    },
  };
}

async function readKeys(folder: string, newKeys: () => Promise<ClusterKeys>): Promise<ClusterKeys> {
  const file = join(folder, keysFile);
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ClusterKeys;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(folder, `${keysFile} cannot be read`, error);
  }
  const keys = await newKeys();
  await writeFile(`${file}.tmp`, JSON.stringify(keys), { mode: 0o600 });
  await rename(`${file}.tmp`, file);
  return keys;
}

/** Removes what a cluster keeps in a folder. Throws StorageError `Unusable` when it is in use or holds other things. */
export async function removeState(folder: string): Promise<void> {
  checkNames(folder);
  const unlock = await lockFolder(folder);
  try {
    for (const name of ownFiles) await rm(join(folder, name), { force: true });
  } finally {
    await unlock();
  }
}
