import { ApiError } from './api-error.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { annotations } from './names.ts';

/**
 * Under which epochs something was written: first that of the family, which grows when it changes its shard, then that
 * of the shard's Lease, which grows when it changes its holder. As text `<family>.<lease>`, both decimal.
 */
export interface Fence {
  readonly family: number;
  readonly lease: number;
}

export const fenceText = ({ family, lease }: Fence): string => `${family}.${lease}`;

/** Undefined for what is not a fence. */
export function parseFence(text: string | undefined): Fence | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text ?? '');
  return match ? { family: Number(match[1]), lease: Number(match[2]) } : undefined;
}

/** The fence that an object's metadata carries, as it is written there. */
export const fenceOn = ({ metadata }: Pick<KubeObject, 'metadata'>): string | undefined =>
  metadata.annotations?.[annotations.shardFence];

/** The object with a fence; the object itself where there is none to give. */
export function fenced<T extends KubeObject>(object: T, fence: string | undefined): T {
  if (fence === undefined || fenceOn(object) === fence) return object;
  const { metadata } = object;
  const notes = { ...metadata.annotations, [annotations.shardFence]: fence };
  return { ...object, metadata: { ...metadata, annotations: notes } };
}

/** The annotation alone, to be spread into the metadata of a patch; nothing where there is no fence to give. */
export const fenceMetadata = (fence: string | undefined): Pick<KubeObject['metadata'], 'annotations'> =>
  fence === undefined ? {} : { annotations: { [annotations.shardFence]: fence } };

/** A write that a policy of the API server refused, because another process has the right to it by now. */
export interface FenceRefusal {
  /**
   * `holder`: another process holds the shard; `epoch`: the shard is in another term; `fleet`: another fleet owns the
   * Applications; `move`: the family was given up; the others: something newer was written. `lease` is said by an
   * installation of an earlier version.
   */
  readonly layer: 'holder' | 'epoch' | 'fleet' | 'lease' | 'move' | 'family' | 'delivered';
  /** Plural of what was to be written. */
  readonly kind: string;
  /** What the stored object carries, where that is the reason. */
  readonly stored: Fence | undefined;
}

/** Recognizes refusals of the fences; their texts are in templates/system/5*.yaml. */
export function fenceRefusalOf(error: unknown): FenceRefusal | undefined {
  if (error instanceof AggregateError) return error.errors.map(fenceRefusalOf).find((refusal) => refusal !== undefined);
  if (!(error instanceof ApiError) || error.code !== 403) return undefined;
  const match =
    /ValidatingAdmissionPolicy '.*' denied request: shard fence \((holder|epoch|fleet|lease|move|family|delivered)\): (.*)/.exec(
      error.message,
    );
  if (!match) return undefined;
  const stored = parseFence(/ carries (\d+\.\d+),/.exec(match[2] ?? '')?.[1]);
  return { layer: match[1] as FenceRefusal['layer'], kind: error.status.details?.kind ?? '', stored };
}
