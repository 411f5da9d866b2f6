import type { SafetyTimes } from '../../pkg/safety/times.ts';
import type { FailoverMode } from '../../pkg/scheduling/failover.ts';
import type { Policy } from '../../pkg/scheduling/policy.ts';
import type { AutoscaleRules } from '../../pkg/scheduling/autoscale.ts';
import type { RebalanceMode } from '../../pkg/scheduling/rebalance.ts';
import type { FeatureGates } from './feature-gates.ts';

/** The part of a process: everything, or its part of a fleet. */
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
  /** Whether the master is KubeVela's, which knows no moves: the label of an Application alone says which shard works on it. */
  readonly foreignMaster: boolean;
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
  /** Whether each kind that a ComponentDefinition names gets a WorkloadDefinition. */
  readonly createWorkloadDefinitions: boolean;
  readonly concurrentReconciles: number;
  /** Of one namespace; 0: no limit of its own. */
  readonly tenantConcurrency: number;
  readonly reconcileTimeoutMs: number;
  readonly maxDispatchConcurrent: number;
  readonly requireControllerVersion: boolean;
  readonly requireDefinitionVersion: boolean;
  /** Whether WorkflowRuns are executed. */
  readonly workflowRuns: boolean;
  readonly allowCrossNamespace: boolean;
  /** `whitelist:A,B`, `blacklist:A,B` or empty. */
  readonly allowResourceTypes: string;
  readonly refObjectsScope: 'namespace' | 'cluster' | 'global';
  /** Whether `+` and `*` of lists are accepted in CUE. */
  readonly listArithmetic: boolean;
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
  /** Every time on which exclusive writing depends. */
  readonly safety: SafetyTimes;
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
  /** Warnings about the command line: typing errors, flags without effect. */
  readonly warnings: readonly string[];
}
