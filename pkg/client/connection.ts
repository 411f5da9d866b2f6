import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '@kubernetes/client-node/dist/config_types.js';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { systemClock } from '../../machinery/src/clock/system.ts';
import { ConnectionError } from './connection-error.ts';
import { AuthProvider, fixedCredentials, TokenFile } from './credentials.ts';
import type { Credential, Credentials } from './credentials.ts';
import { ExecCredentials } from './exec-credential.ts';
import type { ExecPlugin } from './exec-credential.ts';
import { readKubeconfigs, splitPathList } from './kubeconfig.ts';
import type { Kubeconfig, KubeconfigUser } from './kubeconfig.ts';
import { proxyFromEnv } from './proxy.ts';

export interface TlsSettings {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized: boolean;
}

/** Everything needed to talk to one API server as one user. */
export interface Connection {
  /** Such as `https://10.0.0.1:6443`, perhaps with a path, never with a slash at the end. */
  readonly server: string;
  /** The context's namespace, `default` when it names none. */
  readonly namespace: string;
  /** Of the chosen context; `in-cluster` for a pod's own. */
  readonly contextName: string;
  readonly tls: TlsSettings;
  readonly proxyUrl: string | undefined;
  readonly credentials: Credentials;
  readonly impersonate: { readonly username: string; readonly groups: readonly string[] } | undefined;
}

export interface ConnectionOptions {
  /** A file that must exist; without it KUBECONFIG, ~/.kube/config and a pod's ServiceAccount are tried in this order. */
  readonly kubeconfig?: string | undefined;
  /** Names within the kubeconfig that replace those of its current context. */
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  /** Values that replace those of the kubeconfig. */
  readonly namespace?: string | undefined;
  readonly server?: string | undefined;
  readonly token?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock | undefined;
  /** Where a pod finds its token, certificate and namespace. */
  readonly serviceAccountFolder?: string | undefined;
}

const defaultServiceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Finds out how to reach the API server. Throws ConnectionError naming what is missing and what to do. */
export async function loadConnection(options: ConnectionOptions): Promise<Connection> {
  const config = await findKubeconfig(options);
  if (config) return fromKubeconfig(config, options);
  const inCluster = await fromServiceAccount(options);
  if (inCluster) return inCluster;
  throw new ConnectionError(
    'NoKubeconfig',
    'no kubeconfig: set KUBECONFIG or --kubeconfig, or run "vela dev up" for a cluster of your own',
  );
}

async function findKubeconfig({ kubeconfig, env }: ConnectionOptions): Promise<Kubeconfig | undefined> {
  if (kubeconfig) {
    const config = await readKubeconfigs([kubeconfig]);
    if (!config)
      throw new ConnectionError('NoKubeconfig', `kubeconfig ${kubeconfig}: no such file; check --kubeconfig`);
    return config;
  }
  const list = env['KUBECONFIG'];
  if (list) {
    const config = await readKubeconfigs(splitPathList(list));
    if (!config) throw new ConnectionError('NoKubeconfig', `kubeconfig ${list}: no such file; check KUBECONFIG`);
    return config;
  }
  const home = env['HOME'] ?? env['USERPROFILE'];
  return home ? readKubeconfigs([join(home, '.kube', 'config')]) : undefined;
}

async function fromKubeconfig(config: Kubeconfig, options: ConnectionOptions): Promise<Connection> {
  const { contextName, namespace, cluster, user } = chosen(config, options);
  const server = serverOf(options.server ?? cluster.server, cluster.name);
  const groups = user.impersonateGroups ?? [];
  return {
    server,
    namespace,
    contextName,
    tls: await tlsOf(cluster, user, options),
    proxyUrl: cluster.proxyUrl ?? proxyFromEnv(server, options.env),
    credentials: options.token ? bearer(options.token) : credentialsOf(user, options),
    impersonate: user.impersonateUser ? { username: user.impersonateUser, groups } : undefined,
  };
}

interface Chosen {
  readonly contextName: string;
  readonly namespace: string;
  readonly cluster: Cluster;
  readonly user: KubeconfigUser;
}

/** The entries that the current context, or the options in its place, select. */
function chosen(config: Kubeconfig, options: ConnectionOptions): Chosen {
  const contextName = options.context ?? config.currentContext;
  const context = contextName ? named('context', config.contexts, contextName) : undefined;
  const clusterName = options.cluster ?? context?.cluster;
  if (!clusterName)
    throw new ConnectionError('BadKubeconfig', 'kubeconfig: no current-context is set; choose one with --context');
  const cluster = named('cluster', config.clusters, clusterName);
  const userName = options.user ?? context?.user;
  const user: KubeconfigUser = userName ? named('user', config.users, userName) : { name: '' };
  return {
    contextName: contextName ?? clusterName,
    namespace: [options.namespace, context?.namespace].find(Boolean) ?? 'default',
    cluster,
    user,
  };
}

function named<T extends { readonly name: string }>(kind: string, entries: readonly T[], name: string): T {
  const found = entries.find((entry) => entry.name === name);
  if (found) return found;
  const known = entries.map((entry) => entry.name).join(', ') || 'none';
  throw new ConnectionError('BadKubeconfig', `kubeconfig: ${kind} "${name}" does not exist; known: ${known}`);
}

function serverOf(server: string, cluster: string): string {
  const withScheme = server.includes('://') ? server : `https://${server}`;
  const valid = URL.canParse(withScheme) && /^https?:$/.test(new URL(withScheme).protocol);
  if (!valid)
    throw new ConnectionError('BadKubeconfig', `kubeconfig: cluster "${cluster}": server "${server}" is no URL`);
  return withScheme.replace(/\/+$/, '');
}

async function tlsOf(cluster: Cluster, user: KubeconfigUser, options: ConnectionOptions): Promise<TlsSettings> {
  const insecure = options.insecureSkipTlsVerify ?? cluster.skipTLSVerify;
  return {
    ca: insecure ? undefined : await pem(cluster.caFile, cluster.caData),
    cert: await pem(user.certFile, user.certData),
    key: await pem(user.keyFile, user.keyData),
    servername: cluster.tlsServerName,
    rejectUnauthorized: !insecure,
  };
}

/** Inline data wins over a file, as in kubectl. */
async function pem(file: string | undefined, data: string | undefined): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  if (!file) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ConnectionError('BadKubeconfig', `kubeconfig: file ${file} cannot be read`, error);
  }
}

function bearer(token: string): Credentials {
  return fixedCredentials({ authorization: `Bearer ${token}` });
}

function credentialsOf(user: KubeconfigUser, { env, clock = systemClock }: ConnectionOptions): Credentials {
  if (user.tokenFile) return new TokenFile(user.tokenFile, clock);
  if (user.token) return bearer(user.token);
  const plugin = user.exec as ExecPlugin | null | undefined;
  if (plugin) return new ExecCredentials({ user: user.name, plugin, env, clock });
  if (user.authProvider) return new AuthProvider(user);
  const basic: Credential = user.username
    ? { authorization: `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` }
    : {};
  return fixedCredentials(basic);
}

async function fromServiceAccount(options: ConnectionOptions): Promise<Connection | undefined> {
  const { env, clock = systemClock, serviceAccountFolder: folder = defaultServiceAccountFolder } = options;
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']];
  if (!host || !port) return undefined;
  const ca = await readFile(join(folder, 'ca.crt'), 'utf8').catch(() => undefined);
  const namespace = await readFile(join(folder, 'namespace'), 'utf8').catch(() => 'default');
  const credentials = new TokenFile(join(folder, 'token'), clock);
  await credentials.get();
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace: options.namespace ?? namespace.trim(),
    contextName: 'in-cluster',
    tls: { ca, rejectUnauthorized: true },
    proxyUrl: undefined,
    credentials,
    impersonate: undefined,
  };
}
