import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contract/admission.ts';
import { forbidden, notFound } from '../contract/errors.ts';
import { sameJson } from '../contract/json.ts';
import type { PolicyRule } from './rbac.ts';
import { describeRights, grants, quoted, rightsOf } from './rule-cover.ts';
import type { Right } from './rule-cover.ts';
import type { Authorizer, User } from '../contract/user.ts';

const group = 'rbac.authorization.k8s.io';

interface RoleReference {
  readonly kind: string;
  readonly name: string;
}

/** Says what a user may do, and by which rules. */
export interface RightsSource extends Authorizer {
  rulesFor(user: User, namespace: string | undefined): readonly PolicyRule[];
}

/** Reads roles by kind, namespace and name. */
export type FindRole = (kind: string, namespace: string | undefined, name: string) => KubeObject | undefined;

/**
 * No user grants more than he has: the writer of a role or a binding must hold every right in it, or be allowed to
 * `escalate` the role or to `bind` it.
 */
export function escalationGuard(authorizer: RightsSource, findRole: FindRole): AdmissionPlugin {
  return {
    // before the object is validated, as the storage of these kinds does it
    mutate(request) {
      const { resource, operation, object, oldObject } = request;
      if (resource.group !== group || operation === 'DELETE' || object === undefined) return undefined;
      if (oldObject !== undefined && isForCollector(object, oldObject)) return undefined;
      const isRole = resource.kind === 'Role' || resource.kind === 'ClusterRole';
      if (isRole && may(authorizer, request, { verb: 'escalate', resource: resource.plural, name: request.name }))
        return undefined;
      const rules = isRole ? rulesOf(object) : boundRules(request, authorizer, findRole);
      const missing = missingRights(authorizer, request, rules);
      if (missing.length > 0) throw forbidden(resource, request.name, refusal(request.user, missing));
      if (!aggregates(object) && !aggregates(oldObject)) return undefined;
      if (missingRights(authorizer, { user: request.user, namespace: undefined }, everything).length === 0)
        return undefined;
      throw forbidden(resource, request.name, 'must have cluster-admin privileges to use the aggregationRule');
    },
  };
}

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Whether a role gathers the rules of others, whatever these may be. */
function aggregates(role: KubeObject | undefined): boolean {
  const rule = role?.['aggregationRule'] as { readonly clusterRoleSelectors?: readonly unknown[] } | undefined;
  return (rule?.clusterRoleSelectors ?? []).length > 0;
}

/** Whether an update changes nothing but what the garbage collector needs to. */
function isForCollector(object: KubeObject, old: KubeObject): boolean {
  const { ownerReferences, finalizers, managedFields, ...rest } = old.metadata;
  const compared = { ...object, metadata: { ...object.metadata, ownerReferences, finalizers, managedFields } };
  return sameJson(
    plain(compared),
    plain({ ...old, metadata: { ...rest, ownerReferences, finalizers, managedFields } }),
  );
}

/** Without what is empty, which counts as absent. */
function plain(object: object): unknown {
  return JSON.parse(JSON.stringify(object, (_, value: unknown) => (isEmpty(value) ? undefined : value)));
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);

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

/** The single rights in rules that are not the user's. */
function missingRights(
  authorizer: RightsSource,
  { user, namespace }: Pick<AdmissionRequest, 'user' | 'namespace'>,
  rules: readonly PolicyRule[],
): Right[] {
  if (user.groups.includes('system:masters')) return [];
  const own = authorizer.rulesFor(user, namespace);
  return rules.flatMap(rightsOf).filter((right) => !own.some((rule) => grants(rule, right)));
}

function refusal({ name, groups }: User, missing: readonly Right[]): string {
  return `user ${JSON.stringify(name)} (groups=${quoted(groups)}) is attempting to grant RBAC permissions not currently held:\n${describeRights(missing).join('\n')}`;
}
