export type AddonReason =
  | 'NotFound'
  | 'BadAddon'
  | 'BadParameters'
  | 'BadTemplate'
  | 'Requirement'
  | 'Dependency'
  | 'Conflict'
  | 'InUse'
  | 'NotEnabled'
  | 'Failed'
  | 'NotReady'
  | 'Registry';

/** Why something with an addon did not happen; `problems` holds every one that was found. */
export class AddonError extends Error {
  override readonly name = 'AddonError';
  readonly reason: AddonReason;
  readonly problems: readonly string[];

  constructor(reason: AddonReason, problems: readonly string[], cause?: unknown) {
    super(problems.join('; '), cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.problems = problems;
  }
}
