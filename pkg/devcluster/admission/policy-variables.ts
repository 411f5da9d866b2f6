import type { KubeObject } from '../../apis/meta.ts';
import { at, recordsOf, textOf } from '../kinds/json.ts';
import type { AdmissionRequest } from './admission.ts';
import { compileExpression, variablesOf, type Variables } from './expressions.ts';
import type { Bound, PolicySurroundings } from './policy-match.ts';

/**
 * What the expressions of a policy see of a request, with the policy's own `variables`: each computed when first asked
 * for, and failing for everyone who asks when it fails.
 */
export function policyVariables(
  { policy, matched }: Bound,
  request: AdmissionRequest,
  params: KubeObject | undefined,
  around: PolicySurroundings,
): Variables {
  const { namespace, authorizer } = around;
  const isNamespace = request.resource.group === '' && request.resource.plural === 'namespaces';
  const namespaceObject = request.namespace === undefined || isNamespace ? undefined : namespace(request.namespace);
  const variables = variablesOf({ request, matched, namespaceObject, authorizer, params });
  const own: Record<string, unknown> = {};
  for (const { name, expression } of recordsOf(at(policy, 'spec')['variables'])) {
    defineLazily(own, textOf(name), () => compileExpression(textOf(expression))(variables));
  }
  variables['variables'] = own;
  return variables;
}

function defineLazily(target: object, name: string, compute: () => unknown): void {
  let known: { readonly value: unknown } | undefined;
  Object.defineProperty(target, name, {
    enumerable: true,
    configurable: true,
    get: () => (known ??= { value: compute() }).value,
  });
}
