import { fenceText } from '../../pkg/apis/fence.ts';
import { reviewSelf } from '../../pkg/apis/holder.ts';
import type { ProcessName } from '../../pkg/apis/holder.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { annotations, labels } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import type { ResourceTracker } from '../../pkg/apis/resource-tracker.ts';
import { systemClock } from '../../pkg/clock/system.ts';
import { fieldManager } from '../../pkg/dispatch/field-manager.ts';
import { HolderKeeper } from '../../pkg/lease/holder-keeper.ts';
import { HolderRecord } from '../../pkg/lease/holder-record.ts';
import type { Logger } from '../../pkg/logging/logger.ts';

/** What makes the holder of a shard known to the fences. */
export interface Holder {
  readonly record: HolderRecord;
  readonly keeper: HolderKeeper;
}

interface HolderParts {
  /** Without a write gate: the record is written before anything else, against what was read. */
  readonly client: KubeClient;
  readonly lease: { readonly namespace: string; readonly name: string };
  readonly shard: string;
  /** Stands for the process where the API server does not name it. */
  readonly podName: string;
  readonly logger: Logger;
  readonly onRefused: (why: string | undefined) => void;
}

export function newHolder({ client, lease, shard, podName, logger, onRefused }: HolderParts): Holder {
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
    clock: systemClock,
    logger,
    onRefused,
  });
  return { record, keeper };
}

/** Asks once for the name of this process; again where a credential is its name, because that changes. */
function processNameOf(client: KubeClient, podName: string): (signal: AbortSignal) => Promise<ProcessName | undefined> {
  let known: ProcessName | undefined;
  return async (signal) => {
    if (known?.endsWith('.pod')) return known;
    const self = await reviewSelf(client, signal);
    known = self ? self.process : `${podName.toLowerCase()}.pod`;
    return known;
  };
}

/** A write to a family of the shard as the holder sends it; it is only asked about. */
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
