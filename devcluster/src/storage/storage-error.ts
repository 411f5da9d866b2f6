/**
 * Why storage refused.
 *
 * - `Changed`: the object is not in the state that the write was based on.
 * - `Unusable`: the data directory is foreign, damaged or written by an incompatible version.
 * - `Failed`: writing to disk failed; nothing is accepted any more.
 */
export type StorageReason = 'Changed' | 'Unusable' | 'Failed';

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly reason: StorageReason;

  constructor(reason: StorageReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
