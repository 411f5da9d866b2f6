/*
 * Records what a real controller of KubeVela leaves in a cluster, for the tests beside this file:
 *
 *   KUBEVELA_CORE=/path/to/vela-core make record-takeover
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { startPlaneCluster } from '../support/plane-cluster.ts';
import { deliverByKubeVela } from './left-behind.ts';
import { recordedObjects } from './recorded.ts';

async function main(): Promise<void> {
  const cluster = await startPlaneCluster();
  try {
    await deliverByKubeVela(cluster);
    const objects = await recordedObjects(cluster.client);
    const file = join(import.meta.dirname, 'recorded.json.gz');
    await writeFile(
      file,
      gzipSync(objects.map((object: KubeObject) => JSON.stringify(object)).join('\n'), { level: 9 }),
    );
    process.stdout.write(`${objects.length} objects in ${file}\n`);
  } catch (error) {
    process.stderr.write(`see ${cluster.folder}\n`);
    throw error;
  } finally {
    if (!process.env['KEEP']) await cluster.stop();
  }
}

await main();
