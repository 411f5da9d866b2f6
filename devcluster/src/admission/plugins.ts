import type { AdmissionPlugin } from '../contract/admission.ts';
import { MutatingPolicies, type MutatingSurroundings } from './mutating-policy.ts';
import { ValidatingPolicies } from './policy.ts';
import { Webhooks, type WebhookOptions } from './webhooks.ts';

/** The admission that users configure, in the server's order: policies before webhooks, for changes and for refusals. */
export function configuredAdmission(options: WebhookOptions & MutatingSurroundings): AdmissionPlugin[] {
  return [new MutatingPolicies(options), new ValidatingPolicies(options), new Webhooks(options)];
}
