import { writeFile } from 'node:fs/promises';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { startDevCluster } from '../../devcluster/src/dev-cluster.ts';
import { newLogger } from '../../machinery/src/logging/logger.ts';

/** `embedded.ts KUBECONFIG`: the embedded API without controllers, until the process ends. */
const [, , file = ''] = process.argv;
const cluster = await startDevCluster({
  clock: systemClock,
  random: systemRandom,
  logger: newLogger({ level: 'warn' }),
  hasControllers: false,
});
await writeFile(file, cluster.kubeconfig());
