import { isNotFound } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { InstallError } from './install-error.ts';

/** Kinds of other projects, with the value that asks for them and the software that serves them. */
const foreign: Readonly<Record<string, { readonly value: string; readonly needs: string }>> = {
  PodMonitor: { value: 'podMonitor.enabled', needs: 'the operator of Prometheus' },
  ServiceMonitor: { value: 'core.metrics.serviceMonitor.enabled', needs: 'the operator of Prometheus' },
  Issuer: { value: 'admissionWebhooks.certManager.enabled', needs: 'cert-manager' },
  Certificate: { value: 'admissionWebhooks.certManager.enabled', needs: 'cert-manager' },
};

/** Throws InstallError BadValues where a value asks for objects of a kind that the API server does not serve. */
export async function requireForeignKinds(client: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  const problems = new Set<string>();
  for (const { apiVersion, kind } of objects) {
    const known = foreign[kind];
    if (!known) continue;
    await client.resourceFor(apiVersion, kind).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      problems.add(`${known.value}: the cluster does not serve ${kind} (${apiVersion}); install ${known.needs} first`);
    });
  }
  if (problems.size > 0) throw new InstallError('BadValues', [...problems]);
}
