import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { defineLazily, toLazyCel } from '../cel/values.ts';
import { at, recordsOf, textOf } from '../contract/json.ts';
import type { AdmissionRequest } from '../contract/admission.ts';
import { compileExpression, variablesOf, type Variables } from './expressions.ts';
import type { Bound, PolicySurroundings } from './policy-match.ts';

/**
 * What the expressions of a policy see of a request, with the policy's own `variables`: each computed when first asked
 * for, and a failure is the same for every reader.
 */
export function policyVariables(
  { policy, matched }: Bound,
  request: AdmissionRequest,
  params: KubeObject | undefined,
  around: PolicySurroundings,
): Variables {
  const variables: Record<string, unknown> = {
    ...factsOf(request, matched, around),
    params: toLazyCel(params ?? null),
  };
  const own: Record<string, unknown> = {};
  for (const { name, expression } of recordsOf(at(policy, 'spec')['variables'])) {
    defineLazily(own, textOf(name), () => compileExpression(textOf(expression))(variables));
  }
  variables['variables'] = own;
  return variables;
}

/** What does not depend on the policy; a policy with many parameters asks for it as often. */
const known = new WeakMap<AdmissionRequest, Map<string, Variables>>();

function factsOf(
  request: AdmissionRequest,
  matched: Resource,
  { namespace, authorizer }: PolicySurroundings,
): Variables {
  const own = known.get(request) ?? new Map<string, Variables>();
  known.set(request, own);
  const key = `${matched.group}/${matched.version}/${matched.plural}`;
  const before = own.get(key);
  if (before) return before;
  const isNamespace = request.resource.group === '' && request.resource.plural === 'namespaces';
  const namespaceObject = request.namespace === undefined || isNamespace ? undefined : namespace(request.namespace);
  const facts = variablesOf({ request, matched, namespaceObject, authorizer });
  own.set(key, facts);
  return facts;
}
