import type { Invitation } from './invitation.ts';
import { leaseLeftMs } from './membership.ts';
import type { MembershipRules } from './membership.ts';
import { masterShard } from './pick.ts';
import type { ShardView } from './shards.ts';

/** Reaction to a shard without processes: another process adopts it, its Applications move, or nothing. */
export const failoverModes = ['adopt', 'evacuate', 'off'] as const;
export type FailoverMode = (typeof failoverModes)[number];

export interface FailoverRules extends MembershipRules {
  readonly mode: FailoverMode;
  /** How long processes of the shard itself that exist but do not hold its Lease may take. */
  readonly ownGraceMs: number;
  /** How long a shard without any process may be away, as during a restart. */
  readonly absentGraceMs: number;
  /** Shards with the same answer may stand in for each other; default: those of one class. */
  readonly groupOf?: ((view: ShardView) => string) | undefined;
  /** Whether an invitee did not respond to the invitation for a shard; it is not invited again. */
  readonly refused?: ((shard: string, invitee: string) => boolean) | undefined;
}

/** The adoption of one shard by another process. */
export interface Takeover {
  /** Where the invitation goes: to the holder of this shard's Lease. */
  readonly to: string;
  readonly invitation: Invitation;
}

export interface FailoverPlan {
  readonly takeovers: readonly Takeover[];
  /** Shards without a live holder. */
  readonly orphans: readonly string[];
  /** Why nothing is done although there are orphans. */
  readonly hold: string | undefined;
}

/**
 * Plans the adoption of shards without a live holder.
 *
 * The least busy process of the same class and partition is invited. The master is asked last; where those keep it away it
 * only hands the Applications over. When most shards seem to be dead at once, it is more likely that the master cannot
 * see them, and nothing is done.
 */
export function planFailover(views: readonly ShardView[], rules: FailoverRules): FailoverPlan {
  const orphans = views.filter((view) => isOrphan(view, rules));
  const ids = orphans.map(({ id }) => id);
  if (orphans.length === 0) return { takeovers: [], orphans: ids, hold: undefined };
  if (rules.mode === 'off') return { takeovers: [], orphans: ids, hold: 'failover is off' };
  const hold = massDeathOf(views, new Set(ids), rules);
  if (hold !== undefined) return { takeovers: [], orphans: ids, hold };
  const extra = new Map<string, number>();
  const takeovers = orphans.flatMap((orphan): readonly Takeover[] => {
    const chosen = choose(orphan, views, rules, extra);
    if (!chosen) return [];
    extra.set(chosen.to, (extra.get(chosen.to) ?? 0) + 1);
    return [chosen];
  });
  const isComplete = takeovers.length === orphans.length;
  return { takeovers, orphans: ids, hold: isComplete ? undefined : 'no live shard is eligible to adopt them' };
}

/**
 * Says so when most processes seem to be dead. A Lease that has just run out counts as well: those that end at once do not
 * run out at once, and the first would be adopted before the others are orphans. A process counts once, however many
 * shards it worked for.
 */
function massDeathOf(
  views: readonly ShardView[],
  orphans: ReadonlySet<string>,
  rules: FailoverRules,
): string | undefined {
  const all = new Set<string>();
  const dead = new Set<string>();
  for (const { id, phase, facts } of views) {
    if (id === masterShard || phase === 'Gone') continue;
    const process = (facts.lease?.holder !== undefined ? facts.lease.homeShard : undefined) ?? id;
    all.add(process);
    if (orphans.has(id) || leaseLeftMs(facts, rules) < 0) dead.add(process);
  }
  if (dead.size < 2 || dead.size * 2 <= all.size) return undefined;
  return `${dead.size} of ${all.size} shards seem to be dead at once`;
}

/** Whether a shard has no live holder, and its own processes will not acquire the Lease in a moment. */
function isOrphan(view: ShardView, rules: FailoverRules): boolean {
  const { id, phase, facts } = view;
  const { lease, pods } = facts;
  if (id === masterShard || lease === undefined || phase === 'Gone') return false;
  const graceMs = pods.length > 0 ? rules.ownGraceMs : rules.absentGraceMs;
  if (lease.holder !== undefined) return -leaseLeftMs(facts, rules) > graceMs;
  // released in good order: by a restart, a rollout, or for good
  return (
    lease.unchangedMs > (pods.length > 0 ? rules.ownGraceMs : Math.max(rules.absentGraceMs, rules.leaseDurationMs))
  );
}

function choose(
  orphan: ShardView,
  views: readonly ShardView[],
  rules: FailoverRules,
  extra: ReadonlyMap<string, number>,
): Takeover | undefined {
  const { lease } = orphan.facts;
  if (!lease) return undefined;
  const invitation = { shard: orphan.id, epoch: lease.epoch, renewTime: lease.renewTime };
  const isAlive = ({ phase, facts, id }: ShardView): boolean =>
    phase === 'Ready' && facts.lease?.holder !== undefined && !(rules.refused?.(orphan.id, id) ?? false);
  const { groupOf = ({ className }: ShardView) => className } = rules;
  const group = groupOf(orphan);
  const alive = views.filter((view) => isAlive(view) && !view.draining);
  const busyness = ({ id, load }: ShardView): number =>
    (extra.get(id) ?? 0) * 1000 + load.busy * 100 + load.backlog + load.applications / 1000;
  const peers = alive
    .filter((view) => view.id !== masterShard && groupOf(view) === group)
    .sort((a, b) => busyness(a) - busyness(b) || a.id.localeCompare(b.id));
  const master = alive.find(({ id }) => id === masterShard);
  if (rules.mode === 'evacuate') return master && { to: master.id, invitation: { ...invitation, drain: true } };
  const [peer] = peers;
  if (peer) return { to: peer.id, invitation };
  if (!master) return undefined;
  return { to: master.id, invitation: groupOf(master) === group ? invitation : { ...invitation, drain: true } };
}

/** When a shard was offered to each invitee, while its Lease was as it is. */
export type Offers = ReadonlyMap<string, number>;

type OfferTimes = Pick<MembershipRules, 'leaseDurationMs'>;

/** Whether an invitee has not responded in time. */
export function hasRefused(offers: Offers, invitee: string, now: number, { leaseDurationMs }: OfferTimes): boolean {
  const at = offers.get(invitee);
  return at !== undefined && now - at > leaseDurationMs;
}

/** Whether an earlier invitee may still respond; until then no other process is invited. */
export const isAwaited = (offers: Offers, now: number, { leaseDurationMs }: OfferTimes): boolean =>
  [...offers.values()].some((at) => now - at <= leaseDurationMs);
