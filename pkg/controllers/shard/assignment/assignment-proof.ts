import { ApiError } from '../../../apis/api-error.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { Fleet } from '../../../apis/fleet.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import { fleetFieldManager } from '../../family/families.ts';
import { readSlots, slotOf } from '../../../scheduling/slots.ts';

/** The outcome of a proof; `Unknown` where the API server cannot show it. */
export interface Proof {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** Several, because the webhook may choose the shard of the table for one of them by chance. */
const names = ['assignment-proof-a', 'assignment-proof-b', 'assignment-proof-c', 'assignment-proof-d'];

/** Whether new Applications get the shard that the table of the Fleet has for them. */
export async function assignmentProof(
  client: KubeClient,
  {
    fleet,
    namespace,
    signal,
  }: { readonly fleet: Fleet | undefined; readonly namespace: string; readonly signal: AbortSignal },
): Promise<Proof> {
  const table = readSlots(fleet?.slots);
  if (table.length === 0)
    return { status: 'Unknown', reason: 'NotUsed', message: 'the webhook and the assigner choose shards' };
  const served = await client
    .resourceFor('admissionregistration.k8s.io/v1', 'MutatingAdmissionPolicy')
    .catch(() => undefined);
  if (!served) {
    const message =
      'the API server knows no MutatingAdmissionPolicy (Kubernetes 1.36): the webhook and the assigner choose shards';
    return { status: 'Unknown', reason: 'Unsupported', message };
  }
  for (const name of names) {
    const wanted = table[slotOf(`${namespace}/${name}`)];
    const got = await shardOf(client, applicationOf(name, namespace), signal);
    if (got instanceof ApiError) return { status: 'Unknown', reason: 'NotAllowed', message: got.message };
    if (got === wanted) continue;
    const message = `a new Application ${namespace}/${name} would get ${got === undefined ? 'no shard' : `shard ${got}`} and not ${wanted ?? ''}; the webhook and the assigner choose shards until then. Run \`vela install\` with the values of the installation to put the policy and its binding back`;
    return { status: 'False', reason: 'NotEnforced', message };
  }
  return { status: 'True', reason: 'Proven', message: 'new Applications get the shard of the table' };
}

/** The shard that a new Application would get, or the refusal. */
async function shardOf(
  client: KubeClient,
  app: KubeObject,
  signal: AbortSignal,
): Promise<string | ApiError | undefined> {
  try {
    const options = { fieldManager: fleetFieldManager, dryRun: true, signal };
    return (await client.create(applicationResource, app, options)).metadata.labels?.[labels.scheduledShardId];
  } catch (error) {
    if (error instanceof ApiError && error.code < 500) return error;
    throw error;
  }
}

const applicationOf = (name: string, namespace: string): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name, namespace },
  spec: { components: [] },
});
