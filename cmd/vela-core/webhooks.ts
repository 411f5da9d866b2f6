import { join } from 'node:path';
import { admissionHandlers } from '../../pkg/admission/handlers.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { systemClock } from '../../machinery/src/clock/system.ts';
import { fullname, renderSystem } from '../../pkg/install/render.ts';
import { ensureCaBundle, webhookConfigurations } from '../../pkg/webhook/ca-bundle.ts';
import { Certificates } from '../../pkg/webhook/certificates.ts';
import { newWebhookMetrics } from '../../pkg/webhook/metrics.ts';
import { registerByUrl } from '../../pkg/webhook/registration.ts';
import { WebhookServer } from '../../pkg/webhook/server.ts';
import type { Base, Extras } from './base.ts';
import { definitionSource } from './caches.ts';
import type { WebhookConfig } from './config.ts';
import type { Scheduling } from './scheduling.ts';
import { untilDone } from '../../pkg/reconcile/tasks.ts';

/** The webhook server with its certificates, on every replica of the master. */
export function newWebhookExtras(base: Base, webhook: WebhookConfig, scheduling: Scheduling | undefined): Extras {
  const { config, client, logger, registry } = base;
  const certificates = new Certificates({
    client,
    clock: systemClock,
    logger,
    folder: webhook.certDir,
    secret: {
      namespace: config.namespace,
      name: `${fullname}-admission`,
      hosts: hostsOf(config.namespace, webhook.url),
    },
    configurationName: `${fullname}-admission`,
  });
  let listening = false;
  const serve = async (signal: AbortSignal): Promise<void> => {
    const trying = { clock: systemClock, logger, signal };
    const certificate = await untilDone(trying, 'webhook certificate', () => certificates.current(signal));
    const self = await untilDone(trying, 'own user name', () => ownName(base, signal));
    const server = new WebhookServer({
      host: config.listenHost,
      port: webhook.port,
      handlers: handlersOf(base, scheduling, self),
      clock: systemClock,
      logger,
      metrics: newWebhookMetrics(registry),
    });
    const port = await server.listen(certificate);
    const { url } = webhook;
    if (url !== undefined) await untilDone(trying, 'webhook registration', () => register(base, url, signal));
    await untilDone(trying, 'trust in the webhook certificate', () => trust(base, certificate.ca, signal));
    listening = true;
    logger.info({ address: url ?? `${config.listenHost}:${port}` }, 'serving webhooks');
    await certificates.run((next) => {
      server.setCertificate(next);
    }, signal);
    await server.close();
  };
  const check = (): void => {
    if (!listening) throw new Error('webhooks are not served yet');
  };
  const ignoringEnd = (signal: AbortSignal): Promise<void> =>
    serve(signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  return { always: [ignoringEnd], whileLeading: [], checks: { webhook: check } };
}

/** The host names by which an API server may call the webhooks. */
function hostsOf(namespace: string, url: string | undefined): readonly string[] {
  const service = `vela-core-webhook.${namespace}.svc`;
  const host = url === undefined ? [] : [new URL(url).hostname.replace(/^\[|\]$/g, '')];
  return [service, `${service}.cluster.local`, `vela-core-webhook.${namespace}`, ...host];
}

function handlersOf(base: Base, scheduling: Scheduling | undefined, self: string) {
  const { client, clusterVersion, config, definitions, engines, logger } = base;
  const { mode, gates, authentication, definitionNamespace } = config;
  const { withUser, groupPatterns } = authentication;
  return admissionHandlers({
    client,
    clock: systemClock,
    logger,
    engines,
    clusterVersion,
    gates,
    definitions: definitionSource(definitions),
    hasDefinitions: () => Object.values(definitions).every(({ synced }) => synced),
    definitionNamespace,
    identity: gates.AuthenticateApplication ? { self, withUser, groupPatterns } : undefined,
    onComponentProblems: mode === 'standalone' || gates.ValidateComponentWhenSharding ? 'refuse' : 'warn',
    scheduling,
  });
}

/** The user name of this process at the API server; read only where it is used. */
async function ownName({ client, config }: Base, signal: AbortSignal): Promise<string> {
  if (!config.gates.AuthenticateApplication) return '';
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const answer = await client.raw<{ status: { userInfo: { username: string } } }>('POST', path, review, { signal });
  return answer.status.userInfo.username;
}

/** Writes the trust in the certificate before this process is ready; `Certificates` follows later changes. */
async function trust({ client }: Base, ca: string | undefined, signal: AbortSignal): Promise<void> {
  // A certificate from a folder may come without its authority: trust is the matter of its provider then.
  if (ca === undefined) return;
  for (const resource of webhookConfigurations) {
    await ensureCaBundle(client, resource, { name: `${fullname}-admission`, ca }, signal);
  }
}

/** Writes both configurations as the installation has them, but with a URL in place of the Service. */
async function register({ client, config }: Base, url: string, signal: AbortSignal): Promise<void> {
  const templatesDir = join(packageRoot(), 'templates');
  const { version, namespace } = config;
  const objects = await renderSystem({}, { templatesDir, version, namespace, webhookUrl: url });
  for (const resource of webhookConfigurations) {
    const wanted = objects.find((object) => object.kind === resource.kind);
    if (wanted) await registerByUrl(client, resource, wanted, signal);
  }
}
