import type { KubeObject } from '../apis/meta.ts';
import { annotations, labels } from '../apis/names.ts';
import { scheduledShard } from './assign.ts';
import type { Move, Ownership } from './handover.ts';

/** How far a move has come, as the annotation says it; whatever else it holds is not believed. */
type Stored = Partial<Pick<Move, 'id' | 'from' | 'to' | 'quiesced' | 'requestedAt' | 'reason' | 'cancelled'>>;

/**
 * Who owns an object of a family, read from its labels and annotations.
 *
 * The label names the target of a move, so that moves can be selected; the annotation says how far it is. A label
 * alone is a request, as a person or a policy may make it. An annotation alone is a move that somebody took back.
 */
export function ownershipOf({ metadata }: Pick<KubeObject, 'metadata'>): Ownership {
  const shard = scheduledShard({ metadata });
  const epoch = Number(/^\d{1,15}$/.exec(metadata.annotations?.[annotations.shardEpoch] ?? '')?.[0] ?? 0);
  return { shard, epoch, move: shard === undefined ? undefined : moveOf(metadata, shard) };
}

function moveOf({ labels: given, annotations: notes }: KubeObject['metadata'], shard: string): Move | undefined {
  const asked = given?.[labels.shardMove] ?? '';
  const stored = storedOf(notes?.[annotations.shardMove]);
  if (stored?.from !== shard) {
    if (asked === '' || asked === shard) return undefined;
    return { id: 'label', from: shard, to: asked, quiesced: 'no', requestedAt: 0, reason: 'label', cancelled: false };
  }
  const isStopped = stored.quiesced !== 'no';
  if (asked === '' && !isStopped) return undefined;
  // another target than the one that was acknowledged is a cancellation first
  const cancelled = stored.cancelled || asked !== stored.to;
  return cancelled && !isStopped && asked !== '' && asked !== stored.to
    ? { ...stored, id: 'label', to: asked, cancelled: false, reason: 'label' }
    : { ...stored, cancelled };
}

function storedOf(text: string | undefined): Move | undefined {
  const read = parsed(text);
  if (typeof read?.from !== 'string' || typeof read.to !== 'string') return undefined;
  const { id = '', from, to, requestedAt = 0, reason = '', cancelled = false } = read;
  const quiesced = read.quiesced === 'acknowledged' || read.quiesced === 'fenced' ? read.quiesced : 'no';
  return { id, from, to, quiesced, requestedAt, reason, cancelled };
}

function parsed(text: string | undefined): Stored | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Stored | undefined);
  } catch {
    return undefined;
  }
}

/**
 * The metadata of a JSON merge patch that makes an object say this of its owner. Send it with the resourceVersion that
 * was read: every step of a move is a compare-and-swap.
 */
export function ownershipPatch({ shard, epoch, move }: Ownership): {
  readonly labels: Readonly<Record<string, string | null>>;
  readonly annotations: Readonly<Record<string, string | null>>;
} {
  return {
    labels: { [labels.scheduledShardId]: shard ?? null, [labels.shardMove]: move?.to ?? null },
    annotations: {
      [annotations.shardEpoch]: epoch === 0 ? null : String(epoch),
      [annotations.shardMove]: move ? JSON.stringify(move) : null,
    },
  };
}
