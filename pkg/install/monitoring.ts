import { isNotFound } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { InstallError } from './install-error.ts';

const group = 'monitoring.coreos.com/';

/** Throws InstallError BadValues where monitors are wanted and the API server does not know their kind. */
export async function requireMonitoring(client: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  for (const { apiVersion, kind } of objects.filter((object) => object.apiVersion.startsWith(group))) {
    await client.resourceFor(apiVersion, kind).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      throw new InstallError('BadValues', [
        `podMonitor.enabled: the cluster does not serve ${kind} (${apiVersion}); install the operator of Prometheus first`,
      ]);
    });
  }
}
