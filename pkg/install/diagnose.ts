import { ApiError, isNotFound } from '../apis/api-error.ts';
import { applicationResource } from '../apis/application.ts';
import type { Application } from '../apis/application.ts';
import { applicationRevisionResource } from '../apis/application-revision.ts';
import type { ApplicationRevision } from '../apis/application-revision.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import { resourceTrackerResource } from '../apis/resource-tracker.ts';
import type { ManagedResource, ResourceTracker } from '../apis/resource-tracker.ts';
import { isInherited } from '../dispatch/adopt.ts';
import { isDelivered } from '../dispatch/fenced-write.ts';
import { withRenderHash } from '../dispatch/render-hash.ts';
import { expandedTracker } from '../dispatch/stored-tracker.ts';
import { entriesOf } from '../dispatch/tracker.ts';
import { expandedRevision } from '../revision/stored.ts';
import { isDefinition, isOurs } from './definitions.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import { rightsFindings, webhookFindings, workflowFindings } from './old-installation.ts';

export interface Diagnosis {
  readonly applications: number;
  /** Delivered objects that were compared with their records. */
  readonly objects: number;
  readonly findings: readonly Finding[];
}

export interface DiagnoseOptions {
  /** What an installation would bring. */
  readonly wanted: readonly KubeObject[];
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/**
 * What an installation over a living one would meet: for each Application what would be written when it is taken over,
 * definitions that stay as they are, webhooks and controllers of the old installation. Only reads.
 */
export async function diagnose(client: KubeClient, options: DiagnoseOptions): Promise<Diagnosis> {
  const { signal } = options;
  const apps = await listed<Application>(() => client.list(applicationResource, { signal }));
  const trackers = await listed<ResourceTracker>(() => client.list(resourceTrackerResource, { signal }));
  const parts = [
    await definitionFindings(client, options),
    await controllerFindings(client, options),
    await webhookFindings(client, options),
    await rightsFindings(client, options),
    await workflowFindings(client, options),
    await revisionFindings(client, signal),
    leftovers(apps, trackers),
  ];
  const read = trackers.map(readTracker);
  const entries = read.flatMap((one) => ('entries' in one ? one.entries : []));
  const objects: Finding[] = [];
  for (const entry of entries) objects.push(...(await objectFindings(client, entry, signal)));
  const unreadable = read.flatMap((one) => ('finding' in one ? [one.finding] : []));
  return { applications: apps.length, objects: entries.length, findings: [...parts.flat(), ...unreadable, ...objects] };
}

async function listed<T extends KubeObject>(
  list: () => Promise<{ readonly items: readonly KubeObject[] }>,
): Promise<readonly T[]> {
  try {
    return (await list()).items as readonly T[];
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return [];
    throw error;
  }
}

function readTracker(
  tracker: ResourceTracker,
): { readonly entries: readonly ManagedResource[] } | { readonly finding: Finding } {
  try {
    return { entries: entriesOf(expandedTracker(tracker)).filter((entry) => entry.raw && !entry.deleted) };
  } catch (error) {
    return { finding: finding('stop', `ResourceTracker ${tracker.metadata.name ?? ''}`, (error as Error).message) };
  }
}

/** What a controller would write of one delivered object when it takes over its Application. */
async function objectFindings(
  client: KubeClient,
  entry: ManagedResource,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { apiVersion = '', kind = '', namespace, name = '', raw } = entry;
  if (!raw) return [];
  const about = `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
  try {
    const resource = await client.resourceFor(apiVersion, kind);
    const live = await client.get(resource, { name, namespace }, { signal });
    const object = withRenderHash(raw);
    if (isDelivered(object, live)) return [];
    return (await isSettledByApply(client, { object, live }, signal))
      ? []
      : [finding('change', about, 'differs from what was delivered, and will be put back')];
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return [finding('change', about, 'is missing, and will be created')];
  }
}

/** Asks the API server whether an apply would change anything beside the owner of fields. */
async function isSettledByApply(
  client: KubeClient,
  { object, live }: { readonly object: KubeObject; readonly live: KubeObject },
  signal: AbortSignal,
): Promise<boolean> {
  if (!isInherited(live)) return true;
  const resource = await client.resourceFor(object.apiVersion, object.kind);
  const { resourceVersion: _, ...metadata } = object.metadata;
  const answer = await client.apply(
    resource,
    { ...object, metadata },
    { fieldManager: 'kubevela', force: true, dryRun: true, signal },
  );
  return (answer.metadata.generation ?? 0) === (live.metadata.generation ?? 0);
}

async function definitionFindings(
  client: KubeClient,
  { wanted, signal }: DiagnoseOptions,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const definition of wanted.filter(isDefinition)) {
    const live = await find(client, definition, signal);
    if (!live) continue;
    const about = `${definition.kind} ${definition.metadata.name ?? ''}`;
    const languages = Object.entries(((live['spec'] ?? {}) as { schematic?: object }).schematic ?? {}).filter(
      ([, s]) => s,
    );
    if (languages.length > 1)
      findings.push(finding('stop', about, `has ${languages.length} templates; leave one of them`));
    else if (!isOurs(live)) findings.push(finding('note', about, 'was not made by Flotilla, and stays as it is'));
  }
  return findings;
}

async function find(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<KubeObject | undefined> {
  try {
    const resource = await client.resourceFor(object.apiVersion, object.kind);
    const { name = '', namespace } = object.metadata;
    return await client.get(resource, { name, namespace }, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function controllerFindings(
  client: KubeClient,
  { namespace, signal }: DiagnoseOptions,
): Promise<readonly Finding[]> {
  const resource = await client.resourceFor('v1', 'Pod');
  const labelSelector = 'app.kubernetes.io/name=vela-core';
  const { items } = await client.list(resource, { namespace, labelSelector, signal });
  return items.map((pod) => {
    const image = ((pod['spec'] ?? {}) as { containers?: readonly { image?: string }[] }).containers?.[0]?.image ?? '';
    const shard = pod.metadata.labels?.[labels.shardId];
    return finding('note', `Pod ${pod.metadata.name ?? ''}`, `runs ${image}${shard ? ` for shard ${shard}` : ''}`);
  });
}

async function revisionFindings(client: KubeClient, signal: AbortSignal): Promise<readonly Finding[]> {
  const revisions = await listed<ApplicationRevision>(() => client.list(applicationRevisionResource, { signal }));
  return revisions.flatMap((revision) => {
    try {
      expandedRevision(revision);
      return [];
    } catch (error) {
      const { namespace = '', name = '' } = revision.metadata;
      return [finding('stop', `ApplicationRevision ${namespace}/${name}`, (error as Error).message)];
    }
  });
}

/** Trackers of Applications that are gone, and trackers with another shard than their Application. */
function leftovers(apps: readonly Application[], trackers: readonly ResourceTracker[]): readonly Finding[] {
  const byUid = new Map(apps.map((app) => [app.metadata.uid ?? '', app]));
  return trackers.flatMap((tracker) => {
    const about = `ResourceTracker ${tracker.metadata.name ?? ''}`;
    const own = tracker.metadata.labels ?? {};
    const app = byUid.get(own[labels.appUid] ?? '');
    if (!app) return [finding('note', about, 'belongs to an Application that does not exist')];
    const shard = app.metadata.labels?.[labels.scheduledShardId];
    if (shard === own[labels.scheduledShardId]) return [];
    const message = `has shard ${own[labels.scheduledShardId] ?? 'none'}, its Application has ${shard ?? 'none'}`;
    return [finding('note', about, message)];
  });
}
