import { createHash } from 'node:crypto';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import { join } from 'node:path';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { Disk } from './disk.ts';
import { dataFile, unusable } from './folder.ts';
import { Stored } from './stored.ts';

const formatKey = 'flotilla/format';
const revisionKey = 'flotilla/revision';
/** There while a process is at work, so that the next one knows whether that one was killed. */
const openKey = 'flotilla/open';
const format = 1;
const objectPrefix = 'object/';
/** LMDB refuses keys beyond some 1,900 bytes; names of roles know no limit. */
const longestKey = 400;
/** More writes than can be under way at once; writes lost by a kill had numbers, which are not used again. */
const revisionGap = 100_000;

type Database = RootDatabase<string, string>;

/**
 * Keeps the store in an LMDB file in the given folder, which has been prepared and locked. Object and revision are
 * written in one transaction; what was committed survives the process.
 *
 * Throws StorageError `Unusable` when the folder holds something else, or cannot be read.
 */
export function openLmdb(folder: string): Disk {
  let database: Database;
  try {
    database = open<string, string>({ path: join(folder, dataFile), encoding: 'string', maxDbs: 1 });
  } catch (error) {
    throw unusable(folder, 'it cannot be opened', error);
  }
  checkFormat(database, folder);
  const last = Number(database.get(revisionKey) ?? 1);
  if (!Number.isSafeInteger(last)) throw unusable(folder, 'its revision is damaged');
  const wasKilled = database.get(openKey) !== undefined;
  const revision = wasKilled ? last + revisionGap : last;
  database.transactionSync(() => {
    void database.put(formatKey, String(format));
    void database.put(openKey, 'yes');
    void database.put(revisionKey, String(revision));
  });
  return {
    revision,
    floor: last,
    load: () => load(database, folder),
    write: async (collection, change) => {
      const key = diskKey(collection, change.stored.key);
      const isGone = change.type === 'DELETED';
      await database.transaction(() => {
        if (isGone) void database.remove(key);
        else void database.put(key, change.stored.json);
        // Commits are in the order of these calls, and so are revisions.
        void database.put(revisionKey, String(change.revision));
      });
    },
    close: async () => {
      await database.remove(openKey);
      await database.flushed;
      await database.close();
    },
  };
}

function diskKey(collection: string, key: string): string {
  const isLong = key.length > longestKey;
  return `${objectPrefix}${collection} ${isLong ? createHash('sha256').update(key).digest('hex') : key}`;
}

function checkFormat(database: Database, folder: string): void {
  const found = database.get(formatKey);
  if (found === undefined && database.getKeysCount({ limit: 1 }) > 0)
    throw unusable(folder, 'it was not written by this program');
  if (found !== undefined && found !== String(format))
    throw unusable(folder, `its format is ${found}, this program writes ${format}`);
}

function load(database: Database, folder: string): Map<string, Stored[]> {
  const collections = new Map<string, Stored[]>();
  for (const { key, value } of database.getRange({ start: objectPrefix, end: `${objectPrefix}\uffff` })) {
    const collection = key.slice(objectPrefix.length, key.indexOf(' '));
    const list = collections.get(collection) ?? [];
    collections.set(collection, list);
    const object = parse(value, folder, key);
    const { namespace, name = '' } = object.metadata;
    list.push(
      new Stored(
        namespace === undefined ? name : `${namespace}/${name}`,
        Number(object.metadata.resourceVersion),
        object,
        value,
      ),
    );
  }
  return collections;
}

function parse(text: string, folder: string, key: string): KubeObject {
  let object: Partial<KubeObject>;
  try {
    object = JSON.parse(text) as Partial<KubeObject>;
  } catch (error) {
    throw unusable(folder, `${key} is damaged`, error);
  }
  if (!Number.isSafeInteger(Number(object.metadata?.resourceVersion))) {
    throw unusable(folder, `${key} is damaged`);
  }
  return object as KubeObject;
}
