import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../apis/names.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { Applied } from './apply.ts';
import { applyObject, deleteObject, inParallel } from './apply.ts';
import { applyDefinition, isDefinition, isView } from './definitions.ts';
import { takeOverWebhooks } from './foreign-webhooks.ts';
import { assertNoOtherFleet, installedObjects, unwanted } from './inventory.ts';
import type { ReadLastLine } from './obstacle.ts';
import { inOrder } from './order.ts';
import { ownShards, rightsAlone } from './own-shards.ts';
import type { Waiting } from './ready.ts';
import { crdMissing, deploymentMissing, waitUntil, webhookMissing } from './ready.ts';
import { partByServed } from './served.ts';

export type InstallProgress =
  | { readonly did: Applied | 'deleted' | 'left out'; readonly object: KubeObject; readonly because?: string }
  | { readonly waitingFor: string };

export interface InstallOptions {
  readonly clock: Clock;
  /** Until the controller runs and its webhooks answer. */
  readonly wait: boolean;
  /** Default 5 minutes. */
  readonly timeoutMs?: number | undefined;
  /** Replace definitions that another installation or a person has made or changed. */
  readonly overwriteDefinitions?: boolean | undefined;
  /** Makes the log of a controller that does not start part of the error. */
  readonly readLastLine?: ReadLastLine | undefined;
  readonly onProgress?: ((progress: InstallProgress) => void) | undefined;
}

export type InstallSummary = Readonly<Record<Applied, number>>;

/**
 * Brings the objects of a rendered system into a cluster, in the order in which they need each other. A second
 * installation of the same changes nothing, and what an earlier one brought and this one does not is deleted. Policies that the API server does not know are left out. Throws InstallError NotReady when the time is over.
 */
export async function installSystem(
  client: KubeClient,
  objects: readonly KubeObject[],
  options: InstallOptions,
  signal: AbortSignal,
): Promise<InstallSummary> {
  const { clock, wait, timeoutMs = 300_000, overwriteDefinitions = false, readLastLine, onProgress } = options;
  const waiting: Waiting = { clock, deadline: clock.monotonic() + timeoutMs, signal, readLastLine };
  const summary = { created: 0, configured: 0, unchanged: 0, kept: 0 };
  const namespace = namespaceOf(objects);
  const place = { client, namespace, signal };
  await assertNoOtherFleet(place);
  const { served, unserved } = await partByServed(client, objects);
  for (const object of unserved) onProgress?.({ did: 'left out', object });
  await takeOverWebhooks(client, served, signal);
  const shards = await ownShards(place, objects);
  for (const group of inOrder([...served, ...shards])) {
    await inParallel(group, 8, async (object) => {
      const outcome =
        isDefinition(object) || isView(object)
          ? await applyDefinition(client, object, { overwrite: overwriteDefinitions, signal })
          : { did: await applyObject(client, object, signal) };
      summary[outcome.did] += 1;
      onProgress?.({ ...outcome, object });
    });
    await established(client, group, waiting);
    // before the fences of the groups that follow
    const joining = group.filter((object) => wait && shards.includes(object));
    if (joining.length > 0) await untilRolledOut(client, joining, { waiting, onProgress });
  }
  if (wait) await untilReady(client, objects, { waiting, onProgress });
  const old = [...unwanted(await installedObjects(place), objects), ...(await rightsAlone(place, shards))];
  for (const group of inOrder(old).toReversed()) {
    await inParallel(group, 8, async (object) => {
      if (await deleteObject(client, object, signal)) onProgress?.({ did: 'deleted', object });
    });
  }
  return summary;
}

const namespaceOf = (objects: readonly KubeObject[]): string =>
  objects.find((object) => object.kind === 'Namespace')?.metadata.name ?? systemNamespace;

async function established(client: KubeClient, group: readonly KubeObject[], waiting: Waiting): Promise<void> {
  for (const crd of group.filter((object) => object.kind === 'CustomResourceDefinition')) {
    await waitUntil(waiting, `CustomResourceDefinition ${crd.metadata.name ?? ''}`, () =>
      crdMissing(client, crd, waiting.signal),
    );
  }
}

async function untilReady(
  client: KubeClient,
  objects: readonly KubeObject[],
  { waiting, onProgress }: { readonly waiting: Waiting } & Pick<InstallOptions, 'onProgress'>,
): Promise<void> {
  await untilRolledOut(client, objects, { waiting, onProgress });
  if (!objects.some((object) => object.kind === 'ValidatingWebhookConfiguration')) return;
  onProgress?.({ waitingFor: 'the webhooks' });
  await waitUntil(waiting, 'webhook of Applications', () =>
    webhookMissing(client, namespaceOf(objects), waiting.signal),
  );
}

async function untilRolledOut(
  client: KubeClient,
  objects: readonly KubeObject[],
  { waiting, onProgress }: { readonly waiting: Waiting } & Pick<InstallOptions, 'onProgress'>,
): Promise<void> {
  for (const deployment of objects.filter((object) => object.kind === 'Deployment')) {
    const what = `Deployment ${deployment.metadata.name ?? ''}`;
    onProgress?.({ waitingFor: what });
    let said = '';
    await waitUntil(waiting, what, async () => {
      const open = await deploymentMissing(client, deployment, waiting);
      // the reason, once there is one
      if (open !== undefined && open !== said && /; (pod|no pod) /.test(open))
        onProgress?.({ waitingFor: `${what}: ${open}` });
      said = open ?? '';
      return open;
    });
  }
}
