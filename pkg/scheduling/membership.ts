import type { ShardPhase } from '../apis/shard.ts';
import type { ShardFacts, ShardLoad, ShardView } from './shards.ts';

/** Rules by which the master judges shards. */
export interface MembershipRules {
  /** Of the fleet; a Lease that says less is believed for as long as this. */
  readonly leaseDurationMs: number;
}

/** After so many durations without a sign of life or a pod a shard is gone for good. */
const goneAfterDurations = 20;
const noLoad: ShardLoad = { applications: 0, backlog: 0, busy: 0 };

/** For how much longer a Lease is believed in; negative once it has run out. Infinity without a holder. */
export function leaseLeftMs({ lease }: ShardFacts, { leaseDurationMs }: MembershipRules): number {
  if (lease?.holder === undefined) return Infinity;
  return Math.max(lease.durationMs, leaseDurationMs) - lease.unchangedMs;
}

/**
 * Returns the view of a shard, from its Lease, its pods and its spec.
 *
 * Whether a Lease has run out follows from how long it was seen not to change. A pod that is ready counts even before
 * it holds a Lease, and where controllers keep none that can be seen, as KubeVela's own do; a shard without pods lives
 * by its Lease alone, wherever its process runs.
 */
export function viewOf(facts: ShardFacts, rules: MembershipRules): ShardView {
  const { id, lease } = facts;
  const phase = phaseOf(facts, rules);
  const load = lease?.report.load ?? noLoad;
  const wanted = settingsOf(facts);
  const hasRoom = load.applications < wanted.capacity && wanted.weight > 0;
  const isAvailable = isServed(facts, phase) && !wanted.cordoned && !wanted.draining && hasRoom;
  return { id, phase, isAvailable, ...wanted, applications: load.applications, load, facts };
}

/** The settings of a shard, with defaults. */
function settingsOf({
  spec = {},
  lease,
}: ShardFacts): Pick<ShardView, 'cordoned' | 'draining' | 'weight' | 'capacity' | 'className' | 'labels'> {
  const { unschedulable = false, drain = false, weight = 1, class: className = '', labels = {} } = spec;
  const capacity = spec.capacity ?? lease?.report.capacity ?? Infinity;
  return { cordoned: unschedulable, draining: drain, weight, capacity, className, labels };
}

function phaseOf(facts: ShardFacts, rules: MembershipRules): ShardPhase {
  const { id, lease, pods } = facts;
  const hasPods = pods.length > 0;
  if (lease === undefined) return hasPods ? 'Joining' : 'Gone';
  const { leaseDurationMs } = rules;
  if (lease.holder === undefined) {
    if (hasPods) return 'Joining';
    // released in good order by its last process, without Applications
    const durations = lease.report.load?.applications === 0 ? 1 : goneAfterDurations;
    return lease.unchangedMs > leaseDurationMs * durations ? 'Gone' : 'Suspect';
  }
  const leftMs = leaseLeftMs(facts, rules);
  if (leftMs < 0) return !hasPods && -leftMs > leaseDurationMs * goneAfterDurations ? 'Gone' : 'Suspect';
  if (lease.homeShard === undefined || lease.homeShard === id) return 'Ready';
  return lease.isDraining ? 'Evacuating' : 'Adopted';
}

function isServed({ lease, pods }: ShardFacts, phase: ShardPhase): boolean {
  const isReady = pods.some(({ ready }) => ready);
  if (phase === 'Ready') return isReady || pods.length === 0;
  return phase === 'Joining' && isReady && lease?.holder === undefined;
}

/** How many pods of a shard are ready. */
export const podsReady = ({ pods }: ShardFacts): number => pods.filter(({ ready }) => ready).length;
