export type DispatchReason =
  | 'NotManaged'
  | 'ManagedByOther'
  | 'NotAllowed'
  | 'Missing'
  | 'Terminating'
  | 'ForeignTracker'
  | 'UnreadableTracker'
  | 'Duplicate';

/** A resource that may not be, or cannot be, delivered as asked. */
export class DispatchError extends Error {
  override readonly name = 'DispatchError';
  readonly reason: DispatchReason;

  constructor(reason: DispatchReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
