import { join } from 'node:path';
import { mutateApplication } from '../../pkg/admission/application/mutate.ts';
import { undeclaredProperties } from '../../pkg/admission/application/undeclared.ts';
import type { ParameterSchemas } from '../../pkg/admission/application/undeclared.ts';
import { validateApplication } from '../../pkg/admission/application/validate.ts';
import { mutateComponentDefinition } from '../../pkg/admission/definition/mutate.ts';
import type { FindResource } from '../../pkg/admission/definition/mutate.ts';
import { validateDefinition } from '../../pkg/admission/definition/validate.ts';
import { isNotFound } from '../../pkg/apis/api-error.ts';
import type { Application } from '../../pkg/apis/application.ts';
import type { Schematic } from '../../pkg/apis/definition.ts';
import { findDefinition } from '../../pkg/appfile/definition-lookup.ts';
import { namedPolicies, parseApplication } from '../../pkg/appfile/parse.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { systemClock } from '../../pkg/clock/system.ts';
import { fullname, renderSystem } from '../../pkg/install/render.ts';
import { engineFor } from '../../pkg/render/engine.ts';
import { scheduledShard } from '../../pkg/scheduling/assign.ts';
import type { AdmissionHandler } from '../../pkg/webhook/admission-review.ts';
import { ensureCaBundle, webhookConfigurations } from '../../pkg/webhook/ca-bundle.ts';
import { Certificates } from '../../pkg/webhook/certificates.ts';
import { newWebhookMetrics } from '../../pkg/webhook/metrics.ts';
import { registerByUrl } from '../../pkg/webhook/registration.ts';
import { WebhookServer } from '../../pkg/webhook/server.ts';
import { definedStepTypes, replaceableSteps } from '../../pkg/workflow/generate.ts';
import type { Base, Extras } from './base.ts';
import { definitionSource } from './caches.ts';
import type { WebhookConfig } from './config.ts';
import type { Scheduling } from './scheduling.ts';
import { untilDone } from './tasks.ts';

/** The webhook server with its certificates; every replica of the master answers. */
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
    logger.info({ address: url ?? `${config.listenHost}:${port}` }, 'webhooks answer');
    await certificates.run((next) => {
      server.setCertificate(next);
    }, signal);
    await server.close();
  };
  const check = (): void => {
    if (!listening) throw new Error('webhooks do not answer yet');
  };
  const ignoringEnd = (signal: AbortSignal): Promise<void> =>
    serve(signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  return { always: [ignoringEnd], whileLeading: [], checks: { webhook: check } };
}

/** The names by which an API server may ask for the webhooks. */
function hostsOf(namespace: string, url: string | undefined): readonly string[] {
  const service = `vela-core-webhook.${namespace}.svc`;
  const host = url === undefined ? [] : [new URL(url).hostname.replace(/^\[|\]$/g, '')];
  return [service, `${service}.cluster.local`, `vela-core-webhook.${namespace}`, ...host];
}

/** A master that has lost the API server may still be asked by it, and must not keep people waiting. */
const pickWithinMs = 2_000;

function handlersOf(base: Base, scheduling: Scheduling | undefined, self: string): Record<string, AdmissionHandler> {
  const { mode, gates, authentication } = base.config;
  const identity = gates.AuthenticateApplication
    ? { self, withUser: authentication.withUser, groupPatterns: authentication.groupPatterns }
    : undefined;
  const refusesComponents = mode === 'standalone' || gates.ValidateComponentWhenSharding;
  const definition: AdmissionHandler = (request) => validateDefinition(request, base.engines);
  return {
    '/validating-core-oam-dev-v1beta1-componentdefinitions': definition,
    '/validating-core-oam-dev-v1beta1-traitdefinitions': definition,
    '/validating-core-oam-dev-v1beta1-policydefinitions': definition,
    '/validating-core-oam-dev-v1beta1-workflowstepdefinitions': definition,
    '/mutating-core-oam-dev-v1beta1-componentdefinitions': (request) =>
      mutateComponentDefinition(request, finder(base)),
    '/mutating-core-oam-dev-v1beta1-applications': async (request) => {
      const { object, oldObject } = request;
      const isOpen = object && scheduledShard(object) === undefined && scheduledShard(oldObject) === undefined;
      const warnings: string[] = [];
      const choosing = isOpen ? scheduling?.pick?.(object) : undefined;
      const shard = await inTime(choosing, pickWithinMs).catch((error: unknown) => {
        base.logger.warn({ err: error, namespace: request.namespace, name: request.name }, 'no shard could be chosen');
        warnings.push('no shard could be chosen now; the application gets one as soon as possible');
        return undefined;
      });
      const answer = mutateApplication(request, { identity, pick: scheduling?.pick && (() => shard) });
      return { ...answer, warnings };
    },
    '/validating-core-oam-dev-v1beta1-applications': (request, signal) =>
      validateApplication(request, {
        knownShards: scheduling?.known,
        componentProblems: (app) => parseProblems(base, app, signal),
        onComponentProblems: refusesComponents ? 'refuse' : 'warn',
        undeclared: (app) => undeclaredInTime(base, app),
      }),
  };
}

/** How long an Application may wait for warnings. */
const warnWithinMs = 2_000;

/** The warnings about properties that have no effect; none when they are not known in time. */
async function undeclaredInTime(base: Base, app: Application): Promise<readonly string[]> {
  const scope = { namespaces: [app.metadata.namespace ?? '', base.config.definitionNamespace], autoUpdate: false };
  const schemas: ParameterSchemas = async (kind, type) => {
    const definition = findDefinition(definitionSource(base.definitions), kind, type, scope);
    const { schematic } = (definition?.spec ?? {}) as { readonly schematic?: Schematic };
    const engine = engineFor({ name: type, schematic }, base.engines);
    const schema = engine.ok ? await engine.value.parameterSchema({ name: type, schematic }) : engine;
    return schema.ok ? schema.value : undefined;
  };
  return (await inTime(undeclaredProperties(app, schemas), warnWithinMs).catch(() => [])) ?? [];
}

/** Rejects when it is not done in time; it goes on all the same. */
async function inTime<T>(work: Promise<T> | undefined, ms: number): Promise<T | undefined> {
  const done = new AbortController();
  const late = systemClock.sleep(ms, done.signal).then(() => {
    throw new Error(`not done within ${ms} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    done.abort();
  }
}

function finder({ client }: Base): FindResource {
  return (apiVersion, kind) =>
    client.resourceFor(apiVersion, kind).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
}

/** A definition that was applied a moment ago may not be in the cache yet, so a failure is looked at twice. */
async function parseProblems(base: Base, app: Application, signal: AbortSignal): Promise<readonly string[]> {
  // who does not know the definitions yet cannot say which are missing
  if (!Object.values(base.definitions).every(({ synced }) => synced)) return [];
  const options = {
    definitions: definitionSource(base.definitions),
    systemNamespace: base.config.definitionNamespace,
    stepTypes: definedStepTypes({
      workflow: app.spec.workflow,
      referred: undefined,
      components: app.spec.components,
      policies: namedPolicies(app.spec.policies ?? []),
    }),
    optionalStepTypes: replaceableSteps,
  };
  const first = parseApplication(app, options);
  if (first.ok) return [];
  await systemClock.sleep(500, signal);
  const second = parseApplication(app, options);
  return second.ok ? [] : second.problems;
}

/** Who this process is to the API server; asked only where it matters. */
async function ownName({ client, config }: Base, signal: AbortSignal): Promise<string> {
  if (!config.gates.AuthenticateApplication) return '';
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const answer = await client.raw<{ status: { userInfo: { username: string } } }>('POST', path, review, { signal });
  return answer.status.userInfo.username;
}

/** Lets the API server trust the certificate before this process counts as ready; later changes are followed. */
async function trust({ client }: Base, ca: string | undefined, signal: AbortSignal): Promise<void> {
  // A certificate from a folder may come without its authority: then whoever put it there takes care of trust.
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
