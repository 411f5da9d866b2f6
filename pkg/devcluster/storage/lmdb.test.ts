import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '../../apis/meta.ts';
import { openLmdb } from './lmdb.ts';
import { Store } from './store.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-lmdb-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const object =
  (name: string, data = '') =>
  (resourceVersion: string): KubeObject => ({ apiVersion: 'v1', kind: 'T', metadata: { name, resourceVersion }, data });

async function filled(count: number): Promise<void> {
  const store = new Store({ disk: openLmdb(folder) });
  const c = store.collection('apps/things');
  for (let i = 0; i < count; i++) void store.put(c, `n/x${i}`, undefined, object(`x${i}`, 'd'.repeat(200)));
  await store.close();
}

describe('lmdb', () => {
  test('a restart brings back objects, their text and the revision, a deletion as the last write included', async () => {
    let store = new Store({ disk: openLmdb(folder) });
    let c = store.collection('apps/things');
    const a = await store.put(c, 'n/a', undefined, object('a', 'ü"\n'));
    const b = await store.put(c, 'n/b', undefined, object('b'));
    await store.remove(c, b);
    await store.close();
    store = new Store({ disk: openLmdb(folder) });
    c = store.collection('apps/things');
    expect(store.revision).toBe(4);
    expect(c.scan('').map(({ key, revision, json }) => [key, revision, json])).toEqual([['n/a', 2, a.json]]);
    expect(Object.isFrozen(c.get('n/a')?.object.metadata)).toBe(true);
    expect([c.history.after(3), c.history.after(4)]).toEqual([undefined, []]);
    expect((await store.put(c, 'n/c', undefined, object('c'))).revision).toBe(5);
    await store.close();
  });

  test('a folder with other files is refused and left alone', () => {
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    expect(() => openLmdb(folder)).toThrow(/cannot be used: it holds other files, such as notes.txt; choose another/);
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
  });

  test('a folder that a living process uses is refused', () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'cluster.pid'), String(process.ppid));
    expect(() => openLmdb(folder)).toThrow(new RegExp(`process ${process.ppid} uses it`));
  });

  test.each([
    {
      name: 'cut off',
      damage: (file: string) => {
        truncateSync(file, 20_000);
      },
    },
    {
      name: 'overwritten in the middle',
      damage: (file: string) => {
        const bytes = readFileSync(file);
        bytes.fill(7, 8192, bytes.length);
        writeFileSync(file, bytes);
      },
    },
    {
      name: 'no database',
      damage: (file: string) => {
        writeFileSync(file, 'x'.repeat(50_000));
      },
    },
    {
      name: 'changed in one value',
      damage: (file: string) => {
        writeFileSync(file, readFileSync(file, 'latin1').replaceAll('ddddd', 'dddde'), 'latin1');
      },
    },
  ])('a database that is $name is refused', async ({ damage }) => {
    await filled(200);
    damage(join(folder, 'cluster.mdb'));
    expect(() => openLmdb(folder)).toThrow(/cannot be used: .*damaged/);
  });
});
