import { ApiError, isNotFound } from '../apis/api-error.ts';
import { applicationResource } from '../apis/application.ts';
import type { Application } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { InstallError } from './install-error.ts';
import { podObstacle } from './obstacle.ts';
import type { ReadLastLine } from './obstacle.ts';

export interface Waiting {
  readonly clock: Clock;
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly readLastLine?: ReadLastLine | undefined;
}

/** Asks again and again until nothing is left to wait for. Throws InstallError NotReady with the last answer. */
export async function waitUntil(
  { clock, deadline, signal }: Waiting,
  what: string,
  missing: () => Promise<string | undefined>,
): Promise<void> {
  for (;;) {
    const open = await missing();
    if (open === undefined) return;
    if (clock.monotonic() > deadline) throw new InstallError('NotReady', [`${what} is not ready: ${open}`]);
    await clock.sleep(200, signal);
  }
}

interface Conditions {
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[] | null;
}

/** What keeps a CRD from being served. */
export async function crdMissing(
  client: KubeClient,
  crd: KubeObject,
  signal: AbortSignal,
): Promise<string | undefined> {
  const resource = await client.resourceFor(crd.apiVersion, crd.kind);
  const found = await client.get(resource, { name: crd.metadata.name ?? '' }, { signal });
  // An API server writes null for an empty list.
  const conditions = ((found['status'] ?? {}) as Conditions).conditions ?? [];
  const refused = conditions.find((c) => c.type === 'NamesAccepted' && c.status === 'False');
  const established = conditions.some((c) => c.type === 'Established' && c.status === 'True');
  return established ? undefined : (refused?.message ?? 'not established yet');
}

interface DeploymentStatus extends Conditions {
  readonly observedGeneration?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly replicas?: number;
}

/** What keeps a Deployment from being rolled out. Throws InstallError NotReady where waiting longer does not help. */
export async function deploymentMissing(
  client: KubeClient,
  deployment: KubeObject,
  { clock, signal, readLastLine }: Waiting,
): Promise<string | undefined> {
  const resource = await client.resourceFor('apps/v1', 'Deployment');
  const { name = '', namespace } = deployment.metadata;
  const found = await client.get(resource, { name, namespace }, { signal });
  const { observedGeneration = 0 } = (found['status'] ?? {}) as DeploymentStatus;
  if (observedGeneration < (found.metadata.generation ?? 0)) return 'its change was not seen yet';
  const state = rolloutMissing(found);
  if (state === undefined) return undefined;
  const obstacle = await podObstacle(client, found, { now: clock.now(), signal, readLastLine });
  if (obstacle?.isFinal)
    throw new InstallError('NotReady', [`Deployment ${name} does not become ready: ${obstacle.text}`]);
  return obstacle ? `${state}; ${obstacle.text}` : state;
}

function rolloutMissing(deployment: KubeObject): string | undefined {
  const wanted = (deployment['spec'] as { readonly replicas?: number }).replicas ?? 1;
  const status = (deployment['status'] ?? {}) as DeploymentStatus;
  const { updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status;
  if (updatedReplicas < wanted || availableReplicas < wanted)
    return `${availableReplicas} of ${wanted} pods are available`;
  return replicas > updatedReplicas ? `${replicas - updatedReplicas} old pods are left` : undefined;
}

/** What keeps the webhooks from answering: asked by an Application that is never stored. */
export async function webhookMissing(
  client: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const probe: Application = {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'vela-install-probe', namespace },
    spec: { components: [] },
  };
  try {
    await client.create(applicationResource, probe, { dryRun: true, signal });
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const answered = error.code < 500 && !error.message.includes('failed calling webhook');
    return answered && !isNotFound(error) ? undefined : error.message;
  }
}
