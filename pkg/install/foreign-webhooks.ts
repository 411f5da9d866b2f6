import { ignoreNotFound } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { isOurs } from './definitions.ts';
import { installManager } from './field-manager.ts';

interface Webhook {
  readonly name: string;
  readonly failurePolicy?: string;
}

export const isWebhookConfiguration = ({ kind }: KubeObject): boolean => kind.endsWith('WebhookConfiguration');

const webhooksOf = (object: KubeObject): readonly (Webhook & JsonObject)[] =>
  (object['webhooks'] ?? []) as unknown as readonly (Webhook & JsonObject)[];

/**
 * Takes over webhook configurations of another installation that have the names of this one's. Their controller may be stopped:
 * with `failurePolicy: Fail` they would refuse the definitions of this installation. So they fail open until the
 * installation applies them in their turn, and webhooks that this installation does not serve are removed.
 */
export async function takeOverWebhooks(
  client: KubeClient,
  wanted: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  for (const object of wanted.filter(isWebhookConfiguration)) {
    const resource = await client.resourceFor(object.apiVersion, object.kind);
    const { name = '' } = object.metadata;
    const live = await ignoreNotFound(client.get(resource, { name }, { signal }));
    if (!live || isOurs(live)) continue;
    const own = webhooksOf(object);
    const open = { ...object, webhooks: own.map((webhook) => ({ ...webhook, failurePolicy: 'Ignore' })) };
    const after = await client.apply(resource, open, { fieldManager: installManager, force: true, signal });
    const names = new Set(own.map((webhook) => webhook.name));
    const webhooks = webhooksOf(after).filter((webhook) => names.has(webhook.name));
    if (webhooks.length === webhooksOf(after).length) continue;
    const body = { metadata: { resourceVersion: after.metadata.resourceVersion ?? '' }, webhooks };
    await client.patch(resource, { name }, { type: 'merge', body }, { fieldManager: installManager, signal });
  }
}
