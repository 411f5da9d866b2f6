import type { KubeObject } from '../../machinery/src/meta.ts';
import { scheduledShard } from './assign.ts';
import type { Move, Ownership } from './handover.ts';
import { applicationKeys } from './sharded-kind.ts';
import type { ShardKeys } from './sharded-kind.ts';

/**
 * Returns the owner of an object of a family, from its labels and annotations.
 *
 * The label names the target of a move, so that moves can be selected; the annotation says how far it is. A label
 * alone is a request, as a person or a policy may make it. Removing or changing the label takes the move
 * back; after the acknowledgement that takes a few steps more.
 */
export function ownershipOf({ metadata }: Pick<KubeObject, 'metadata'>, keys: ShardKeys = applicationKeys): Ownership {
  const shard = scheduledShard({ metadata }, keys.shard);
  const epoch = Number(/^\d{1,15}$/.exec(metadata.annotations?.[keys.epoch] ?? '')?.[0] ?? 0);
  return { shard, epoch, move: shard === undefined ? undefined : moveOf(metadata, shard, keys) };
}

function moveOf(
  { labels: given, annotations: notes }: KubeObject['metadata'],
  shard: string,
  keys: ShardKeys,
): Move | undefined {
  const asked = given?.[keys.move] ?? '';
  const read = storedMove(notes?.[keys.move]);
  const stored = read?.from === shard ? read : undefined;
  if (stored && stored.quiesced !== 'no') return { ...stored, cancelled: stored.cancelled || asked !== stored.to };
  if (asked === '' || asked === shard) return undefined;
  if (stored?.to === asked) return stored;
  return { id: 'label', from: shard, to: asked, quiesced: 'no', requestedAt: 0, reason: 'label', cancelled: false };
}

/**
 * Whether an object still records a move from another shard than its own: its label was changed by hand before the move
 * ended. The epoch was not raised then, so the present owner raises it before it writes anything else.
 */
export function hasRemains({ metadata }: Pick<KubeObject, 'metadata'>, keys: ShardKeys = applicationKeys): boolean {
  const from = storedMove(metadata.annotations?.[keys.move])?.from;
  const shard = scheduledShard({ metadata }, keys.shard);
  return from !== undefined && shard !== undefined && from !== shard;
}

/** Reads a move from the annotation; undefined where it has none. */
function storedMove(text: string | undefined): Move | undefined {
  const read = parsed(text);
  if (typeof read?.from !== 'string' || typeof read.to !== 'string') return undefined;
  const { id, from, to, requestedAt, reason } = read;
  return {
    id: typeof id === 'string' ? id : '',
    from,
    to,
    quiesced: read.quiesced === 'acknowledged' ? read.quiesced : 'no',
    requestedAt: typeof requestedAt === 'number' ? requestedAt : 0,
    reason: typeof reason === 'string' ? reason : '',
    cancelled: read.cancelled === true,
  };
}

function parsed(text: string | undefined): Partial<Record<keyof Move, unknown>> | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Partial<Record<keyof Move, unknown>> | undefined);
  } catch {
    return undefined;
  }
}

/**
 * The metadata of a JSON merge patch that makes an object say this of its owner. Send it with the resourceVersion that
 * was read: every step of a move is a compare-and-swap.
 */
export function ownershipPatch(
  { shard, epoch, move }: Ownership,
  keys: ShardKeys = applicationKeys,
): {
  readonly labels: Readonly<Record<string, string | null>>;
  readonly annotations: Readonly<Record<string, string | null>>;
} {
  return {
    labels: { [keys.shard]: shard ?? null, [keys.move]: move?.to ?? null },
    annotations: {
      [keys.epoch]: epoch === 0 ? null : String(epoch),
      [keys.move]: move ? JSON.stringify(move) : null,
    },
  };
}
