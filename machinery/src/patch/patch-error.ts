/**
 * Why a patch was refused.
 *
 * - `MalformedPatch`: the body is no patch of its type; the API server answers 400.
 * - `NotApplicable`: a well-formed patch that does not fit the object; 422.
 * - `UnknownDirective`: a strategic merge patch with a directive that does not exist or is out of place; 500.
 * - `SchemaViolation`: an applied object with unknown fields, wrong types or duplicate keys; 500.
 */
export type PatchReason = 'MalformedPatch' | 'NotApplicable' | 'UnknownDirective' | 'SchemaViolation';

export class PatchError extends Error {
  override readonly name = 'PatchError';
  readonly reason: PatchReason;

  constructor(reason: PatchReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
