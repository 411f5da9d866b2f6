import type { KubeObject } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { deploymentResource } from '../support/applications.ts';
import type { TestCluster } from '../support/fleet.ts';

const target = { name: 'kubevela-vela-core', namespace: systemNamespace };

/** Switches sharding on, as `helm upgrade --set sharding.enabled=true` does. */
export async function shardTheMaster({ client }: TestCluster): Promise<void> {
  const op = { op: 'add', path: '/spec/template/spec/containers/0/args/-', value: '--enable-sharding' };
  await client.patch(deploymentResource, target, { type: 'json', body: [op] });
}

export async function stopTheMaster({ client }: TestCluster): Promise<void> {
  await client.patch(deploymentResource, target, { type: 'merge', body: { spec: { replicas: 0 } } });
}

/** Lets writes pass although no webhook answers, as the controller of the recorded installation would. */
export async function setFailurePolicy({ client }: TestCluster, failurePolicy: 'Ignore' | 'Fail'): Promise<void> {
  for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']) {
    const resource = await client.resourceFor('admissionregistration.k8s.io/v1', kind);
    const configuration = { name: 'kubevela-vela-core-admission' };
    const { webhooks } = await client.get<KubeObject & { webhooks: readonly object[] }>(resource, configuration);
    const body = webhooks.map((_, i) => ({
      op: 'replace',
      path: `/webhooks/${i}/failurePolicy`,
      value: failurePolicy,
    }));
    await client.patch(resource, configuration, { type: 'json', body });
  }
}
