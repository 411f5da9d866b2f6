/** How the text of a flag is read. Workers are a whole number or `auto`. Durations are Go's (`1m30s`) and become milliseconds; lists are split at commas. */
export type FlagKind = 'text' | 'truth' | 'integer' | 'workers' | 'number' | 'duration' | 'list';

export interface Flag {
  readonly name: string;
  readonly kind: FlagKind;
  /** As it would be written on the command line. */
  readonly fallback: string;
  /** Accepted for compatibility; nothing reads it yet. */
  readonly idle?: true;
  readonly describe: string;
}

const flag = (name: string, kind: FlagKind, fallback: string, describe: string): Flag => ({
  name,
  kind,
  fallback,
  describe,
});
const idle = (name: string, kind: FlagKind, fallback: string, describe: string): Flag => ({
  name,
  kind,
  fallback,
  describe,
  idle: true,
});

const server: readonly Flag[] = [
  flag('health-addr', 'text', ':9440', 'address of /healthz and /readyz'),
  idle('storage-driver', 'text', 'Local', 'storage of applications'),
  flag('enable-leader-election', 'truth', 'false', 'elect one working replica by a Lease'),
  flag('leader-election-namespace', 'text', '', 'namespace of the Lease; empty: that of the pod'),
  flag('leader-election-lease-duration', 'duration', '15s', 'how long a Lease stays valid without renewal'),
  flag('leader-election-renew-deadline', 'duration', '10s', 'how long renewal is tried before giving up'),
  flag('leader-election-retry-period', 'duration', '2s', 'time between attempts to take or renew the Lease'),
];

const webhook: readonly Flag[] = [
  flag('use-webhook', 'truth', 'false', 'serve admission webhooks'),
  flag(
    'webhook-cert-dir',
    'text',
    '/k8s-webhook-server/serving-certs',
    'folder with tls.crt and tls.key; without them the process makes its own',
  ),
  flag('webhook-port', 'integer', '9443', 'port of the webhook server'),
  flag('webhook-url', 'text', '', 'register the webhooks by this URL instead of by Service'),
];

const observability: readonly Flag[] = [
  flag('metrics-addr', 'text', ':8080', 'address of /metrics; 0 for none'),
  flag('log-file-path', 'text', '', 'also log to this file'),
  idle('log-file-max-size', 'integer', '1024', 'megabytes of the log file'),
  flag('log-debug', 'truth', 'false', 'log details'),
  flag('dev-logs', 'truth', 'false', 'log for people instead of machines'),
  idle('profiling-addr', 'text', '', 'address of the profiler'),
  idle('perf-enabled', 'truth', 'false', 'log the time that steps take'),
  flag('v', 'integer', '0', 'verbosity; 4 and more as --log-debug'),
  idle('logtostderr', 'truth', 'true', 'log to standard error'),
  idle('alsologtostderr', 'truth', 'false', 'log to standard error too'),
  idle('log_file', 'text', '', 'log file'),
  idle('log_dir', 'text', '', 'folder of log files'),
  idle('log_file_max_size', 'integer', '1800', 'megabytes of the log file'),
  idle('log_backtrace_at', 'text', '', 'place at which to log a stack'),
  idle('stderrthreshold', 'text', '2', 'severity that goes to standard error'),
  idle('vmodule', 'text', '', 'verbosity of single files'),
  idle('skip_headers', 'truth', 'false', 'log without headers'),
  idle('skip_log_headers', 'truth', 'false', 'log files without headers'),
  idle('add_dir_header', 'truth', 'false', 'log with folders'),
  idle('one_output', 'truth', 'false', 'log each line once'),
];

const client: readonly Flag[] = [
  flag('kubeconfig', 'text', '', 'kubeconfig file of the cluster'),
  flag('kube-api-qps', 'number', '50', 'requests to the API server in a second'),
  flag('kube-api-burst', 'integer', '100', 'requests at once before that limit holds'),
  flag('informer-sync-period', 'duration', '10h', 'time after which every cached object is reconciled again'),
  flag('controller-client-request-timeout', 'duration', '10s', 'limit of one read'),
  flag('controller-client-long-running-request-timeout', 'duration', '30s', 'limit of one list'),
  flag(
    'controller-client-mutating-request-timeout',
    'duration',
    '15s',
    'timeout of a single write request; one of the safety times',
  ),
  flag('reconcile-timeout', 'duration', '3m', 'limit of one reconcile'),
  idle('reconcile-termination-graceful-period', 'duration', '5s', 'time to write the status at that limit'),
];

const clusters: readonly Flag[] = [
  idle('enable-cluster-gateway', 'truth', 'false', 'deliver to several clusters'),
  idle('enable-cluster-metrics', 'truth', 'false', 'collect metrics of clusters'),
  idle('cluster-metrics-interval', 'duration', '15s', 'period of that'),
  idle('cluster-gateway-url', 'text', '', 'address of the gateway'),
  idle('cluster-gateway-ca-file', 'text', '', 'certificate of the gateway'),
  idle('disable-remote-cluster-client', 'truth', 'false', 'reach clusters by the gateway alone'),
  idle('remote-cluster-client-cache-timeout', 'duration', '30m', 'life of a cached client'),
  idle('remote-cluster-client-cache-prune-probability', 'number', '0.01', 'chance to prune that cache'),
];

const cue: readonly Flag[] = [
  idle('enable-external-package-for-default-compiler', 'truth', 'true', 'load Package objects'),
  idle('enable-external-package-watch-for-default-compiler', 'truth', 'false', 'watch them'),
  flag(
    'enable-cue-version-compatibility',
    'truth',
    'true',
    'accept + and * of lists in definitions, as CUE before 0.11',
  ),
  idle('cue-compatibility-cache-size', 'integer', '2000', 'how many rewritten templates to keep'),
];

const application: readonly Flag[] = [
  flag('application-re-sync-period', 'duration', '5m', 'time after which a running application is reconciled again'),
  flag('system-definition-namespace', 'text', 'vela-system', 'where definitions are found that have no other place'),
  idle('revision-limit', 'integer', '50', 'component revisions to keep'),
  flag('application-revision-limit', 'integer', '10', 'application revisions to keep'),
  flag('definition-revision-limit', 'integer', '20', 'definition revisions to keep'),
  flag('autogen-workload-definition', 'truth', 'true', 'create WorkloadDefinitions for ComponentDefinitions'),
  flag(
    'concurrent-reconciles',
    'workers',
    '4',
    'objects that one controller works on at once, at most; auto: up to 32, fewer when the API server answers 429',
  ),
  flag('tenant-concurrency', 'integer', '0', 'applications of one namespace worked on at once; 0: no such limit'),
  flag(
    'journal-dir',
    'text',
    '',
    'folder that outlives a crash, for the names of what is in work; empty: that for temporary files',
  ),
  flag('ignore-app-without-controller-version', 'truth', 'false', 'skip applications that require no version'),
  flag('ignore-definition-without-controller-version', 'truth', 'false', 'skip definitions that require no version'),
  flag('enable-workflow-runs', 'truth', 'true', 'execute WorkflowRuns; false where another controller does'),
  flag('max-dispatch-concurrent', 'integer', '10', 'resources that are applied at once'),
];

const workflow: readonly Flag[] = [
  flag('max-workflow-wait-backoff-time', 'integer', '60', 'longest wait of a waiting step, in seconds'),
  flag('max-workflow-failed-backoff-time', 'integer', '300', 'longest wait of a failing step, in seconds'),
  flag('max-workflow-step-error-retry-times', 'integer', '10', 'attempts of a failing step'),
];

const resources: readonly Flag[] = [
  flag('allow-cross-namespace-resource', 'truth', 'true', 'deliver to other namespaces than that of the application'),
  flag('allow-resource-types', 'text', '', 'whitelist: or blacklist: of kind.version.group'),
  flag('ref-objects-available-scope', 'text', 'global', 'scope of ref-objects: namespace, cluster or global'),
  flag('authentication-with-user', 'truth', 'false', 'act in the name of the author, not only with the groups'),
  flag(
    'authentication-default-user',
    'text',
    'kubevela:vela-core',
    'user to act as without an author; {namespace} is that of the Application',
  ),
  flag('authentication-group-pattern', 'text', 'kubevela:*', 'groups of an author that count'),
];

const optimisation: readonly Flag[] = [
  idle('optimize-cached-gvks', 'text', '', 'kinds to cache, Kind.version.group'),
  idle('optimize-list-op', 'truth', 'true', 'list trackers and revisions by index'),
  idle('application-revision-definition-storage-prune-duration', 'duration', '1h', 'period of pruning'),
  idle('optimize-mark-with-prob', 'number', '0.1', 'chance of a full mark'),
  idle('optimize-disable-component-revision', 'truth', 'false', 'keep no component revisions'),
  idle('optimize-disable-application-revision', 'truth', 'false', 'keep no application revisions'),
  idle('optimize-enable-in-memory-workflow-context', 'truth', 'false', 'keep the workflow context in memory'),
  idle('optimize-disable-resource-apply-double-check', 'truth', 'false', 'do not read after an apply'),
  idle('optimize-enable-resource-tracker-delete-only-trigger', 'truth', 'true', 'trackers trigger on deletion only'),
];

const sharding: readonly Flag[] = [
  flag('enable-sharding', 'truth', 'false', 'work on the applications of one shard'),
  flag('shard-id', 'text', 'master', 'which shard this process works for'),
  flag('schedulable-shards', 'list', '', 'shards to choose from; empty: those with ready pods'),
  flag('sharding-slave-discovery-resync-period', 'duration', '5m', 'time after which pods are counted anew'),
  flag(
    'foreign-master',
    'truth',
    'false',
    'the master of the fleet is KubeVela: an Application moves by its label alone, without a word of its old shard',
  ),
  flag('shard-capacity', 'integer', '0', 'how many applications this shard can take; 0: any number'),
  flag(
    'shard-scheduling-policy',
    'text',
    'round-robin',
    'how shards are chosen: round-robin, least-loaded, consistent-hash or tenant',
  ),
  flag('schedule-to-master', 'truth', 'false', 'let the master take its share of new applications'),
  flag('shard-failover', 'text', 'adopt', 'what becomes of shards without a process: adopt, evacuate or off'),
  flag('shard-rebalance', 'text', 'off', 'when the master evens shards out: off, on-join or continuous'),
  flag('shard-autoscale-max', 'integer', '0', 'most shards that the master asks for by itself; 0: it asks for none'),
  flag('shard-autoscale-min', 'integer', '1', 'least shards beside the master where it asks for them'),
  flag('shard-autoscale-add-after', 'duration', '30s', 'for how long shards must be too busy before there are more'),
  flag('shard-autoscale-remove-after', 'duration', '10m', 'for how long fewer must be enough before one goes'),
  flag('shard-lease-duration', 'duration', '0s', 'instead of --leader-election-lease-duration where there are shards'),
  flag(
    'shard-lease-renew-deadline',
    'duration',
    '0s',
    'instead of --leader-election-renew-deadline where there are shards',
  ),
  flag(
    'shard-lease-retry-period',
    'duration',
    '0s',
    'instead of --leader-election-retry-period where there are shards',
  ),
  flag(
    'feature-gates',
    'list',
    '',
    'Name=true or Name=false, several with commas; see docs/reference/feature-gates.md',
  ),
];

/** Every flag of vela-core, in the order of the reference. */
export const flags: readonly Flag[] = [
  ...server,
  ...webhook,
  ...observability,
  ...client,
  ...clusters,
  ...cue,
  ...application,
  ...workflow,
  ...resources,
  ...optimisation,
  ...sharding,
  { name: 'version', kind: 'truth', fallback: 'false', describe: 'print the version and exit' },
  { name: 'help', kind: 'truth', fallback: 'false', describe: 'print the flags and exit' },
];
