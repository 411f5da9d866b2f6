import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '../apis/meta.ts';
import type { Clock, Random } from '../clock/clock.ts';
import type { Logger } from '../logging/logger.ts';
import type { ClusterApi } from './api.ts';
import { newCore, newHandler, serveCustomKinds } from './apiserver/assemble.ts';
import type { NewCore } from './apiserver/assemble.ts';
import { InProcessApi } from './apiserver/cluster-api.ts';
import { listen } from './apiserver/server.ts';
import { admissionOf } from './admission-wiring.ts';
import { newAuditLog } from './audit.ts';
import { impersonated, newAuthenticator } from './auth/authenticate.ts';
import { authHandlers } from './auth/endpoints.ts';
import { newClusterKeys } from './auth/pki.ts';
import type { ClusterKeys } from './auth/pki.ts';
import { Tokens, apiAudience } from './auth/tokens.ts';
import { bootstrap, followRbac, subjectsOf } from './bootstrap.ts';
import { startControllers } from './controllers/controllers.ts';
import { serviceAccounts } from './controllers/context.ts';
import { Kubelet } from './kubelet/kubelet.ts';
import { logHandler } from './kubelet/logs-endpoint.ts';
import { startNode } from './kubelet/node.ts';
import { runsProcesses, specOf } from './kubelet/pod.ts';
import { Store } from './storage/store.ts';
import { openStorage } from './persistence.ts';

export interface DevClusterOptions {
  /** Port of the API server on 127.0.0.1; 0, the default, takes any free one. */
  readonly port?: number;
  /** Folder that keeps the state; in memory when absent. */
  readonly dataDir?: string | undefined;
  /** How long a simulated pod takes until it is ready. Default 500. */
  readonly readyDelayMs?: number;
  /** File that gets one JSON line for each request. */
  readonly auditLog?: string | undefined;
  /** The folder of the installation, where the facts about Kubernetes are. */
  readonly assetsDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Commands that stand for images, by repository; see Kubelet. */
  readonly processImages?: Readonly<Record<string, readonly string[]>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
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
  const { clock, random, logger, assetsDir } = options;
  const stopping = new AbortController();
  // Every controller and every open request listens to it.
  setMaxListeners(0, stopping.signal);
  const storage = await openStorage(options.dataDir, () => newClusterKeys(clock.now()));
  const { keys } = storage;
  const store = new Store({ disk: storage.disk });
  const factsFolder = join(assetsDir, 'pkg/devcluster/kubernetes-1.36');
  const core = newCore({ store, factsFolder, clock, random, newUid: randomUUID });
  const audit = newAuditLog(options.auditLog, clock);
  const api = new InProcessApi(core, audit?.internal);
  serveCustomKinds(core, logger, stopping.signal);
  const rbac = followRbac(api, stopping.signal);
  core.admission.push(...admissionOf(core, { api, authorizer: rbac, logger }));
  const tokens = new Tokens(keys.tokenKey, () => clock.now());
  await bootstrap(api);

  const subjects = subjectsOf(api);
  const scratchDir = await mkdtemp(join(tmpdir(), 'flotilla-kubelet-'));
  let serverUrl = '';
  const kubelet = new Kubelet({
    api,
    clock,
    random,
    logger,
    readyDelayMs: options.readyDelayMs ?? 500,
    restartBackoffMs: 1000,
    processImages: options.processImages ?? {},
    env: options.env ?? {},
    scratchDir,
    get serverUrl() {
      return serverUrl;
    },
    caPem: keys.caCert,
    issueToken: (pod, expiresInSeconds) => {
      const { namespace = '', name = '', uid = '' } = pod.metadata;
      const account = specOf(pod).serviceAccountName ?? 'default';
      const found = api.get(serviceAccounts, namespace, account);
      if (!found) throw new Error(`serviceaccount "${namespace}/${account}" not found`);
      const bound = { kind: 'Pod', name, uid } as const;
      return tokens.sign({
        namespace,
        serviceAccount: account,
        serviceAccountUid: found.metadata.uid ?? '',
        bound,
        audiences: [apiAudience],
        expiresInSeconds,
        tokenId: randomUUID(),
      });
    },
  });
  let ready = false;
  const handler = newHandler(core, {
    authenticator: newAuthenticator(tokens, subjects),
    authorizer: rbac,
    impersonate: (incoming, user) => impersonated(incoming, user, rbac),
    specials: new Map([
      ...authHandlers({ api, rbac, tokens, subjects, newUid: randomUUID, now: () => clock.now() }),
      ['/pods/log', logHandler(api, kubelet)],
    ]),
    isReady: () => ready,
    ...(audit && { audit: audit.request }),
    logger,
    signal: stopping.signal,
  });
  const tls = { key: keys.serverKey, cert: keys.serverCert, clientCa: keys.caCert };
  const server = await listen({ handler, port: options.port ?? 0, host: '127.0.0.1', tls });
  serverUrl = `https://127.0.0.1:${server.port}`;

  const context = { api, clock, random, logger, caPem: keys.caCert };
  startControllers(context, stopping.signal);
  const scheduling = {
    delayMs: options.readyDelayMs ?? 500,
    isUrgent: (pod: KubeObject) => runsProcesses(pod, options.processImages ?? {}),
  };
  await startNode(context, scheduling, stopping.signal);
  const kubeletStop = new AbortController();
  const kubeletDone = kubelet.run(kubeletStop.signal);
  await initialObjectsAreThere(core, clock);
  ready = true;
  return {
    url: serverUrl,
    caPem: keys.caCert,
    kubeconfig: () => adminKubeconfig(serverUrl, keys),
    api,
    stop: async () => {
      kubeletStop.abort();
      await kubeletDone;
      stopping.abort();
      await server.close();
      await storage.close();
      await audit?.close();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
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
