import { isConflict } from '../../../apis/api-error.ts';
import type { ApplicationStatus } from '../../../apis/application-status.ts';
import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { labels } from '../../../apis/names.ts';
import { patchObject } from '../../../apis/patch-object.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import { sameContent } from '../../../revision/hash.ts';
import { mergeDiff } from './merge-diff.ts';

export interface StatusWriter {
  readonly client: Pick<KubeClient, 'get' | 'patch'>;
  /** The fence is written with every status, and never for its own sake. */
  readonly fenceOf?: ((app: Application) => string | undefined) | undefined;
}

export interface WrittenStatus {
  /** The Application as it is stored after the write. */
  readonly app: Application;
  /** Whether labels or annotations were changed since the Application was read, so that it must be reconciled again. */
  readonly isOvertaken: boolean;
}

/**
 * Writes the status against the resourceVersion that was read; sends no request where nothing differs from what is stored.
 *
 * The result of work must not be lost because the Application was labelled or its move was requested during it: then the
 * status is written against the new version. Any other change in between is a conflict.
 */
export async function writeStatus(
  { client, fenceOf }: StatusWriter,
  app: Application,
  status: ApplicationStatus,
  signal?: AbortSignal,
): Promise<WrittenStatus> {
  const { generation } = app.metadata;
  const wanted = { ...status, ...(generation !== undefined && { observedGeneration: generation }) };
  const change = mergeDiff({ ...app.status, shardFence: undefined }, { ...wanted, shardFence: undefined });
  if (!change) return { app, isOvertaken: false };
  const patch = async (stored: Application): Promise<Application> => {
    const fence = fenceOf?.(stored);
    const patched = { status: { ...change, ...(fence && { shardFence: fence }) } };
    const options = { change: patched, subresource: 'status', fieldManager, signal };
    return patchObject(client, applicationResource, stored, options);
  };
  try {
    return { app: await patch(app), isOvertaken: false };
  } catch (error) {
    const live = isConflict(error) ? await unchangedLive(client, app, signal) : undefined;
    if (!live) throw error;
    return { app: await patch(live), isOvertaken: true };
  }
}

/** The stored Application, where only labels and annotations differ from what was read; its shard must be the same. */
async function unchangedLive(
  client: StatusWriter['client'],
  app: Application,
  signal: AbortSignal | undefined,
): Promise<Application | undefined> {
  const { name = '', namespace, uid, generation } = app.metadata;
  const live = await client.get<Application>(applicationResource, { name, namespace }, { signal });
  const shardOf = ({ metadata }: Application): string | undefined => metadata.labels?.[labels.scheduledShardId];
  const isSame = live.metadata.uid === uid && live.metadata.generation === generation && shardOf(live) === shardOf(app);
  return isSame && sameContent(live.status ?? {}, app.status ?? {}) ? live : undefined;
}
