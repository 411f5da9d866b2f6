import { ignoreNotFound, isAlreadyExists, isConflict } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';

interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig: { readonly url?: string; readonly caBundle?: string };
  }[];
}

/** Creates a webhook configuration, or replaces one that sends requests elsewhere; what is trusted already stays so. */
export async function registerByUrl(
  client: KubeClient,
  resource: Resource,
  wanted: WebhookConfiguration,
  signal?: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await registerOnce(client, resource, wanted, signal);
      return;
    } catch (error) {
      if (!(isConflict(error) || isAlreadyExists(error)) || attempt === 5) throw error;
    }
  }
}

async function registerOnce(
  client: KubeClient,
  resource: Resource,
  wanted: WebhookConfiguration,
  signal: AbortSignal | undefined,
): Promise<void> {
  const name = wanted.metadata.name ?? '';
  const found = await ignoreNotFound(client.get<WebhookConfiguration>(resource, { name }, { signal }));
  if (!found) {
    await client.create(resource, wanted, { signal });
    return;
  }
  const known = new Map((found.webhooks ?? []).map((webhook) => [webhook.name, webhook.clientConfig]));
  const webhooks = wanted.webhooks ?? [];
  if (webhooks.every((webhook) => known.get(webhook.name)?.url === webhook.clientConfig.url)) return;
  const trusting = webhooks.map((webhook) => {
    const caBundle = known.get(webhook.name)?.caBundle;
    return { ...webhook, clientConfig: { ...webhook.clientConfig, ...(caBundle !== undefined && { caBundle }) } };
  });
  await client.update<WebhookConfiguration>(resource, { ...found, webhooks: trusting }, { signal });
}
