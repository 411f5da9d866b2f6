import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { expandedTracker } from '../../pkg/dispatch/stored-tracker.ts';
import { entriesOf } from '../../pkg/dispatch/tracker.ts';
import type { ResourceTracker } from '../../pkg/apis/resource-tracker.ts';
import { printLine, printTable } from './io.ts';
import type { Io } from './io.ts';

export const podResource: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

/** One controller process as its pod shows it. */
export interface FleetPod {
  readonly name: string;
  readonly shard: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly ip: string;
  /** Of the process, on the embedded cluster. */
  readonly pid: number | undefined;
}

interface PodStatus {
  readonly podIP?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  readonly containerStatuses?: readonly { readonly restartCount: number; readonly containerID?: string }[];
}

/** The controller pods, master first. */
export async function readFleet(client: KubeClient): Promise<FleetPod[]> {
  const list = await client.list(podResource, { namespace: systemNamespace, labelSelector: labels.shardId });
  return list.items.map(fleetPod).sort((a, b) => rank(a) - rank(b) || a.shard.localeCompare(b.shard));
}

const rank = (pod: FleetPod): number => (pod.shard === 'master' ? 0 : 1);

function fleetPod(pod: KubeObject): FleetPod {
  const status = (pod['status'] ?? {}) as PodStatus;
  const container = status.containerStatuses?.[0];
  return {
    name: pod.metadata.name ?? '',
    shard: pod.metadata.labels?.[labels.shardId] ?? '',
    ready: status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false,
    restarts: container?.restartCount ?? 0,
    ip: status.podIP ?? '',
    pid: pidOf(container?.containerID),
  };
}

function pidOf(containerId: string | undefined): number | undefined {
  const match = /^process:\/\/(\d+)/.exec(containerId ?? '');
  return match ? Number(match[1]) : undefined;
}

/** What one Application delivered: references and, by reading them live, whether they are untouched. */
export async function readDelivered(client: KubeClient): Promise<Map<string, string[]>> {
  const trackers = await client.list<ResourceTracker>(resourceTrackerResource);
  const delivered = new Map<string, string[]>();
  for (const tracker of trackers.items) {
    const key = `${tracker.metadata.labels?.[labels.appNamespace] ?? ''}/${tracker.metadata.labels?.[labels.appName] ?? ''}`;
    const references = entriesOf(expandedTracker(tracker))
      .filter((r) => !r.deleted)
      .map((r) => `${r.kind ?? ''}/${r.name ?? ''}`);
    delivered.set(key, [...(delivered.get(key) ?? []), ...references]);
  }
  return delivered;
}

/** Prints the pods of the fleet and every Application with shard, phase and resources. */
export async function printReport(io: Io, client: KubeClient): Promise<void> {
  const [pods, apps, delivered] = await Promise.all([
    readFleet(client),
    client.list<Application>(applicationResource),
    readDelivered(client),
  ]);
  printLine(io, '\nThe fleet');
  printTable(io, [
    ['POD', 'SHARD', 'READY', 'RESTARTS', 'ADDRESS', 'PROCESS'],
    ...pods.map((p) => [
      p.name,
      p.shard,
      p.ready ? 'yes' : 'no',
      String(p.restarts),
      p.ip,
      p.pid === undefined ? '' : String(p.pid),
    ]),
  ]);
  printLine(io, '\nThe Applications');
  printTable(io, [
    ['NAMESPACE', 'NAME', 'SHARD', 'PHASE', 'RESOURCES'],
    ...apps.items.map((app) => {
      const { namespace = '', name = '' } = app.metadata;
      const resources = (delivered.get(`${namespace}/${name}`) ?? []).join(' ');
      return [
        namespace,
        name,
        app.metadata.labels?.[labels.scheduledShardId] ?? '(none)',
        app.status?.status ?? '',
        resources,
      ];
    }),
  ]);
}
