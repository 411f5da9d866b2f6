import type { KubeClient } from '../apis/kube-client.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import type { UpdateRule } from '../appfile/resource-policy.ts';
import { sameContent } from '../revision/hash.ts';
import { getPath, parsePath } from '../workflow/path.ts';
import { fieldManager } from './field-manager.ts';
import { containsObject } from './contains.ts';
import type { Write } from './fenced-write.ts';
import { isRenderedSame, outcomeOf, writeFenced } from './fenced-write.ts';
import { withLastApplied } from './last-applied.ts';
import type { ResolvedManifest } from './manifest.ts';
import { namesOf } from './manifest.ts';

interface Sender {
  readonly client: KubeClient;
  readonly signal: AbortSignal | undefined;
  readonly fence: string | undefined;
}

/** Deletes the live object when a field differs that a resource-update rule names; true when it did. */
export async function recreateIfNeeded(
  rule: UpdateRule,
  objects: { readonly wanted: ResolvedManifest; readonly live: KubeObject },
  { client, signal }: Sender,
): Promise<boolean> {
  const { wanted, live } = objects;
  const differs = (rule.strategy?.recreateFields ?? []).some((text) => {
    const path = parsePath(text) ?? [];
    const value = getPath(wanted.object as unknown as JsonObject, path);
    return value !== undefined && !sameContent(value, getPath(live as unknown as JsonObject, path));
  });
  if (!differs) return false;
  const { uid = '', resourceVersion = '' } = live.metadata;
  const preconditions = { uid, resourceVersion };
  await client.delete(wanted.resource, namesOf(live), { propagationPolicy: 'Background', preconditions, signal });
  return true;
}

/**
 * Puts the wanted object in the place of the live one, unless the live one was rendered the same and has everything that
 * it would have then: what other controllers add is left to them, or both would write for ever.
 */
export async function replace(
  wanted: ResolvedManifest,
  live: KubeObject,
  { client, signal, fence }: Sender,
): Promise<KubeObject> {
  const { resourceVersion = '', uid = '' } = live.metadata;
  const object = { ...wanted.object, metadata: { ...wanted.object.metadata, resourceVersion, uid } };
  const update = (one: KubeObject, dryRun: boolean): Promise<KubeObject> =>
    client.update(wanted.resource, withLastApplied(one), { fieldManager, signal, ...(dryRun && { dryRun }) });
  if (isRenderedSame(object, live) && (await isInEffect(update, object, live))) return live;
  return writeFenced(update, { object, live }, { fence });
}

/** Whether a write would bring nothing that is missing; the API server knows how it would write the values. */
async function isInEffect(write: Write, object: KubeObject, live: KubeObject): Promise<boolean> {
  const answer = await outcomeOf(write, object);
  return answer !== undefined && containsObject(live, answer);
}
