import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterKeys } from './auth/pki.ts';
import type { Disk } from './storage/disk.ts';
import { openLmdb } from './storage/lmdb.ts';

export interface Storage {
  readonly disk: Disk | undefined;
  readonly keys: ClusterKeys;
  close(): Promise<void>;
}

/** Opens the folder that keeps a cluster, or prepares to keep it in memory. The keys live beside the data, so that credentials outlive a restart. */
export async function openStorage(folder: string | undefined, newKeys: () => Promise<ClusterKeys>): Promise<Storage> {
  if (folder === undefined) return { disk: undefined, keys: await newKeys(), close: () => Promise.resolve() };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const disk = openLmdb(folder);
  const file = join(folder, 'keys.json');
  let keys: ClusterKeys;
  try {
    keys = JSON.parse(await readFile(file, 'utf8')) as ClusterKeys;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new Error(`${file} cannot be read: remove the folder ${folder} to start anew`, { cause: error });
    keys = await newKeys();
    await writeFile(file, JSON.stringify(keys), { mode: 0o600 });
  }
  return { disk, keys, close: () => disk.close() };
}
