import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../pkg/assets/root.ts';
import { systemClock, systemRandom } from '../../pkg/clock/system.ts';
import { startDevCluster } from '../../pkg/devcluster/dev-cluster.ts';
import { silentLogger } from '../../pkg/logging/logger.ts';

/** A Kubernetes API for tests of the runtime. */
export interface TestApi {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** The API of the kubeconfig in TEST_KUBECONFIG, or else one of our own. */
export async function startTestApi(): Promise<TestApi> {
  const given = process.env['TEST_KUBECONFIG'];
  if (given) return { kubeconfig: given, stop: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), 'test-api-'));
  const cluster = await startDevCluster({
    assetsDir: packageRoot(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger(),
  });
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  const stop = async (): Promise<void> => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { kubeconfig, stop };
}
