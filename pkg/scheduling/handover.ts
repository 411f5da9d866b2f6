/**
 * The move of one family (an object and its members) from one shard to another, as a pure state machine.
 *
 * All state is on the main object; the mover keeps none and may be any process. Every function takes the state that was read
 * and returns the state to write; each write is a compare-and-swap of the main object, or an idempotent relabelling of a member.
 *
 *     Owned(s) ──request──► Requested(s→t) ──acknowledge──► Quiesced ──relabel members──► ──commit──► Owned(t)
 *
 * Where the processes of the source are gone, the adopter of its Lease acknowledges in its place.
 *
 * Rules that the model of `handover-model.test.ts` shows to be necessary: no member is relabelled before the source has
 * stopped; the source acknowledges only when nothing of it is in flight; the main object changes its label last, in the
 * one write that is the commit; the new owner verifies the family live before it acts, and so does the
 * source after a cancelled move, because its watches of the members may lag behind that of the main object.
 */

/** Whether the source, or its adopter, has stopped. */
export type Quiescence = 'no' | 'acknowledged';

export interface Move {
  /** Distinguishes moves with the same ends. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly quiesced: Quiescence;
  /** Milliseconds since the epoch. */
  readonly requestedAt: number;
  readonly reason: string;
  /** Whether the move is being taken back. */
  readonly cancelled: boolean;
}

/** The owner of a family, as its main object records it. */
export interface Ownership {
  /** Absent while the family is unassigned. */
  readonly shard: string | undefined;
  /** Grows by one with each change of owner. */
  readonly epoch: number;
  readonly move: Move | undefined;
}

/** The permission of a shard that sees the main object for the family. */
export type Permission = 'work' | 'acknowledge' | 'wait';

/** The next step of the mover, from the stored state. */
export type MoverStep =
  | { readonly do: 'nothing' }
  /** The holder of the source's Lease must acknowledge. */
  | { readonly do: 'await-source' }
  | { readonly do: 'relabel'; readonly to: string }
  | { readonly do: 'write'; readonly ownership: Ownership };

export type Outcome =
  { readonly ok: true; readonly ownership: Ownership } | { readonly ok: false; readonly problem: string };

/** Asks for a move. The same request again changes nothing; another move must end, or be cancelled, first. */
export function requestMove(
  own: Ownership,
  request: { readonly id: string; readonly to: string; readonly at: number; readonly reason: string },
): Outcome {
  const { id, to, at, reason } = request;
  if (own.shard === undefined) return { ok: false, problem: 'it has no shard to move from' };
  if (own.move?.to === to && !own.move.cancelled) return { ok: true, ownership: own };
  if (own.move) return { ok: false, problem: `it is being moved from ${own.move.from} to ${own.move.to}` };
  if (own.shard === to) return { ok: true, ownership: own };
  const move: Move = { id, from: own.shard, to, quiesced: 'no', requestedAt: at, reason, cancelled: false };
  return { ok: true, ownership: { ...own, move } };
}

/** Returns the permission of a shard: work on a family that it owns and that does not move, acknowledge once nothing is in flight. */
export function permissionOf(own: Ownership, shard: string): Permission {
  if (own.shard !== shard) return 'wait';
  if (!own.move) return 'work';
  return own.move.quiesced === 'no' && !own.move.cancelled ? 'acknowledge' : 'wait';
}

/** The source says that it has stopped. Valid only while it owns the family and is asked to give it up. */
export function acknowledge(own: Ownership, shard: string): Outcome {
  if (permissionOf(own, shard) !== 'acknowledge' || !own.move)
    return { ok: false, problem: `${shard} is not asked to give it up` };
  return { ok: true, ownership: { ...own, move: { ...own.move, quiesced: 'acknowledged' } } };
}

/** Takes a move back; possible until the commit. A second call changes nothing. */
export function cancelMove(own: Ownership): Outcome {
  if (!own.move) return { ok: false, problem: 'it is not being moved' };
  return { ok: true, ownership: { ...own, move: { ...own.move, cancelled: true } } };
}

/**
 * The next step of a move, given the shards that the members carry now (unlabelled ones as undefined).
 *
 * A cancelled move first gives every member its old label back and only then lets the source work again. Where there is
 * no move, the other shard has to release its members first: it may still work on them.
 */
export function nextMoverStep(own: Ownership, members: readonly (string | undefined)[]): MoverStep {
  const { move } = own;
  if (!move) return { do: 'nothing' };
  const goal = move.cancelled ? move.from : move.to;
  if (!move.cancelled && move.quiesced === 'no') return { do: 'await-source' };
  if (members.some((shard) => shard !== goal)) return { do: 'relabel', to: goal };
  if (move.cancelled) return { do: 'write', ownership: { ...own, move: undefined } };
  return { do: 'write', ownership: { shard: move.to, epoch: own.epoch + 1, move: undefined } };
}

/** Whether the owner, new or again, sees the whole family as its own, from a live list: only then may it act. */
export function isWholeFamily(own: Ownership, shard: string, members: readonly (string | undefined)[]): boolean {
  return permissionOf(own, shard) === 'work' && members.every((member) => member === shard);
}

/** The next step of an owner with a family that it has read live, before it may act. */
export type ClaimStep =
  | { readonly do: 'act' }
  /** Then the family is to be read again. */
  | { readonly do: 'write'; readonly ownership: Ownership }
  | { readonly do: 'relabel' }
  /** Ask that shard to let it go first. */
  | { readonly do: 'ask'; readonly other: string }
  | { readonly do: 'wait' };

/**
 * How a shard makes sure of a family. A complete one needs no write, so that an adoption writes to no object.
 * The record of a move that was ended by hand begins a new epoch, members of another shard are requested, and unlabelled
 * members become the shard's.
 */
export function nextClaimStep(
  own: Ownership,
  shard: string,
  { members, hasRemains }: { readonly members: readonly (string | undefined)[]; readonly hasRemains: boolean },
): ClaimStep {
  if (isWholeFamily(own, shard, members))
    return hasRemains ? { do: 'write', ownership: { ...own, epoch: own.epoch + 1 } } : { do: 'act' };
  const other = members.find((one) => one !== undefined && one !== shard);
  if (other === undefined) return { do: 'relabel' };
  return own.shard !== shard || own.move ? { do: 'wait' } : { do: 'ask', other };
}
