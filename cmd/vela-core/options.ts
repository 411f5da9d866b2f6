import { createHash } from 'node:crypto';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { checkDurations } from '../../pkg/lease/lease.ts';
import { parseAddress } from '../../pkg/probes/address.ts';
import { failoverModes } from '../../pkg/scheduling/failover.ts';
import type { FailoverMode } from '../../pkg/scheduling/failover.ts';
import { policies } from '../../pkg/scheduling/policy.ts';
import type { Policy } from '../../pkg/scheduling/policy.ts';
import type { AutoscaleRules } from '../../pkg/scheduling/autoscale.ts';
import { rebalanceModes } from '../../pkg/scheduling/rebalance.ts';
import type { RebalanceMode } from '../../pkg/scheduling/rebalance.ts';
import { readFeatureGates } from './feature-gates.ts';
import type { FeatureGates } from './feature-gates.ts';
import { flags } from './flags.ts';
import type { FlagValue } from './parse-flags.ts';
import { parseFlags, splitList } from './parse-flags.ts';

/** What a process does: everything, or its part of a fleet. */
export type Mode = 'standalone' | 'master' | 'slave';

export interface ElectionConfig {
  readonly namespace: string;
  /** Beginning of the names of Leases; that of the master is nothing else. */
  readonly leasePrefix: string;
  readonly identity: string;
  /** How the identities of all processes of this very pod begin; undefined where the pod is not known for certain. */
  readonly podPrefix: string | undefined;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

export interface WebhookConfig {
  readonly port: number;
  readonly certDir: string;
  /** Where the API server reaches the webhooks when it does not go through the Service. */
  readonly url: string | undefined;
}

export interface ShardingConfig {
  readonly shard: string;
  /** How many Applications this shard says that it can take; undefined: any number. */
  readonly capacity: number | undefined;
  /** Empty: discover shards by their pods. */
  readonly schedulableShards: readonly string[];
  readonly discoveryResyncMs: number;
  /** When the master evens shards out. */
  readonly rebalance: RebalanceMode;
  /** Undefined: people say how many shards there are. */
  readonly autoscale: AutoscaleRules | undefined;
  readonly failover: FailoverMode;
  readonly policy: Policy;
  /** Whether the master takes its share of new Applications although shards could. */
  readonly masterToo: boolean;
}

export interface ApplicationConfig {
  readonly resyncMs: number;
  readonly revisionLimit: number;
  readonly definitionRevisionLimit: number;
  readonly concurrentReconciles: number;
  /** Of one namespace; 0: no limit of its own. */
  readonly tenantConcurrency: number;
  readonly reconcileTimeoutMs: number;
  readonly maxDispatchConcurrent: number;
  readonly requireControllerVersion: boolean;
  readonly requireDefinitionVersion: boolean;
  readonly allowCrossNamespace: boolean;
  /** `whitelist:A,B`, `blacklist:A,B` or empty. */
  readonly allowResourceTypes: string;
  readonly refObjectsScope: 'namespace' | 'cluster' | 'global';
  readonly workflow: {
    readonly maxWaitBackoffSeconds: number;
    readonly maxFailedBackoffSeconds: number;
    readonly maxErrorRetries: number;
  };
}

export interface AuthenticationConfig {
  readonly withUser: boolean;
  readonly defaultUser: string;
  readonly groupPatterns: readonly string[];
}

/** Everything that the command line and the environment say, read once. */
export interface Config {
  readonly version: string;
  /** Of the command line but for the shard: the same for all processes that are configured alike. */
  readonly configHash: string;
  readonly mode: Mode;
  /** Undefined unless sharding is on. */
  readonly sharding: ShardingConfig | undefined;
  readonly namespace: string;
  readonly podName: string;
  readonly kubeconfig: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where to listen on addresses that name no host; empty: everywhere. */
  readonly listenHost: string;
  /** `[host]:port`; undefined where nothing is to be served. */
  readonly healthAddr: string | undefined;
  readonly metricsAddr: string | undefined;
  readonly log: { readonly debug: boolean; readonly forPeople: boolean; readonly file: string | undefined };
  /** Undefined: this process works without being elected. */
  readonly election: ElectionConfig | undefined;
  /** Undefined where no webhooks are served, slaves always. */
  readonly webhook: WebhookConfig | undefined;
  readonly client: {
    readonly qps: number;
    readonly burst: number;
    readonly timeouts: { readonly readMs: number; readonly listMs: number; readonly writeMs: number };
  };
  readonly informerResyncMs: number;
  /** Where the keys in work are written down. */
  readonly journalDir: string;
  readonly definitionNamespace: string;
  readonly application: ApplicationConfig;
  readonly authentication: AuthenticationConfig;
  readonly gates: FeatureGates;
  /** What a person should know about the command line: typing errors, flags that nothing reads. */
  readonly warnings: readonly string[];
}

export interface Surroundings {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostname: string;
  readonly tempDir: string;
  /** Of the pod's ServiceAccount, where there is one. */
  readonly podNamespace: string | undefined;
  /** Makes the identities of two processes of one pod differ. */
  readonly uniqueSuffix: string;
}

export type OptionsReading =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly string[] }
  | { readonly ok: true; readonly print: 'version' | 'help' };

/** Reads the command line. Unknown flags become warnings; values that cannot be read are problems, all at once. */
export function readOptions(argv: readonly string[], around: Surroundings): OptionsReading {
  const { values, given, unknown, problems } = parseFlags(argv, flags);
  const value = new Values(values);
  if (value.truth('version')) return { ok: true, print: 'version' };
  if (value.truth('help')) return { ok: true, print: 'help' };
  const gates = readFeatureGates(value.list('feature-gates'));
  const idle = [
    ...flags.filter((flag) => flag.idle && given.includes(flag.name)).map((f) => `--${f.name}`),
    ...gates.idle,
  ];
  const warnings = [
    ...(unknown.length > 0 ? [`ignored, because unknown: ${unknown.join(' ')}`] : []),
    ...(idle.length > 0 ? [`accepted, but without effect yet: ${idle.join(', ')}`] : []),
  ];
  const config = newConfig(value, around, { gates: gates.gates, warnings, configHash: hashOf(values) });
  const all = [...problems, ...gates.problems, ...configProblems(config)];
  return all.length > 0 ? { ok: false, problems: all } : { ok: true, config: Object.freeze(config) };
}

function hashOf({ 'shard-id': _, ...values }: Readonly<Record<string, FlagValue>>): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 12);
}

/** Typed access to what was parsed; the table of flags fixes the types. */
class Values {
  readonly #values: Readonly<Record<string, FlagValue>>;

  constructor(values: Readonly<Record<string, FlagValue>>) {
    this.#values = values;
  }

  text = (name: string): string => this.#values[name] as string;
  truth = (name: string): boolean => this.#values[name] as boolean;
  count = (name: string): number => this.#values[name] as number;
  list = (name: string): readonly string[] => this.#values[name] as readonly string[];
}

function newConfig(
  value: Values,
  around: Surroundings,
  rest: Pick<Config, 'gates' | 'warnings' | 'configHash'>,
): Config {
  const { env, version } = around;
  const mode = modeOf(value);
  const namespace = firstText(env['POD_NAMESPACE'], around.podNamespace) ?? systemNamespace;
  const podName = firstText(env['POD_NAME'], env['HOSTNAME']) ?? around.hostname;
  return {
    version,
    mode,
    sharding: mode === 'standalone' ? undefined : shardingConfig(value),
    namespace,
    podName,
    kubeconfig: value.text('kubeconfig') || undefined,
    env,
    listenHost: env['FLOTILLA_LISTEN_HOST'] ?? '',
    healthAddr: addressOf(value.text('health-addr')),
    metricsAddr: addressOf(value.text('metrics-addr')),
    log: {
      debug: value.truth('log-debug') || value.count('v') >= 4,
      forPeople: value.truth('dev-logs'),
      file: value.text('log-file-path') || undefined,
    },
    election: electionConfig(value, mode, { ...around, namespace, podName }),
    webhook: webhookConfig(value, mode),
    client: clientConfig(value),
    informerResyncMs: value.count('informer-sync-period'),
    journalDir: value.text('journal-dir') || around.tempDir,
    definitionNamespace: value.text('system-definition-namespace') || systemNamespace,
    application: applicationConfig(value),
    authentication: {
      withUser: value.truth('authentication-with-user'),
      defaultUser: value.text('authentication-default-user'),
      groupPatterns: splitList(value.text('authentication-group-pattern')),
    },
    ...rest,
  };
}

const firstText = (...texts: readonly (string | undefined)[]): string | undefined =>
  texts.find((text) => text !== undefined && text !== '');

function modeOf(value: Values): Mode {
  if (!value.truth('enable-sharding')) return 'standalone';
  return value.text('shard-id') === 'master' ? 'master' : 'slave';
}

function shardingConfig(value: Values): ShardingConfig {
  return {
    shard: value.text('shard-id'),
    capacity: value.count('shard-capacity') || undefined,
    schedulableShards: value.list('schedulable-shards'),
    discoveryResyncMs: value.count('sharding-slave-discovery-resync-period'),
    rebalance: value.text('shard-rebalance') as RebalanceMode,
    autoscale: autoscaleRules(value),
    failover: value.text('shard-failover') as FailoverMode,
    policy: value.text('shard-scheduling-policy') as Policy,
    masterToo: value.truth('schedule-to-master'),
  };
}

function autoscaleRules(value: Values): AutoscaleRules | undefined {
  const max = value.count('shard-autoscale-max');
  if (max === 0) return undefined;
  return {
    max,
    min: value.count('shard-autoscale-min'),
    addAfterMs: value.count('shard-autoscale-add-after'),
    removeAfterMs: value.count('shard-autoscale-remove-after'),
  };
}

/** Sharding without election would let two replicas of a shard write at once, so a shard always elects. */
function electionConfig(
  value: Values,
  mode: Mode,
  around: Surroundings & { readonly namespace: string; readonly podName: string },
): ElectionConfig | undefined {
  if (!value.truth('enable-leader-election') && mode === 'standalone') return undefined;
  const version = `-${around.version.toLowerCase().replaceAll('.', '-')}`;
  const podUid = firstText(around.env['POD_UID']);
  const podPrefix = podUid === undefined ? undefined : `${around.podName}_${podUid}_`;
  return {
    namespace: value.text('leader-election-namespace') || around.namespace,
    leasePrefix: `kubevela${value.truth('ignore-app-without-controller-version') ? version : ''}`,
    identity: `${podPrefix ?? `${around.podName}_`}${around.uniqueSuffix}`,
    podPrefix,
    leaseDurationMs: durationOf(value, mode, 'duration'),
    renewDeadlineMs: durationOf(value, mode, 'renew-deadline'),
    retryPeriodMs: durationOf(value, mode, 'retry-period'),
  };
}

/** Shards may keep their Leases otherwise than a controller without shards does. */
function durationOf(value: Values, mode: Mode, name: 'duration' | 'renew-deadline' | 'retry-period'): number {
  const ofShard = mode === 'standalone' ? 0 : value.count(`shard-lease-${name}`);
  return ofShard !== 0 ? ofShard : value.count(`leader-election-${name === 'duration' ? 'lease-duration' : name}`);
}

/** The Lease of a shard; that of the master, and of a controller without shards, has no suffix. */
export function leaseNameOf({ leasePrefix }: Pick<ElectionConfig, 'leasePrefix'>, shard: string | undefined): string {
  return shard === undefined || shard === 'master' ? leasePrefix : `${leasePrefix}-${shard}`;
}

function webhookConfig(value: Values, mode: Mode): WebhookConfig | undefined {
  if (!value.truth('use-webhook') || mode === 'slave') return undefined;
  return {
    port: value.count('webhook-port'),
    certDir: value.text('webhook-cert-dir'),
    url: value.text('webhook-url').replace(/\/+$/, '') || undefined,
  };
}

function clientConfig(value: Values): Config['client'] {
  return {
    qps: value.count('kube-api-qps'),
    burst: value.count('kube-api-burst'),
    timeouts: {
      readMs: value.count('controller-client-request-timeout'),
      listMs: value.count('controller-client-long-running-request-timeout'),
      writeMs: value.count('controller-client-mutating-request-timeout'),
    },
  };
}

function applicationConfig(value: Values): ApplicationConfig {
  return {
    resyncMs: value.count('application-re-sync-period'),
    revisionLimit: value.count('application-revision-limit'),
    definitionRevisionLimit: value.count('definition-revision-limit'),
    concurrentReconciles: value.count('concurrent-reconciles'),
    tenantConcurrency: value.count('tenant-concurrency'),
    reconcileTimeoutMs: value.count('reconcile-timeout'),
    maxDispatchConcurrent: value.count('max-dispatch-concurrent'),
    requireControllerVersion: value.truth('ignore-app-without-controller-version'),
    requireDefinitionVersion: value.truth('ignore-definition-without-controller-version'),
    allowCrossNamespace: value.truth('allow-cross-namespace-resource'),
    allowResourceTypes: value.text('allow-resource-types'),
    refObjectsScope: value.text('ref-objects-available-scope') as ApplicationConfig['refObjectsScope'],
    workflow: {
      maxWaitBackoffSeconds: value.count('max-workflow-wait-backoff-time'),
      maxFailedBackoffSeconds: value.count('max-workflow-failed-backoff-time'),
      maxErrorRetries: value.count('max-workflow-step-error-retry-times'),
    },
  };
}

/** Empty and `0` mean that nothing is served. */
const addressOf = (text: string): string | undefined => (text === '' || text === '0' ? undefined : text);

function isAddress(text: string | undefined): boolean {
  try {
    if (text !== undefined) parseAddress(text, '');
    return true;
  } catch {
    return false;
  }
}

function configProblems(config: Config): string[] {
  const { webhook, sharding, election, application, client } = config;
  const shard = sharding?.shard ?? '';
  const rules: readonly (readonly [boolean, string])[] = [
    [isAddress(config.healthAddr), '--health-addr: must be host:port or :port'],
    [isAddress(config.metricsAddr), '--metrics-addr: must be host:port or :port'],
    [!webhook || (webhook.port >= 0 && webhook.port < 65_536), '--webhook-port: must be a port'],
    [!webhook?.url || webhook.url.startsWith('https://'), '--webhook-url: must begin with https://'],
    [
      !sharding || isShardId(shard),
      `--shard-id: "${shard}" must be at most 50 lower-case letters, digits and inner dashes: it becomes the value of ${labels.shardId} and the end of a Lease's name`,
    ],
    [
      !sharding || rebalanceModes.includes(sharding.rebalance),
      `--shard-rebalance: must be one of ${rebalanceModes.join(', ')}`,
    ],
    [
      !sharding || failoverModes.includes(sharding.failover),
      `--shard-failover: must be one of ${failoverModes.join(', ')}`,
    ],
    [
      !sharding || policies.includes(sharding.policy),
      `--shard-scheduling-policy: must be one of ${policies.join(', ')}`,
    ],
    [
      ['namespace', 'cluster', 'global'].includes(application.refObjectsScope),
      '--ref-objects-available-scope: must be namespace, cluster or global',
    ],
    [application.tenantConcurrency >= 0, '--tenant-concurrency: must not be negative'],
    [application.concurrentReconciles >= 1, '--concurrent-reconciles: must be at least 1'],
    [client.qps <= 0 || client.burst >= 1, '--kube-api-burst: must be at least 1'],
  ];
  const durations = election ? checkDurations(election).map((problem) => `--${leaseFlags(config)}: ${problem}`) : [];
  return [...unmet(rules), ...autoscaleProblems(sharding), ...durations];
}

const unmet = (rules: readonly (readonly [boolean, string])[]): string[] =>
  rules.flatMap(([holds, text]) => (holds ? [] : [text]));

function autoscaleProblems(sharding: ShardingConfig | undefined): string[] {
  if (!sharding?.autoscale) return [];
  const { min, max } = sharding.autoscale;
  const flag = '--shard-autoscale-max';
  return unmet([
    [min >= 1 && max >= min, `${flag}: must be 0, or not less than --shard-autoscale-min, which is at least 1`],
    [
      sharding.rebalance !== 'off',
      `${flag}: needs --shard-rebalance=on-join or continuous, or new shards would take none of the work that is there`,
    ],
    [
      sharding.schedulableShards.length === 0,
      `${flag}: needs shards that are discovered; leave --schedulable-shards empty`,
    ],
  ]);
}

const leaseFlags = ({ sharding }: Config): string => (sharding ? 'shard-lease-*' : 'leader-election-*');

const isShardId = (id: string): boolean => /^[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?$/.test(id);
