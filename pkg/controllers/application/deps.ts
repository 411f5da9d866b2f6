import type { Counter, Gauge, Histogram } from 'prom-client';
import type { Application } from '../../apis/application.ts';
import type { KubeClient } from '../../apis/kube-client.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { DefinitionSource } from '../../appfile/definition-lookup.ts';
import type { Clock, Random } from '../../../machinery/src/clock/clock.ts';
import type { DeliveredWatch } from '../../dispatch/known.ts';
import type { Restrictions } from '../../dispatch/allowed.ts';
import type { ClusterVersion } from '../../render/context.ts';
import type { Engines } from '../../render/engine.ts';
import type { CompressionType } from '../../revision/compression.ts';
import type { PolicyGates } from './policies/select.ts';
import type { RetryLimits } from '../../workflow/settle.ts';

/** Applications in the cache of this process: with sharding, only those of its shard. */
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

/** The options of the application controller, from flags. */
export interface ApplicationOptions {
  /** The shard of the Applications that this process writes to; undefined without sharding. */
  readonly shard: string | undefined;
  /** Whether an Application belongs to the shard in its label at once: the master is KubeVela's, which has no moves. */
  readonly foreignMaster?: boolean | undefined;
  /** The epoch of the shard's Lease, part of the fence of every write; absent without leader election. */
  readonly leaseEpoch?: number | undefined;
  /** Whether the shard's Applications are only handed over to other shards: its own process will not return. */
  readonly drainOnly: boolean;
  /** Compared with the annotation that requires one version of the controller. */
  readonly controllerVersion: string;
  readonly ignoreAppWithoutControllerVersion: boolean;
  readonly systemDefinitionNamespace: string;
  readonly applicationRevisionLimit: number;
  readonly resyncPeriodMs: number;
  readonly maxDispatchConcurrent: number;
  readonly retry: RetryLimits;
  /** The gate EnablePatchStatusAtOnce: the status is written after each step, and not only after all steps that are ready. */
  readonly patchStatusAtOnce?: boolean;
  readonly restrictions: Restrictions;
  /** The scope of the objects of ref-objects components: the Application's namespace, its cluster, or all clusters. */
  readonly refObjectsScope: 'namespace' | 'cluster' | 'global';
  /** Whether they may come from addresses, too: not with the gate DisableReferObjectsFromURL. */
  readonly refObjectsFromUrls: boolean;
  /** Which policies change Applications. */
  readonly policies: PolicyGates;
  /** The gate ApplyOnce: resources are never applied again. */
  readonly applyOnce: boolean;
  /** The time after which a write without an answer has taken effect, or never will. */
  readonly lateWriteMs: number;
  /** The compression of trackers and revisions that are not compressed yet. */
  readonly compression: { readonly trackers: CompressionType; readonly revisions: CompressionType };
  /** The user for Applications without one in their annotations; undefined: this controller itself. */
  readonly defaultUser: string | undefined;
}

export interface ApplicationDeps {
  readonly client: KubeClient;
  readonly applications: ApplicationLister;
  /**
   * Whether the cache has trackers with the name of an Application, by its key; absent where the cache has only those of one
   * shard. It is asked for Applications that no controller has written to.
   */
  readonly hasTrackers?: ((key: string) => boolean) | undefined;
  readonly definitions: DefinitionSource;
  readonly engines: Engines;
  readonly clusterVersion: ClusterVersion;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventRecorder;
  /** Watches of delivered resources; without them only the resync finds drift. */
  readonly delivered?: DeliveredWatch | undefined;
  readonly metrics: ApplicationMetrics;
  /** Called after a fence refused a write of the present term. */
  readonly onFenceRefused?: (() => void) | undefined;
  readonly options: ApplicationOptions;
}
