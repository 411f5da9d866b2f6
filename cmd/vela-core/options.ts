import { createHash } from 'node:crypto';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { safetyTimesOf } from '../../pkg/safety/times.ts';
import type { GivenTimes, SafetyTimes } from '../../pkg/safety/times.ts';
import type { FailoverMode } from '../../pkg/scheduling/failover.ts';
import type { Policy } from '../../pkg/scheduling/policy.ts';
import type { AutoscaleRules } from '../../pkg/scheduling/autoscale.ts';
import type { RebalanceMode } from '../../pkg/scheduling/rebalance.ts';
import { configProblems, timeFlagProblems } from './config-problems.ts';
import { readFeatureGates } from './feature-gates.ts';
import type { ApplicationConfig, Config, ElectionConfig, Mode, ShardingConfig, WebhookConfig } from './config.ts';
import { flags } from './flags.ts';
import type { FlagValue } from './parse-flags.ts';
import { parseFlags, splitList } from './parse-flags.ts';
import { readPortMap } from './port-map.ts';
import type { PortMap } from './port-map.ts';

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
  const idle = flags.filter((flag) => flag.idle && given.includes(flag.name)).map((f) => `--${f.name}`);
  const warnings = [
    ...(unknown.length > 0 ? [`ignored, because unknown: ${unknown.join(' ')}`] : []),
    ...(idle.length > 0 ? [`accepted, but without effect yet: ${idle.join(', ')}`] : []),
  ];
  const config = newConfig(value, { ...around, given }, { gates: gates.gates, warnings, configHash: hashOf(values) });
  const times = timeFlagProblems(config.mode, timesOf(config.election, value, given));
  const all = [...problems, ...gates.problems, ...configProblems(config), ...times];
  return all.length > 0 ? { ok: false, problems: all } : { ok: true, config: Object.freeze(config) };
}

function hashOf({ 'shard-id': _, ...values }: Readonly<Record<string, FlagValue>>): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 12);
}

/** Typed access to parsed flags; the table of flags fixes the types. */
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
  around: Surroundings & { readonly given: readonly string[] },
  rest: Pick<Config, 'gates' | 'warnings' | 'configHash'>,
): Config {
  const { env, version, given } = around;
  const mode = modeOf(value);
  const namespace = firstText(env['POD_NAMESPACE'], around.podNamespace) ?? systemNamespace;
  const podName = firstText(env['POD_NAME'], env['HOSTNAME']) ?? around.hostname;
  const ports = readPortMap(env['FLOTILLA_LISTEN_PORTS']);
  const election = electionConfig(value, mode, { ...around, namespace, podName });
  const safety = safetyTimesOf(timesOf(election, value, given));
  return {
    version,
    mode,
    sharding: mode === 'standalone' ? undefined : shardingConfig(value),
    namespace,
    podName,
    kubeconfig: value.text('kubeconfig') || undefined,
    env,
    listenHost: env['FLOTILLA_LISTEN_HOST'] ?? '',
    healthAddr: addressOf(value.text('health-addr'), ports),
    metricsAddr: addressOf(value.text('metrics-addr'), ports),
    log: {
      debug: value.truth('log-debug') || value.count('v') >= 4,
      forPeople: value.truth('dev-logs'),
      file: value.text('log-file-path') || undefined,
    },
    election,
    safety,
    webhook: webhookConfig(value, mode, ports),
    client: clientConfig(value, safety),
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
    foreignMaster: value.truth('foreign-master'),
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

const writeTimeoutFlag = 'controller-client-mutating-request-timeout';

/** The times that flags set, as far as exclusive writing depends on them. */
function timesOf(election: ElectionConfig | undefined, value: Values, given: readonly string[]): GivenTimes {
  const lease = election && {
    durationMs: election.leaseDurationMs,
    renewDeadlineMs: election.renewDeadlineMs,
    retryPeriodMs: election.retryPeriodMs,
  };
  return {
    lease,
    writeTimeoutMs: value.count(writeTimeoutFlag),
    isWriteTimeoutGiven: given.includes(writeTimeoutFlag),
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

function webhookConfig(value: Values, mode: Mode, ports: PortMap): WebhookConfig | undefined {
  if (!value.truth('use-webhook') || mode === 'slave') return undefined;
  return {
    port: ports.get(value.count('webhook-port')) ?? value.count('webhook-port'),
    certDir: value.text('webhook-cert-dir'),
    url: value.text('webhook-url').replace(/\/+$/, '') || undefined,
  };
}

function clientConfig(value: Values, { writeTimeoutMs }: SafetyTimes): Config['client'] {
  return {
    qps: value.count('kube-api-qps'),
    burst: value.count('kube-api-burst'),
    timeouts: {
      readMs: value.count('controller-client-request-timeout'),
      listMs: value.count('controller-client-long-running-request-timeout'),
      writeMs: writeTimeoutMs,
    },
  };
}

function applicationConfig(value: Values): ApplicationConfig {
  return {
    resyncMs: value.count('application-re-sync-period'),
    revisionLimit: value.count('application-revision-limit'),
    definitionRevisionLimit: value.count('definition-revision-limit'),
    createWorkloadDefinitions: value.truth('autogen-workload-definition'),
    concurrentReconciles: value.count('concurrent-reconciles'),
    tenantConcurrency: value.count('tenant-concurrency'),
    reconcileTimeoutMs: value.count('reconcile-timeout'),
    maxDispatchConcurrent: value.count('max-dispatch-concurrent'),
    requireControllerVersion: value.truth('ignore-app-without-controller-version'),
    workflowRuns: value.truth('enable-workflow-runs'),
    requireDefinitionVersion: value.truth('ignore-definition-without-controller-version'),
    allowCrossNamespace: value.truth('allow-cross-namespace-resource'),
    allowResourceTypes: value.text('allow-resource-types'),
    listArithmetic: value.truth('enable-cue-version-compatibility'),
    refObjectsScope: value.text('ref-objects-available-scope') as ApplicationConfig['refObjectsScope'],
    workflow: {
      maxWaitBackoffSeconds: value.count('max-workflow-wait-backoff-time'),
      maxFailedBackoffSeconds: value.count('max-workflow-failed-backoff-time'),
      maxErrorRetries: value.count('max-workflow-step-error-retry-times'),
    },
  };
}

/** Empty and `0` mean that nothing is served. */
function addressOf(text: string, ports: PortMap): string | undefined {
  const mapped = text.startsWith(':') ? ports.get(Number(text.slice(1))) : undefined;
  if (mapped !== undefined) return `:${mapped}`;
  return text === '' || text === '0' ? undefined : text;
}
