import { isConflict, isNotFound } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';

const configuration = (kind: string, plural: string): Resource => ({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced: false,
});

export const mutatingConfigurations = configuration('MutatingWebhookConfiguration', 'mutatingwebhookconfigurations');
const validatingConfigurations = configuration('ValidatingWebhookConfiguration', 'validatingwebhookconfigurations');
export const webhookConfigurations: readonly Resource[] = [mutatingConfigurations, validatingConfigurations];

interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly { readonly name: string; readonly clientConfig: { readonly caBundle?: string } }[];
}

export type CaBundleOutcome = 'missing' | 'unchanged' | 'patched';

/** Makes every webhook of a configuration trust the given authorities (PEM); writes only when one does not. */
export async function ensureCaBundle(
  client: KubeClient,
  resource: Resource,
  { name, ca }: { readonly name: string; readonly ca: string },
  signal?: AbortSignal,
): Promise<CaBundleOutcome> {
  const caBundle = Buffer.from(ca).toString('base64');
  for (let attempt = 1; ; attempt += 1) {
    try {
      const found = await client.get<WebhookConfiguration>(resource, { name }, { signal });
      const webhooks = found.webhooks ?? [];
      if (webhooks.every(({ clientConfig }) => clientConfig.caBundle === caBundle)) return 'unchanged';
      const trusting = webhooks.map((webhook) => ({ ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } }));
      await client.update<WebhookConfiguration>(
        resource,
        { ...found, webhooks: trusting },
        { fieldManager: 'vela-core-webhook', signal },
      );
      return 'patched';
    } catch (error) {
      if (isNotFound(error)) return 'missing';
      if (!isConflict(error) || attempt === 5) throw error;
    }
  }
}
