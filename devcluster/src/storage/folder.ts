import { mkdirSync, openSync, readSync, closeSync, fstatSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StorageError } from './storage-error.ts';

export const dataFile = 'cluster.mdb';
export const keysFile = 'keys.json';
/** Everything that may be in a data folder. */
export const ownFiles: readonly string[] = [dataFile, `${dataFile}-lock`, keysFile, `${keysFile}.tmp`];

/** What makes a folder unusable for this program, with the remedy. */
export function unusable(folder: string, why: string, cause?: unknown): StorageError {
  const remedy = 'choose another with --data-dir, or remove it to start anew';
  return new StorageError('Unusable', `the data folder ${folder} cannot be used: ${why}; ${remedy}`, cause);
}

/** Creates the folder when it is missing. Throws `Unusable` when it holds other things, or a damaged file. */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(folder, 'it cannot be created', error);
  }
  if (checkNames(folder).includes(dataFile)) checkDataFile(folder);
}

/** The files in a folder. Throws `Unusable` when some are not of this program. */
export function checkNames(folder: string): readonly string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw unusable(folder, 'it cannot be read', error);
  }
  const foreign = names.find((name) => !ownFiles.includes(name));
  if (foreign !== undefined) throw unusable(folder, `it holds ${foreign}, which is not of this program`);
  return names;
}

const pageSize = 4096;
const magic = 0xbeefc0de;
/** Pages at the end that a transaction took and gave back are never written. */
const slackPages = 2;

/** LMDB maps its file into memory and crashes on a file that is not whole, so that is found out beforehand. */
function checkDataFile(folder: string): void {
  const file = openSync(join(folder, dataFile), 'r');
  try {
    const { size } = fstatSync(file);
    // Left by a start that was killed before it wrote anything.
    if (size === 0) return;
    const head = Buffer.alloc(2 * pageSize);
    if (readSync(file, head, 0, head.length, 0) < head.length) throw unusable(folder, `${dataFile} is damaged`);
    const metas = [head.subarray(0, pageSize), head.subarray(pageSize)];
    if (metas.some((meta) => meta.readUInt32LE(24) !== magic)) {
      throw unusable(folder, `${dataFile} is damaged, or was not written by this program`);
    }
    const [a = 0n, b = 0n] = metas.map((meta) => meta.readBigUInt64LE(152));
    const lastPage = Number(metas[a > b ? 0 : 1]?.readBigUInt64LE(144));
    if (size < (lastPage + 1 - slackPages) * pageSize) throw unusable(folder, `${dataFile} has lost its end`);
  } finally {
    closeSync(file);
  }
}

/**
 * Takes the folder for this process until the returned function is called; the operating system lets it go with the
 * process. Throws `Unusable` when another process has it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const { dev, ino } = statSync(folder);
  const name = `flotilla-data-${dev}-${ino}`;
  // Linux names sockets without a file, so that nothing is left behind by a kill.
  const path = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    if (!isTaken) throw unusable(folder, 'it cannot be locked', error);
    throw unusable(folder, 'another process is using it; stop that one first', error);
  }
  server.unref();
  return () =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
    });
}
