import type { KubeObject, Resource } from '../../apis/meta.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission/admission.ts';
import { forbidden, notFound } from '../apiserver/errors.ts';
import { sameJson } from '../kinds/json.ts';
import type { PolicyRule } from './rbac.ts';
import type { Attributes, Authorizer, User } from './user.ts';

const group = 'rbac.authorization.k8s.io';

interface RoleReference {
  readonly kind: string;
  readonly name: string;
}

/** What the guard looks up: roles by kind, namespace and name. */
export type FindRole = (kind: string, namespace: string | undefined, name: string) => KubeObject | undefined;

/**
 * Nobody grants more than he has: whoever writes a role or a binding must hold every right in it, or be allowed to
 * `escalate` the role or to `bind` it.
 */
export function escalationGuard(authorizer: Authorizer, findRole: FindRole): AdmissionPlugin {
  return {
    validate(request) {
      const { resource, operation, object, oldObject } = request;
      if (resource.group !== group || operation === 'DELETE' || object === undefined) return;
      const isRole = resource.kind === 'Role' || resource.kind === 'ClusterRole';
      const field = isRole ? 'rules' : 'roleRef';
      if (isRole && oldObject !== undefined && sameJson(object[field], oldObject[field])) return;
      const rules = isRole ? rulesOf(object) : boundRules(request, authorizer, findRole);
      if (isRole && may(authorizer, request, { verb: 'escalate', resource: resource.plural, name: request.name }))
        return;
      const missing = rules.filter((rule) => !holds(authorizer, request.user, request.namespace, rule));
      if (missing.length > 0) throw forbidden(resource, request.name, refusal(request.user, missing));
    },
  };
}

function rulesOf(role: KubeObject): readonly PolicyRule[] {
  return (role['rules'] ?? []) as readonly PolicyRule[];
}

/** The rules that a binding grants; none when the user may bind the role anyway. */
function boundRules(request: AdmissionRequest, authorizer: Authorizer, findRole: FindRole): readonly PolicyRule[] {
  const { kind, name } = request.object?.['roleRef'] as RoleReference;
  const plural = `${kind.toLowerCase()}s`;
  const role: Resource = { group, version: 'v1', kind, plural, namespaced: kind === 'Role' };
  if (may(authorizer, request, { verb: 'bind', resource: plural, name })) return [];
  const found = findRole(kind, kind === 'Role' ? request.namespace : undefined, name);
  if (found === undefined) throw notFound(role, name);
  return rulesOf(found);
}

function may(
  authorizer: Authorizer,
  { user, namespace }: AdmissionRequest,
  right: { readonly verb: string; readonly resource: string; readonly name: string },
): boolean {
  const place = namespace === undefined ? {} : { namespace };
  return authorizer.authorize({ user, group, version: 'v1', ...right, ...place }).allowed;
}

/** Whether every single right of a rule is the user's; `*` must be granted as `*`. */
function holds(authorizer: Authorizer, user: User, namespace: string | undefined, rule: PolicyRule): boolean {
  return [...rights(rule)].every(
    (right) => authorizer.authorize({ user, ...right, ...(namespace === undefined ? {} : { namespace }) }).allowed,
  );
}

function* rights(rule: PolicyRule): Generator<Omit<Attributes, 'user'>> {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const names = resourceNames.length === 0 ? [''] : resourceNames;
  for (const verb of verbs) {
    for (const path of nonResourceURLs) yield { verb, path };
    for (const apiGroup of apiGroups) {
      for (const entry of resources) {
        const [resource = '', subresource = ''] = entry.split('/');
        for (const name of names) yield { verb, group: apiGroup, resource, subresource, name };
      }
    }
  }
}

function refusal({ name, groups }: User, missing: readonly PolicyRule[]): string {
  const list = (values: readonly string[] = []): string => `[${values.map((v) => JSON.stringify(v)).join(', ')}]`;
  const lines = missing.map(({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }) => {
    if (nonResourceURLs !== undefined) return `{NonResourceURLs:${list(nonResourceURLs)}, Verbs:${list(verbs)}}`;
    const named = resourceNames === undefined ? '' : `, ResourceNames:${list(resourceNames)}`;
    return `{APIGroups:${list(apiGroups)}, Resources:${list(resources)}${named}, Verbs:${list(verbs)}}`;
  });
  return `user ${JSON.stringify(name)} (groups=${list(groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`;
}
