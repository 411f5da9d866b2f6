import type { KubeObject } from '../../../machinery/src/meta.ts';
import { StatusError } from '../contract/status-error.ts';
import { at, recordsOf, textOf, type JsonRecord } from '../contract/json.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contract/admission.ts';
import { compileExpression, conditionsHold, explain, type Variables } from './expressions.ts';
import { boundPolicies, paramsOf, type Bound, type PolicySurroundings } from './policy-match.ts';
import { policyVariables } from './policy-variables.ts';
import { forbiddenBy } from './refusals.ts';
import { isExempt } from './rules.ts';

const plurals = { policies: 'validatingadmissionpolicies', bindings: 'validatingadmissionpolicybindings' };

/** One thing that a policy has against a request. */
interface Objection {
  readonly bound: Bound;
  readonly message: string;
  readonly reason: string;
  /** Whether the policy could not even be asked: then the request is refused whatever the binding's actions are. */
  readonly isMisconfigured: boolean;
}

/** Evaluates ValidatingAdmissionPolicies through their bindings; objections refuse, warn or go to the audit. */
export class ValidatingPolicies implements AdmissionPlugin {
  readonly #around: PolicySurroundings;

  constructor(around: PolicySurroundings) {
    this.#around = around;
  }

  validate(request: AdmissionRequest): void {
    if (isExempt(request)) return;
    const objections = boundPolicies(plurals, request, this.#around).flatMap((bound) =>
      this.#objections(bound, request),
    );
    const denied: Objection[] = [];
    for (const objection of objections) {
      const actions = at(objection.bound.binding, 'spec')['validationActions'];
      const has = (action: string) => Array.isArray(actions) && actions.includes(action);
      if (objection.isMisconfigured || has('Deny')) denied.push(objection);
      if (objection.isMisconfigured) continue;
      if (has('Warn')) request.warn(`Validation failed for ${nameOf(objection.bound)}: ${objection.message}`);
      if (has('Audit'))
        this.#around.audit?.(
          request,
          'validation.policy.admission.k8s.io/validation_failure',
          JSON.stringify([auditEntry(objection, actions)]),
        );
    }
    const [first] = denied;
    if (first) throw refusal(request, `${nameOf(first.bound)} denied request: ${first.message}`, first.reason);
  }

  #objections(bound: Bound, request: AdmissionRequest): Objection[] {
    const object = (message: string, isMisconfigured: boolean): Objection[] =>
      isLenient(bound.policy) ? [] : [{ bound, message, reason: '', isMisconfigured }];
    const found = paramsOf(bound, request, this.#around.findParams);
    if (!found.ok) return object(found.message, true);
    return found.params.flatMap((params) => {
      const variables = policyVariables(bound, request, params, this.#around);
      const conditions = conditionsHold(at(bound.policy, 'spec')['matchConditions'], () => variables);
      if (conditions.matches === 'error') return object(conditions.message, false);
      if (!conditions.matches) return [];
      this.#annotate(bound, request, variables);
      return recordsOf(at(bound.policy, 'spec')['validations']).flatMap((validation) => {
        const outcome = evaluate(validation, variables);
        if (outcome.result === 'error') return object(outcome.message, false);
        return outcome.result
          ? []
          : [{ bound, message: outcome.message, reason: textOf(validation['reason']), isMisconfigured: false }];
      });
    });
  }

  #annotate({ policy }: Bound, request: AdmissionRequest, variables: Variables): void {
    const { audit } = this.#around;
    if (!audit) return;
    for (const { key, valueExpression } of recordsOf(at(policy, 'spec')['auditAnnotations'])) {
      try {
        const value = compileExpression(textOf(valueExpression))(variables);
        if (typeof value === 'string' && value !== '')
          audit(request, `${policy.metadata.name ?? ''}/${textOf(key)}`, value);
      } catch (error) {
        audit(request, `${policy.metadata.name ?? ''}/${textOf(key)}`, explain(error));
      }
    }
  }
}

type Outcome =
  | { readonly result: true }
  | { readonly result: false; readonly message: string }
  | { readonly result: 'error'; readonly message: string };

function evaluate(validation: JsonRecord, variables: Variables): Outcome {
  const expression = textOf(validation['expression']);
  try {
    const result = compileExpression(expression)(variables);
    if (result === true) return { result };
    if (result !== false)
      return { result: 'error', message: `expression '${expression}' resulted in error: it must evaluate to a bool` };
  } catch (error) {
    return { result: 'error', message: `expression '${expression}' resulted in error: ${explain(error)}` };
  }
  return { result: false, message: messageOf(validation, variables) };
}

function messageOf(validation: JsonRecord, variables: Variables): string {
  const fallback = textOf(validation['message'], `failed expression: ${textOf(validation['expression']).trim()}`);
  const expression = textOf(validation['messageExpression']);
  if (expression === '') return fallback;
  try {
    const message = compileExpression(expression)(variables);
    return typeof message === 'string' && message.trim() !== '' && !message.includes('\n') ? message.trim() : fallback;
  } catch {
    // A message that cannot be computed never hides the objection itself.
    return fallback;
  }
}

function isLenient(policy: KubeObject): boolean {
  return at(policy, 'spec')['failurePolicy'] === 'Ignore';
}

function nameOf({ policy, binding }: Bound): string {
  return `ValidatingAdmissionPolicy '${policy.metadata.name ?? ''}' with binding '${binding.metadata.name ?? ''}'`;
}

function auditEntry({ bound, message }: Objection, actions: unknown): object {
  return {
    message,
    policy: bound.policy.metadata.name,
    binding: bound.binding.metadata.name,
    validationActions: actions,
  };
}

const codes: Readonly<Record<string, number | undefined>> = {
  Unauthorized: 401,
  Forbidden: 403,
  RequestEntityTooLarge: 413,
};

/** The refusal of a policy: worded as forbidden, of the reason that the validation names, else Invalid. */
export function refusal(request: AdmissionRequest, message: string, reason: string): StatusError {
  const { status } = forbiddenBy(request, message);
  const { message: text, details } = status;
  return new StatusError({
    ...(text === undefined ? {} : { message: text }),
    reason: reason === '' ? 'Invalid' : reason,
    code: codes[reason] ?? 422,
    details: { ...details, causes: [{ message }] },
  });
}
