import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import { join } from 'node:path';
import type { KubeObject } from '../../apis/meta.ts';
import type { Disk } from './disk.ts';
import { StorageError } from './storage-error.ts';
import { Stored } from './stored.ts';

const formatKey = 'flotilla/format';
const revisionKey = 'flotilla/revision';
const format = 1;
const objectPrefix = 'object/';
const separator = '\u0001';

/**
 * Keeps the store in an LMDB file in the given folder. Object and revision are written in one transaction.
 *
 * Throws StorageError `Unusable` when the folder holds something else, or cannot be read.
 */
export function openLmdb(folder: string): Disk {
  let database: RootDatabase<string, string>;
  try {
    database = open<string, string>({ path: join(folder, 'cluster.mdb'), encoding: 'string', maxDbs: 1 });
  } catch (error) {
    throw unusable(folder, 'it cannot be opened', error);
  }
  const found = database.get(formatKey);
  if (found === undefined && database.getKeysCount({ limit: 1 }) > 0) throw unusable(folder, 'it was not written by this program');
  if (found !== undefined && found !== String(format)) throw unusable(folder, `its format is ${found}, this program writes ${format}`);
  database.putSync(formatKey, String(format));
  return {
    revision: Number(database.get(revisionKey) ?? 1),
    load: () => load(database, folder),
    write: async (collection, change) => {
      const key = `${objectPrefix}${collection}${separator}${change.stored.key}`;
      const isGone = change.type === 'DELETED';
      await database.transaction(() => {
        if (isGone) void database.remove(key);
        else void database.put(key, change.stored.json);
        // Commits are in the order of these calls, and so are revisions.
        void database.put(revisionKey, String(change.revision));
      });
    },
    close: async () => {
      await database.flushed;
      await database.close();
    },
  };
}

function load(database: RootDatabase<string, string>, folder: string): Map<string, Stored[]> {
  const collections = new Map<string, Stored[]>();
  for (const { key, value } of database.getRange({ start: objectPrefix, end: `${objectPrefix}\uffff` })) {
    const [collection = '', name = ''] = key.slice(objectPrefix.length).split(separator);
    const list = collections.get(collection) ?? [];
    collections.set(collection, list);
    const object = parse(value, folder, name);
    list.push(new Stored(name, Number(object.metadata.resourceVersion), object, value));
  }
  return collections;
}

function parse(text: string, folder: string, name: string): KubeObject {
  try {
    return JSON.parse(text) as KubeObject;
  } catch (error) {
    throw unusable(folder, `the object ${name} is damaged`, error);
  }
}

function unusable(folder: string, why: string, cause?: unknown): StorageError {
  return new StorageError('Unusable', `the data folder ${folder} cannot be used: ${why}; choose another, or remove it to start anew`, cause);
}
