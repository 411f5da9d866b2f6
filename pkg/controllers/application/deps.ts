import type { Counter, Gauge, Histogram } from 'prom-client';
import type { Application } from '../../apis/application.ts';
import type { KubeClient } from '../../apis/kube-client.ts';
import type { KubeObject } from '../../apis/meta.ts';
import type { DefinitionSource } from '../../appfile/definition-lookup.ts';
import type { Clock, Random } from '../../clock/clock.ts';
import type { DeliveredWatch } from '../../dispatch/apply.ts';
import type { Restrictions } from '../../dispatch/allowed.ts';
import type { ClusterVersion } from '../../render/context.ts';
import type { Engines } from '../../render/engine.ts';
import type { CompressionType } from '../../revision/compression.ts';
import type { RetryLimits } from '../../workflow/settle.ts';

/** Applications as this process' cache has them: when sharded, only those of its shard. */
export interface ApplicationLister {
  get(namespace: string, name: string): Application | undefined;
}

/** Writes Events about an object; never fails. */
interface EventRecorder {
  event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

export interface ApplicationMetrics {
  readonly reconcileSeconds: Histogram<'begin_phase' | 'end_phase'>;
  readonly applyComponentSeconds: Histogram;
  readonly workflowFinishedSeconds: Histogram<'phase'>;
  readonly phases: Gauge<'phase'>;
  readonly familyReads: Counter;
  readonly fenceRefusals: Counter<'layer' | 'kind'>;
}

/** What flags decide about the application controller. */
export interface ApplicationOptions {
  /** The shards whose Applications this process writes to; undefined when sharding is off. */
  readonly shard: string | undefined;
  /** Whether an Application is this shard's as soon as its label says so: the master is KubeVela's, which knows no moves. */
  readonly foreignMaster?: boolean | undefined;
  /** Of the shard's Lease, written on all that is written under it; absent where there is no election. */
  readonly leaseEpoch?: number | undefined;
  /** Whether the shard's Applications are only handed over to others, because its own process is gone for good. */
  readonly drainOnly: boolean;
  /** Compared with the annotation that asks for one version of the controller. */
  readonly controllerVersion: string;
  readonly ignoreAppWithoutControllerVersion: boolean;
  readonly systemDefinitionNamespace: string;
  readonly applicationRevisionLimit: number;
  readonly resyncPeriodMs: number;
  readonly maxDispatchConcurrent: number;
  readonly retry: RetryLimits;
  /** The gate EnablePatchStatusAtOnce: the status is written after each step, and not only after a pass. */
  readonly patchStatusAtOnce?: boolean;
  readonly restrictions: Restrictions;
  /** Where the objects of ref-objects components may be: the Application's namespace, its cluster, or anywhere. */
  readonly refObjectsScope: 'namespace' | 'cluster' | 'global';
  /** The gate ApplyOnce: never put anything back. */
  readonly applyOnce: boolean;
  /** After a write without an answer: by then it has arrived, or never will. */
  readonly lateWriteMs: number;
  /** How trackers and revisions are stored that are not compressed yet. */
  readonly compression: { readonly trackers: CompressionType; readonly revisions: CompressionType };
  /** Who acts for Applications that name nobody; undefined: this controller itself. */
  readonly defaultUser: string | undefined;
}

export interface ApplicationDeps {
  readonly client: KubeClient;
  readonly applications: ApplicationLister;
  readonly definitions: DefinitionSource;
  readonly engines: Engines;
  readonly clusterVersion: ClusterVersion;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventRecorder;
  /** Watches of what was delivered; without them drift is found by the resync only. */
  readonly delivered?: DeliveredWatch | undefined;
  readonly metrics: ApplicationMetrics;
  /** Called when a fence refused a write of the present term. */
  readonly onFenceRefused?: (() => void) | undefined;
  readonly options: ApplicationOptions;
}

/** What a reconcile asks for; a failure that backs off is thrown instead. */
export interface ReconcileResult {
  /** Look again after so long, whatever happens meanwhile. */
  readonly requeueAfterMs?: number;
}
