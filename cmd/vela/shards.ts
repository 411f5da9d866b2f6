import { applicationResource } from '../../pkg/apis/application.ts';
import { isNotFound } from '../../pkg/apis/api-error.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { Condition, KubeObject, Resource } from '../../pkg/apis/meta.ts';
import { annotations, labels } from '../../pkg/apis/names.ts';
import { shardResource } from '../../pkg/apis/shard.ts';
import type { Shard, ShardPhase, ShardSpec } from '../../pkg/apis/shard.ts';
import { systemClock } from '../../pkg/clock/system.ts';
import { viewOf as membershipOf } from '../../pkg/scheduling/membership.ts';
import type { LeaseFacts, ShardFacts, ShardLoad, ShardView } from '../../pkg/scheduling/shards.ts';
import { readFleet } from './fleet.ts';
import type { FleetPod } from './fleet.ts';
import { CliError, exitCodes } from './io.ts';

const leaseResource: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

/** The Lease of a shard as people want to know it; ages by this machine's clock. */
export interface LeaseRow {
  readonly name: string;
  readonly holder: string;
  readonly epoch: number;
  readonly durationSeconds: number;
  readonly renewTime: string | undefined;
  readonly renewedSecondsAgo: number | undefined;
  readonly notes: Readonly<Record<string, string>>;
}

/** One shard, from its pods, its Lease, its Shard object and the labels of Applications. */
export interface ShardRow {
  readonly shard: string;
  readonly phase: ShardPhase;
  readonly ready: number;
  readonly pods: readonly FleetPod[];
  readonly holder: string;
  /** The shard whose process works for it, when that is another one. */
  readonly adoptedBy: string | undefined;
  readonly lease: LeaseRow | undefined;
  /** By their labels. */
  readonly applications: number;
  /** On their way to it and away from it. */
  readonly arriving: number;
  readonly departing: number;
  /** What its holder reported last. */
  readonly load: ShardLoad | undefined;
  readonly version: string;
  readonly configHash: string;
  readonly address: string;
  readonly weight: number;
  /** Infinity when nobody set a limit, which JSON shows as null. */
  readonly capacity: number;
  readonly cordoned: boolean;
  readonly draining: boolean;
  /** It runs another version or configuration than the master. */
  readonly drifted: boolean;
  readonly spec: ShardSpec;
  readonly conditions: readonly Condition[];
  /** The Shard object, where there is one. */
  readonly object: Shard | undefined;
  readonly view: ShardView;
}

interface Counts {
  readonly on: ReadonlyMap<string, number>;
  readonly to: ReadonlyMap<string, number>;
  readonly from: ReadonlyMap<string, number>;
}

interface Sources {
  readonly pods: readonly FleetPod[];
  readonly leases: ReadonlyMap<string, LeaseRow>;
  readonly objects: ReadonlyMap<string, Shard>;
  readonly counts: Counts;
}

/** Every shard that anything speaks of, the master first. Reads the API server alone, so it works without a master. */
export async function readShards(client: KubeClient, namespace: string): Promise<readonly ShardRow[]> {
  const [pods, leases, objects, counts] = await Promise.all([
    readFleet(client),
    readLeases(client, namespace),
    readShardObjects(client),
    countApplications(client),
  ]);
  const sources: Sources = { pods, leases, objects, counts };
  const ids = new Set([...pods.map(({ shard }) => shard), ...leases.keys(), ...objects.keys(), ...counts.on.keys()]);
  const master = rowOf('master', sources, undefined);
  const others = [...ids].filter((id) => id !== 'master' && id !== '').sort(byNumber);
  const rows = others.map((id) => rowOf(id, sources, master));
  return ids.has('master') ? [master, ...rows] : rows;
}

/** Shards as most people want to see them: without those that nobody works for and that have nothing. */
export const isOfInterest = ({ holder, applications, pods }: ShardRow): boolean =>
  holder !== '' || applications > 0 || pods.length > 0;

/** Throws a CliError that names the shards there are, unless the given one is among them. */
export function findShard(rows: readonly ShardRow[], id: string): ShardRow {
  const found = rows.find(({ shard }) => shard === id);
  if (found) return found;
  const known = rows.map(({ shard }) => shard).join(', ');
  throw new CliError(`there is no shard ${id}`, {
    exitCode: exitCodes.notFound,
    hint:
      known === '' ? 'there are no shards at all; see vela install --set sharding.enabled=true' : `there are ${known}`,
  });
}

/** The row as schedulers see a shard; what the labels say counts more than what its holder reported. */
export const viewOf = ({ view, phase, applications, capacity }: ShardRow): ShardView => ({
  ...view,
  phase,
  applications,
  isAvailable: view.isAvailable && applications < capacity,
});

/** The row without what only planning needs. */
export function withoutView(row: ShardRow): Omit<ShardRow, 'view'> {
  const { view: _, ...rest } = row;
  return rest;
}

function rowOf(id: string, { pods, leases, objects, counts }: Sources, master: ShardRow | undefined): ShardRow {
  const own = pods.filter(({ shard }) => shard === id);
  const object = objects.get(id);
  const facts: ShardFacts = { id, lease: factsOf(leases.get(id)), pods: own, spec: object?.spec };
  const view = membershipOf(facts, { leaseDurationMs: (leases.get('master')?.durationSeconds ?? 15) * 1000 });
  const told = isFresh(leases.get('master')) ? object?.status?.phase : undefined;
  return {
    shard: id,
    phase: told ?? view.phase,
    ready: own.filter((pod) => pod.ready).length,
    pods: own,
    ...reportOf(id, leases.get(id), master),
    applications: counts.on.get(id) ?? 0,
    arriving: counts.to.get(id) ?? 0,
    departing: counts.from.get(id) ?? 0,
    weight: view.weight,
    capacity: view.capacity,
    cordoned: view.cordoned,
    draining: view.draining,
    ...saidOf(object),
    view,
  };
}

const saidOf = (object: Shard | undefined) => ({
  spec: object?.spec ?? {},
  conditions: object?.status?.conditions ?? [],
  object,
});

/** The Lease for judging it: its age is by this machine's clock, as a command does not wait and watch. */
function factsOf(lease: LeaseRow | undefined): LeaseFacts | undefined {
  if (!lease) return undefined;
  const { holder, epoch, durationSeconds, renewTime, renewedSecondsAgo, notes } = lease;
  const load = loadOf(notes[annotations.shardLoad]);
  const capacity = numberOf(notes[annotations.shardCapacity]);
  return {
    holder: holder === '' ? undefined : holder,
    durationMs: durationSeconds * 1000,
    epoch,
    renewTime,
    unchangedMs: (renewedSecondsAgo ?? 0) * 1000,
    homeShard: notes[annotations.homeShard],
    isDraining: notes[annotations.shardDraining] === 'true',
    report: { ...(load && { load }), ...(capacity !== undefined && { capacity }) },
  };
}

/** What the holder says on the Lease. */
function reportOf(id: string, lease: LeaseRow | undefined, master: ShardRow | undefined) {
  const { holder = '', notes = {} } = lease ?? {};
  const home = notes[annotations.homeShard] ?? id;
  const version = notes[annotations.shardVersion] ?? '';
  const configHash = notes[annotations.shardConfigHash] ?? '';
  return {
    lease,
    holder,
    adoptedBy: holder !== '' && home !== id ? home : undefined,
    load: loadOf(notes[annotations.shardLoad]),
    version,
    configHash,
    address: notes[annotations.shardAddress] ?? '',
    drifted: differs(version, master?.version) || differs(configHash, master?.configHash),
  };
}

const differs = (mine: string, its = ''): boolean => mine !== '' && its !== '' && mine !== its;

/** Whether somebody holds the Lease and has renewed it in time. */
export const isFresh = (lease: LeaseRow | undefined): boolean =>
  lease !== undefined &&
  lease.holder !== '' &&
  lease.renewedSecondsAgo !== undefined &&
  lease.renewedSecondsAgo <= lease.durationSeconds;

async function readLeases(client: KubeClient, namespace: string): Promise<ReadonlyMap<string, LeaseRow>> {
  const { items } = await client.list(leaseResource, { namespace });
  const rows = items.flatMap((object) => {
    const name = object.metadata.name ?? '';
    const shard = object.metadata.labels?.[labels.shardId] ?? shardOfLease(name);
    return shard === undefined ? [] : [[shard, leaseRow(object)] as const];
  });
  return new Map(rows);
}

const shardOfLease = (name: string): string | undefined =>
  name === 'kubevela' ? 'master' : name.startsWith('kubevela-') ? name.slice('kubevela-'.length) : undefined;

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly renewTime?: string;
  readonly leaseDurationSeconds?: number;
  readonly leaseTransitions?: number;
}

function leaseRow({ metadata, ...object }: KubeObject): LeaseRow {
  const spec = (object['spec'] ?? {}) as LeaseSpec;
  const { holderIdentity = '', renewTime, leaseDurationSeconds = 0, leaseTransitions = 0 } = spec;
  const age = renewTime === undefined ? undefined : Math.round((systemClock.now() - Date.parse(renewTime)) / 1000);
  return {
    name: metadata.name ?? '',
    holder: holderIdentity,
    epoch: leaseTransitions,
    durationSeconds: leaseDurationSeconds,
    renewTime,
    renewedSecondsAgo: age,
    notes: metadata.annotations ?? {},
  };
}

async function readShardObjects(client: KubeClient): Promise<ReadonlyMap<string, Shard>> {
  try {
    const { items } = await client.list<Shard>(shardResource);
    return new Map(items.map((shard) => [shard.metadata.name ?? '', shard]));
  } catch (error) {
    if (isNotFound(error)) return new Map();
    throw error;
  }
}

async function countApplications(client: KubeClient): Promise<Counts> {
  const on = new Map<string, number>();
  const to = new Map<string, number>();
  const from = new Map<string, number>();
  const add = (counts: Map<string, number>, key: string): unknown => counts.set(key, (counts.get(key) ?? 0) + 1);
  const { items } = await client.list(applicationResource, { metadataOnly: true });
  for (const { metadata } of items) {
    const shard = metadata.labels?.[labels.scheduledShardId] ?? '';
    const target = metadata.labels?.[labels.shardMove];
    add(on, shard);
    if (target === undefined || target === shard) continue;
    add(to, target);
    add(from, shard);
  }
  return { on, to, from };
}

function loadOf(text: string | undefined): ShardLoad | undefined {
  try {
    const read = JSON.parse(text ?? 'null') as Partial<ShardLoad> | null;
    if (typeof read?.applications !== 'number') return undefined;
    const { oldestSeconds } = read;
    const load = { applications: read.applications, backlog: read.backlog ?? 0, busy: read.busy ?? 0 };
    return typeof oldestSeconds === 'number' ? { ...load, oldestSeconds } : load;
  } catch {
    return undefined;
  }
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) && Number(text) > 0 ? Number(text) : undefined;

const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
