import { applicationResource } from '../../pkg/apis/application.ts';
import { isNotFound } from '../../pkg/apis/api-error.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { Condition } from '../../machinery/src/meta.ts';
import { labels } from '../../pkg/apis/names.ts';
import { shardResource } from '../../pkg/apis/shard.ts';
import type { Shard, ShardPhase, ShardSpec } from '../../pkg/apis/shard.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { leaseFactsOf, shardOfLease } from '../../pkg/fleet/shard-facts.ts';
import { leases as leaseResource } from '../../pkg/lease/record.ts';
import type { Lease } from '../../pkg/lease/record.ts';
import { viewOf as membershipOf } from '../../pkg/scheduling/membership.ts';
import type { LeaseFacts, ShardFacts, ShardLoad, ShardView } from '../../pkg/scheduling/shards.ts';
import { readFleet } from './fleet.ts';
import type { FleetPod } from './fleet.ts';
import { CliError, exitCodes } from './io.ts';

/** The Lease of a shard for people; ages by this machine's clock. */
export interface LeaseRow {
  readonly name: string;
  readonly holder: string;
  readonly epoch: number;
  readonly durationSeconds: number;
  readonly renewTime: string | undefined;
  readonly renewedSecondsAgo: number | undefined;
  readonly notes: Readonly<Record<string, string>>;
  readonly facts: LeaseFacts;
}

/** One shard, from its pods, its Lease, its Shard object and the labels of Applications. */
export interface ShardRow {
  readonly shard: string;
  readonly phase: ShardPhase;
  readonly ready: number;
  readonly pods: readonly FleetPod[];
  readonly holder: string;
  /** The adopter, where it is adopted. */
  readonly adoptedBy: string | undefined;
  readonly lease: LeaseRow | undefined;
  /** Applications with its label. */
  readonly applications: number;
  /** Applications that move to it and away from it. */
  readonly arriving: number;
  readonly departing: number;
  /** The last report of its holder. */
  readonly load: ShardLoad | undefined;
  readonly version: string;
  readonly configHash: string;
  readonly address: string;
  readonly weight: number;
  /** Infinity without a limit, which JSON shows as null. */
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

/** Every shard with a pod, a Lease, a Shard or Applications, the master first. Reads the API server alone, so it works without a master. */
export async function readShards(
  client: KubeClient,
  namespace: string,
  clock: Pick<Clock, 'now'>,
): Promise<readonly ShardRow[]> {
  const [pods, leases, objects, counts] = await Promise.all([
    readFleet(client),
    readLeases(client, namespace, clock.now()),
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

/** Whether a shard is listed by default: it has a holder, pods or Applications. */
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

/** The row as schedulers see a shard; Applications are counted by their labels, not by the report. */
export const viewOf = ({ view, phase, applications, capacity }: ShardRow): ShardView => ({
  ...view,
  phase,
  applications,
  isAvailable: view.isAvailable && applications < capacity,
});

/** The row without the parts that only planning uses. */
export function withoutView(row: ShardRow): object {
  const { view: _, lease, ...rest } = row;
  if (!lease) return { ...rest, lease };
  const { facts: _facts, ...shown } = lease;
  return { ...rest, lease: shown };
}

function rowOf(id: string, { pods, leases, objects, counts }: Sources, master: ShardRow | undefined): ShardRow {
  const own = pods.filter(({ shard }) => shard === id);
  const object = objects.get(id);
  const facts: ShardFacts = { id, lease: leases.get(id)?.facts, pods: own, spec: object?.spec };
  const view = membershipOf(facts, { leaseDurationMs: (leases.get('master')?.durationSeconds ?? 15) * 1000 });
  const reported = isFresh(leases.get('master')) ? object?.status?.phase : undefined;
  return {
    shard: id,
    phase: reported ?? view.phase,
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
    ...objectOf(object),
    view,
  };
}

const objectOf = (object: Shard | undefined) => ({
  spec: object?.spec ?? {},
  conditions: object?.status?.conditions ?? [],
  object,
});

/** The report of the holder on the Lease. */
function reportOf(id: string, lease: LeaseRow | undefined, master: ShardRow | undefined) {
  const { holder = '', facts } = lease ?? {};
  const home = facts?.homeShard ?? id;
  const { version = '', configHash = '', address = '', load } = facts?.report ?? {};
  return {
    lease,
    holder,
    adoptedBy: holder !== '' && home !== id ? home : undefined,
    load,
    version,
    configHash,
    address,
    drifted: differs(version, master?.version) || differs(configHash, master?.configHash),
  };
}

const differs = (mine: string, its = ''): boolean => mine !== '' && its !== '' && mine !== its;

/** Whether the Lease has a holder that has renewed it in time. */
export const isFresh = (lease: LeaseRow | undefined): boolean =>
  lease !== undefined &&
  lease.holder !== '' &&
  lease.renewedSecondsAgo !== undefined &&
  lease.renewedSecondsAgo <= lease.durationSeconds;

async function readLeases(client: KubeClient, namespace: string, now: number): Promise<ReadonlyMap<string, LeaseRow>> {
  const { items } = await client.list<Lease>(leaseResource, { namespace });
  const rows = items.flatMap((object) => {
    const name = object.metadata.name ?? '';
    const shard = shardOfLease(object) ?? shardOfLeaseName(name);
    return shard === undefined ? [] : [[shard, leaseRow(object, now)] as const];
  });
  return new Map(rows);
}

const shardOfLeaseName = (name: string): string | undefined =>
  name === 'kubevela' ? 'master' : name.startsWith('kubevela-') ? name.slice('kubevela-'.length) : undefined;

/** A command does not observe the Lease over time, so that its age is by this machine's clock. */
function leaseRow(lease: Lease, now: number): LeaseRow {
  const { renewTime } = lease.spec ?? {};
  const age = renewTime === undefined ? undefined : Math.round((now - Date.parse(renewTime)) / 1000);
  const facts = leaseFactsOf(lease, (age ?? 0) * 1000);
  return {
    name: lease.metadata.name ?? '',
    holder: facts.holder ?? '',
    epoch: facts.epoch,
    durationSeconds: facts.durationMs / 1000,
    renewTime,
    renewedSecondsAgo: age,
    notes: lease.metadata.annotations ?? {},
    facts,
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

const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
