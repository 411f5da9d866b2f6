import { isNotFound } from '../../pkg/apis/api-error.ts';
import type { Application } from '../../pkg/apis/application.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import type { ResourceTracker } from '../../pkg/apis/resource-tracker.ts';
import { expandedTracker } from '../../pkg/dispatch/stored-tracker.ts';
import { entriesOf } from '../../pkg/dispatch/tracker.ts';
import type { Session } from './connect.ts';
import { printLine, printTable } from './io.ts';
import type { Io } from './io.ts';

interface Leaf {
  readonly cluster: string;
  readonly namespace: string;
  readonly resource: string;
  readonly status: string;
  readonly applied: string;
  readonly detail: string;
}

/** Prints the resources of an Application by cluster and namespace; `detail` adds how far each is. */
export async function printTree(io: Io, { client }: Session, app: Application, detail: boolean): Promise<void> {
  const leaves = await leavesOf(client, app);
  if (leaves.length === 0) {
    printLine(io, `application ${app.metadata.name ?? ''} has delivered no resource`);
    return;
  }
  const heading = ['CLUSTER', '', 'NAMESPACE', '', 'RESOURCE', 'STATUS', ...(detail ? ['APPLY_TIME', 'DETAIL'] : [])];
  printTable(io, [heading, ...rowsOf(leaves, detail)]);
}

function rowsOf(leaves: readonly Leaf[], detail: boolean): string[][] {
  const clusters = groupBy(leaves, ({ cluster }) => cluster);
  return [...clusters].flatMap(([cluster, ofCluster]) => {
    const namespaces = [...groupBy(ofCluster, ({ namespace }) => namespace)];
    return namespaces.flatMap(([namespace, ofNamespace], i) =>
      ofNamespace.map((leaf, j) => [
        i === 0 && j === 0 ? cluster : '',
        j === 0 ? branch(i, namespaces.length) : i < namespaces.length - 1 ? '│' : '',
        j === 0 ? namespace || '-' : '',
        branch(j, ofNamespace.length),
        leaf.resource,
        leaf.status,
        ...(detail ? [leaf.applied, leaf.detail] : []),
      ]),
    );
  });
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, readonly T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function branch(index: number, count: number): string {
  if (count === 1) return '───';
  if (index === 0) return '─┬─';
  return index === count - 1 ? ' └─' : ' ├─';
}

async function leavesOf(client: KubeClient, app: Application): Promise<readonly Leaf[]> {
  const { name = '', namespace = '' } = app.metadata;
  const labelSelector = `${labels.appName}=${name},${labels.appNamespace}=${namespace}`;
  const { items } = await client.list<ResourceTracker>(resourceTrackerResource, { labelSelector });
  const entries = items.flatMap((tracker) => entriesOf(expandedTracker(tracker)));
  const known = new Map(
    entries
      .filter(({ deleted }) => !deleted)
      .map((entry) => [JSON.stringify([entry.apiVersion, entry.kind, entry.namespace, entry.name]), entry]),
  );
  const leaves = await Promise.all(
    [...known.values()].map(async ({ cluster = 'local', apiVersion = '', kind = '', ...target }): Promise<Leaf> => {
      const live = await read(client, { apiVersion, kind, name: target.name ?? '', namespace: target.namespace });
      return {
        cluster,
        namespace: target.namespace ?? '',
        resource: `${kind}/${target.name ?? ''}`,
        status: live ? 'updated' : 'not-deployed',
        applied: live?.metadata.creationTimestamp ?? '',
        detail: live ? detailOf(live) : '',
      };
    }),
  );
  const key = ({ cluster, namespace: own, resource }: Leaf): string => `${cluster} ${own} ${resource}`;
  return leaves.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

async function read(
  client: KubeClient,
  {
    apiVersion,
    kind,
    ...target
  }: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string | undefined;
  },
): Promise<KubeObject | undefined> {
  try {
    return await client.get(await client.resourceFor(apiVersion, kind), target);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

interface Progress {
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly phase?: string;
}

function detailOf(object: KubeObject): string {
  const { replicas, readyReplicas = 0, phase } = (object['status'] ?? {}) as Progress;
  if (replicas !== undefined) return `Ready: ${readyReplicas}/${replicas}`;
  return phase === undefined ? '' : `Phase: ${phase}`;
}
