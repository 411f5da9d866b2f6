export type InstallReason =
  | 'BadValues'
  | 'BadTemplate'
  | 'NotReady'
  | 'ApplicationsExist'
  | 'FleetExists'
  | 'ModeChange'
  | 'NotOurs'
  | 'ShardsExist';

/** Why an installation stopped; `problems` holds every one that was found. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
  readonly reason: InstallReason;
  readonly problems: readonly string[];

  constructor(reason: InstallReason, problems: readonly string[], cause?: unknown) {
    super(problems.join('; '), cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.problems = problems;
  }
}
