import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '../../machinery/src/meta.ts';
import type { Clock, Random } from '../../machinery/src/clock/clock.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import type { ClusterApi } from './contract/cluster-api.ts';
import { newCore, newHandler, serveCustomKinds } from './apiserver/assemble.ts';
import type { NewCore } from './apiserver/assemble.ts';
import { InProcessApi } from './apiserver/cluster-api.ts';
import { listen } from './apiserver/server.ts';
import { admissionOf } from './admission-wiring.ts';
import { newAuditLog } from './audit.ts';
import type { AuditEvent, AuditLog } from './audit.ts';
import { impersonated, newAuthenticator } from './auth/authenticate.ts';
import { authHandlers } from './apiserver/auth-endpoints.ts';
import { newClusterKeys } from './auth/pki.ts';
import type { ClusterKeys } from './auth/pki.ts';
import type { Rbac } from './auth/rbac.ts';
import { Tokens, apiAudience } from './auth/tokens.ts';
import type { Subjects } from './auth/tokens.ts';
import { Chaos } from './chaos/chaos.ts';
import { factsFolder } from './facts.ts';
import { bootstrap, followRbac, subjectsOf } from './bootstrap.ts';
import { startControllers } from './controllers/controllers.ts';
import { serviceAccounts } from './contract/builtin.ts';
import type { ControllerContext } from './controllers/context.ts';
import { Kubelet } from './kubelet/kubelet.ts';
import { logHandler } from './kubelet/logs-endpoint.ts';
import { portForwardHandler, refuseExec } from './kubelet/port-forward.ts';
import { startNode } from './kubelet/node.ts';
import { runsProcesses, specOf } from './kubelet/pod.ts';
import { Store } from './storage/store.ts';
import { openStorage } from './persistence.ts';
import type { Storage } from './persistence.ts';

const defaultReadyDelayMs = 500;

export interface DevClusterOptions {
  /** Port of the API server on 127.0.0.1; 0, the default, takes any free one. */
  readonly port?: number;
  /** Folder that keeps the state; in memory when absent. */
  readonly dataDir?: string | undefined;
  /** How long a simulated pod takes until it is ready. Default 500. */
  readonly readyDelayMs?: number;
  /** File that gets one JSON line for each request. */
  readonly auditLog?: string | undefined;
  /** Called with the same, for tests of writers. */
  readonly onAudit?: ((event: AuditEvent) => void) | undefined;
  /** File with faults, read again whenever it changes; see docs/reference/dev-cluster.md. */
  readonly chaosFile?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Commands that stand for images, by repository; see Kubelet. */
  readonly processImages?: Readonly<Record<string, readonly string[]>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** False for an API without controllers, nodes and pods that run: nothing changes on its own. */
  readonly hasControllers?: boolean;
}

export interface DevCluster {
  readonly url: string;
  readonly caPem: string;
  /** A kubeconfig for the administrator, credentials included. */
  kubeconfig(): string;
  readonly api: ClusterApi;
  /** Ends every process of the cluster, then the API server. */
  stop(): Promise<void>;
}

/** Starts a Kubernetes API with its basic controllers and a kubelet; resolves when it answers and is set up. */
export async function startDevCluster(options: DevClusterOptions): Promise<DevCluster> {
  const storage = await openStorage(options.dataDir, () => newClusterKeys(options.clock.now()));
  const stopping = new AbortController();
  // Every controller and every open request listens to it.
  setMaxListeners(0, stopping.signal);
  try {
    return await startOn(storage, options, stopping);
  } catch (error) {
    stopping.abort();
    await storage.close();
    throw error;
  }
}

async function startOn(storage: Storage, options: DevClusterOptions, stopping: AbortController): Promise<DevCluster> {
  const { clock, random, logger } = options;
  const { signal } = stopping;
  const { keys } = storage;
  const audit = newAuditLog({ file: options.auditLog, onEvent: options.onAudit, clock });
  const control = await newControlPlane(storage, options, { audit, signal });
  const { core, api, rbac, tokens, subjects } = control;
  const scratchDir = await mkdtemp(join(tmpdir(), 'flotilla-kubelet-'));
  const state = { isReady: false, serverUrl: '', closeConnections: (): void => undefined };
  const kubelet = newKubelet(control, options, { keys, scratchDir, serverUrl: () => state.serverUrl });
  const chaos = await newChaos(options, state, signal);
  const handler = newHandler(core, {
    authenticator: newAuthenticator(tokens, subjects),
    authorizer: rbac,
    impersonate: (incoming, user) => impersonated(incoming, user, rbac),
    specials: new Map([
      ...authHandlers({ api, rbac, tokens, subjects, newUid: randomUUID, now: () => clock.now() }),
      ['/pods/log', logHandler(api, kubelet)],
      ['/pods/portforward', portForwardHandler(api)],
      ['/pods/exec', refuseExec(api, 'exec')],
      ['/pods/attach', refuseExec(api, 'attach')],
    ]),
    isReady: () => state.isReady,
    intercept: (request) => chaos.intercept(request),
    ...(audit && { audit: audit.request }),
    logger,
    signal,
  });
  const tls = { key: keys.serverKey, cert: keys.serverCert, clientCa: keys.caCert };
  const server = await listen({ handler, port: options.port ?? 0, host: '127.0.0.1', tls });
  state.closeConnections = server.closeConnections;
  state.serverUrl = `https://127.0.0.1:${server.port}`;

  const context = { api, clock, random, logger, caPem: keys.caCert };
  const kubeletStop = new AbortController();
  let kubeletDone: Promise<void> | undefined;
  if (options.hasControllers !== false) {
    await startMachinery(context, options, signal);
    kubeletDone = kubelet.run(kubeletStop.signal);
    await initialObjectsAreThere(core, clock);
  }
  state.isReady = true;
  return {
    url: state.serverUrl,
    caPem: keys.caCert,
    kubeconfig: () => adminKubeconfig(state.serverUrl, keys),
    api,
    stop: async () => {
      kubeletStop.abort();
      await kubeletDone;
      stopping.abort();
      await server.close();
      await storage.close();
      audit?.close();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
}

/** Starts the controllers, the scheduler and the node. */
async function startMachinery(
  context: ControllerContext,
  { readyDelayMs = defaultReadyDelayMs, processImages = {} }: DevClusterOptions,
  signal: AbortSignal,
): Promise<void> {
  startControllers(context, signal);
  const isUrgent = (pod: KubeObject): boolean => runsProcesses(pod, processImages);
  await startNode(context, { delayMs: readyDelayMs, isUrgent }, signal);
}

interface ControlPlane {
  readonly core: NewCore;
  readonly api: ClusterApi;
  readonly rbac: Rbac;
  readonly tokens: Tokens;
  readonly subjects: Subjects;
}

/** The API with its admission and authorization, and what every cluster holds from the start. */
async function newControlPlane(
  { disk, keys }: Storage,
  { clock, random, logger }: DevClusterOptions,
  { audit, signal }: { readonly audit: AuditLog | undefined; readonly signal: AbortSignal },
): Promise<ControlPlane> {
  const onHandlerError = (err: unknown): void => {
    logger.error({ err }, 'failed to handle a change');
  };
  const store = new Store({ disk, onHandlerError });
  const core = newCore({ store, factsFolder: factsFolder(), clock, random, newUid: randomUUID });
  const api = new InProcessApi(core, audit?.internal);
  serveCustomKinds(core, logger, signal);
  const rbac = followRbac(api, signal);
  core.admission.push(...admissionOf(core, { api, authorizer: rbac, logger }));
  await bootstrap(api);
  return { core, api, rbac, tokens: new Tokens(keys.tokenKey, () => clock.now()), subjects: subjectsOf(api) };
}

function newKubelet(
  { api, tokens }: ControlPlane,
  { clock, random, logger, readyDelayMs = defaultReadyDelayMs, processImages = {}, env = {} }: DevClusterOptions,
  own: { readonly keys: ClusterKeys; readonly scratchDir: string; readonly serverUrl: () => string },
): Kubelet {
  return new Kubelet({
    api,
    clock,
    random,
    logger,
    readyDelayMs,
    restartBackoffMs: 1000,
    processImages,
    env,
    scratchDir: own.scratchDir,
    serverUrlFor: own.serverUrl,
    caPem: own.keys.caCert,
    issueToken: (pod, expiresInSeconds) => {
      const { namespace = '', name = '', uid = '' } = pod.metadata;
      const account = specOf(pod).serviceAccountName ?? 'default';
      const found = api.get(serviceAccounts, namespace, account);
      if (!found) throw new Error(`serviceaccount "${namespace}/${account}" not found`);
      return tokens.sign({
        namespace,
        serviceAccount: account,
        serviceAccountUid: found.metadata.uid ?? '',
        bound: { kind: 'Pod', name, uid },
        audiences: [apiAudience],
        expiresInSeconds,
        tokenId: randomUUID(),
      });
    },
  });
}

/** With the faults of the file, if there is one. */
async function newChaos(
  { clock, random, logger, chaosFile }: DevClusterOptions,
  server: { closeConnections: () => void },
  signal: AbortSignal,
): Promise<Chaos> {
  const chaos = new Chaos({
    clock,
    random,
    logger,
    closeConnections: () => {
      server.closeConnections();
    },
  });
  if (chaosFile !== undefined) await chaos.follow(chaosFile, signal);
  return chaos;
}

/** The first client shall find what every cluster has, such as the default ServiceAccount. */
async function initialObjectsAreThere(core: NewCore, clock: Clock): Promise<void> {
  const accounts = core.resources.find('', 'v1', 'serviceaccounts');
  const deadline = clock.monotonic() + 5000;
  while (!accounts?.collection.get('default/default') && clock.monotonic() < deadline) await clock.sleep(2);
}

function adminKubeconfig(server: string, keys: ClusterKeys): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const name = 'flotilla-dev';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(keys.caCert) } }],
    users: [
      {
        name: 'admin',
        user: { 'client-certificate-data': base64(keys.adminCert), 'client-key-data': base64(keys.adminKey) },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: 'admin' } }],
    'current-context': name,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
