/** Why an election could not go on, or a term ended. */
export type LeaseReason = 'BadDurations' | 'Lost';

export class LeaseError extends Error {
  override readonly name = 'LeaseError';
  readonly reason: LeaseReason;

  constructor(reason: LeaseReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
