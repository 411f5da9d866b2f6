import { fenceText } from '../apis/fence.ts';
import { reviewSelf } from '../apis/holder.ts';
import type { ProcessName } from '../apis/holder.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import { annotations, labels } from '../apis/names.ts';
import { resourceTrackerResource } from '../apis/resource-tracker.ts';
import type { ResourceTracker } from '../apis/resource-tracker.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { fieldManager } from '../dispatch/field-manager.ts';
import { HolderKeeper } from '../lease/holder-keeper.ts';
import { HolderRecord } from '../lease/holder-record.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';

/** Identifies the holder of a shard for the fences. */
export interface Holder {
  readonly record: HolderRecord;
  readonly keeper: HolderKeeper;
}

export interface HolderParts {
  /** Without a write gate: the record is written before any other write, against the state that was read. */
  readonly client: KubeClient;
  readonly lease: { readonly namespace: string; readonly name: string };
  readonly shard: string;
  /** Stands for the process where the API server does not name it. */
  readonly podName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onRefused: (why: string | undefined) => void;
}

export function newHolder({ client, lease, shard, podName, clock, logger, onRefused }: HolderParts): Holder {
  const record = new HolderRecord({
    client,
    namespace: lease.namespace,
    lease: lease.name,
    shard,
    labels: { [labels.shardId]: shard },
  });
  const keeper = new HolderKeeper({
    record,
    lease: lease.name,
    self: processNameOf(client, podName),
    probe: (epoch, signal) =>
      client.create(resourceTrackerResource, probeOf(shard, epoch), { fieldManager, dryRun: true, signal }),
    clock,
    logger,
    onRefused,
  });
  return { record, keeper };
}

/** Reads the name of this process once; again where a credential is its name, because that changes. */
function processNameOf(client: KubeClient, podName: string): (signal: AbortSignal) => Promise<ProcessName | undefined> {
  let known: ProcessName | undefined;
  return async (signal) => {
    if (known?.endsWith('.pod')) return known;
    const self = await reviewSelf(client, signal);
    known = self ? self.process : `${podName.toLowerCase()}.pod`;
    return known;
  };
}

/** A write to a family of the shard as the holder sends it, for dry runs. */
function probeOf(shard: string, epoch: number): ResourceTracker {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'ResourceTracker',
    metadata: {
      name: `fence-probe.${shard}`,
      labels: { [labels.scheduledShardId]: shard },
      annotations: { [annotations.shardFence]: fenceText({ family: 0, lease: epoch }) },
    },
    spec: { type: 'root', applicationGeneration: 0 },
  };
}
