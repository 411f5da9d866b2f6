import { existsSync, mkdirSync, openSync, closeSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from './storage-error.ts';

export const databaseFile = 'cluster.mdb';
const lockFile = 'cluster.pid';
const ours = new Set([databaseFile, `${databaseFile}-lock`, lockFile, 'cluster.clean', 'keys.json']);

/**
 * Makes the folder this process' own until the returned function is called. A lock that a dead process left is taken over.
 *
 * Throws StorageError `Unusable` when the folder holds something else or a living process uses it.
 */
export function claimFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const strangers = readdirSync(folder).filter((name) => !ours.has(name));
  if (!existsSync(join(folder, databaseFile)) && strangers.length > 0) {
    throw unusable(folder, `it holds other files, such as ${strangers[0] ?? ''}`);
  }
  const file = join(folder, lockFile);
  const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
  if (holder !== undefined) {
    if (holder !== process.pid && isAlive(holder)) throw unusable(folder, `process ${holder} uses it`);
    rmSync(file, { force: true });
  }
  try {
    const lock = openSync(file, 'wx', 0o600);
    writeSync(lock, String(process.pid));
    closeSync(lock);
  } catch (error) {
    throw unusable(folder, 'another process has just taken it', error);
  }
  return () => {
    rmSync(file, { force: true });
  };
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function unusable(folder: string, why: string, cause?: unknown): StorageError {
  const message = `the data folder ${folder} cannot be used: ${why}; choose another, or remove it to start anew`;
  return new StorageError('Unusable', message, cause);
}
