import type { Json, JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { deepEqual } from '../../machinery/src/patch/equality.ts';
import { InstallError } from './install-error.ts';

type Scope = 'cluster' | 'system' | 'delivery';
type Account = 'master' | 'shard';
type Condition = 'sharding' | 'webhooks' | 'impersonation' | 'delivery';

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export interface ReasonedRule extends Rule {
  readonly why: string;
  readonly when?: Condition;
}

/** A role as templates/rights.yaml has it. */
export interface RightsRole {
  readonly name: string;
  readonly scope: Scope;
  readonly accounts: readonly Account[];
  readonly when?: Condition;
  readonly rules: readonly ReasonedRule[];
}

/** Where the controllers may deliver: everywhere, in these namespaces, or as cluster-admin. */
export type Rights =
  { readonly mode: 'cluster' | 'admin' } | { readonly mode: 'namespaces'; readonly namespaces: readonly string[] };

const namePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Reads the value `rights`. Throws InstallError. */
export function readRights(values: JsonObject): Rights {
  const { rights } = values;
  const text = typeof rights === 'string' ? rights : JSON.stringify(rights);
  const { clusterAdmin } = values['rbac'] as { readonly clusterAdmin: boolean };
  if (clusterAdmin || text === 'admin') return { mode: 'admin' };
  if (text === 'cluster') return { mode: 'cluster' };
  const list = /^namespaces=(.+)$/
    .exec(text)?.[1]
    ?.split(',')
    .map((name) => name.trim());
  if (list?.every((name) => namePattern.test(name))) return { mode: 'namespaces', namespaces: [...new Set(list)] };
  throw new InstallError('BadValues', [`rights: must be cluster, namespaces=a,b or admin, not "${text}"`]);
}

export interface RightsContext {
  readonly fullname: string;
  readonly namespace: string;
  readonly labels: JsonObject;
  /** By what it is for; the same name twice where the shards have no account of their own. */
  readonly accounts: Readonly<Record<Account, string>>;
}

interface Authentication {
  readonly enabled: boolean;
  readonly serviceAccount: string;
  readonly namespaces: readonly string[];
}

/** The Roles, ClusterRoles and bindings of the controllers' accounts. */
export function renderRights(roles: readonly RightsRole[], values: JsonObject, context: RightsContext): KubeObject[] {
  const { create } = values['rbac'] as { readonly create: boolean };
  if (!create) return [];
  const rights = readRights(values);
  const holds = conditionsOf(values, rights);
  const granted = roles.filter(({ when }) => when === undefined || holds[when]);
  return [
    ...granted.flatMap((role) => roleObjects(withDispatch(role, values), { rights, holds, context })),
    ...impersonation(values, rights, context),
    ...(rights.mode === 'admin' && !isAuthenticated(values) ? [adminBinding(context)] : []),
  ];
}

const authenticationOf = (values: JsonObject): Authentication => values['authentication'] as unknown as Authentication;
const isAuthenticated = (values: JsonObject): boolean => authenticationOf(values).enabled;

function conditionsOf(values: JsonObject, rights: Rights): Readonly<Record<Condition, boolean>> {
  const flag = (key: string): boolean => (values[key] as { readonly enabled: boolean }).enabled;
  return {
    sharding: flag('sharding'),
    webhooks: flag('admissionWebhooks'),
    impersonation: isAuthenticated(values),
    // with rights=admin the controllers may do everything anyway, and what acts as others delivers nothing by itself
    delivery: rights.mode !== 'admin' && !isAuthenticated(values),
  };
}

function withDispatch(role: RightsRole, values: JsonObject): RightsRole {
  if (role.name !== 'deliver') return role;
  const { dispatch, listSecrets } = values['rbac'] as unknown as {
    readonly dispatch: readonly Rule[];
    readonly listSecrets: boolean;
  };
  const listing: Rule[] = listSecrets ? [{ apiGroups: [''], resources: ['secrets'], verbs: ['list', 'watch'] }] : [];
  return { ...role, rules: [...dispatch, ...listing].map((rule) => ({ ...rule, why: '' })) };
}

interface Rendering {
  readonly rights: Rights;
  readonly holds: Readonly<Record<Condition, boolean>>;
  readonly context: RightsContext;
}

function roleObjects(role: RightsRole, { rights, holds, context }: Rendering): KubeObject[] {
  const { fullname, accounts } = context;
  const rules = role.rules
    .filter(({ when }) => when === undefined || holds[when])
    .map(({ why: _why, when: _when, ...rule }) => named(rule, fullname));
  if (rules.length === 0) return [];
  const subjects = [...new Set(role.accounts.map((account) => accounts[account]))];
  const grant = { name: `${fullname}:${role.name}`, rules, subjects };
  return placesOf(role.scope, rights, context).flatMap((namespace) => grantObjects(grant, namespace, context));
}

/** Undefined stands for the whole cluster. */
function placesOf(scope: Scope, rights: Rights, { namespace }: RightsContext): readonly (string | undefined)[] {
  if (scope === 'system') return [namespace];
  if (scope === 'cluster' || rights.mode !== 'namespaces') return [undefined];
  return rights.namespaces;
}

const named = (rule: Rule, fullname: string): Rule =>
  rule.resourceNames === undefined
    ? rule
    : { ...rule, resourceNames: rule.resourceNames.map((name) => name.replace('{fullname}', fullname)) };

const group = 'rbac.authorization.k8s.io';

interface Grant {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly subjects: readonly string[];
}

/** A role and its binding: in a namespace, or in the whole cluster. */
function grantObjects(
  { name, rules, subjects }: Grant,
  place: string | undefined,
  context: RightsContext,
): KubeObject[] {
  const kind = place === undefined ? 'ClusterRole' : 'Role';
  const metadata = { name, ...(place !== undefined && { namespace: place }), labels: context.labels };
  const accounts = subjects.map((account) => subjectOf(account, context));
  const roleRef = { apiGroup: group, kind, name };
  const apiVersion = `${group}/v1`;
  return [
    { apiVersion, kind, metadata, rules } as unknown as KubeObject,
    { apiVersion, kind: `${kind}Binding`, metadata, roleRef, subjects: accounts } as unknown as KubeObject,
  ];
}

const subjectOf = (name: string, { namespace }: RightsContext): JsonObject => ({
  kind: 'ServiceAccount',
  name,
  namespace,
});

/** The right to act as others: as one account in each namespace or, as KubeVela does, as everybody. */
function impersonation(values: JsonObject, rights: Rights, context: RightsContext): KubeObject[] {
  const { enabled, serviceAccount, namespaces } = authenticationOf(values);
  if (!enabled) return [];
  const subjects = [...new Set(Object.values(context.accounts))];
  const name = `${context.fullname}:impersonate-author`;
  if (serviceAccount === '') {
    const rules = [{ apiGroups: [''], resources: ['users', 'groups', 'serviceaccounts'], verbs: ['impersonate'] }];
    return grantObjects({ name, rules, subjects }, undefined, context);
  }
  const places = rights.mode === 'namespaces' ? [...rights.namespaces, ...namespaces] : namespaces;
  if (places.length === 0) {
    const text = 'authentication.namespaces: must name the namespaces with the account that Applications act as';
    throw new InstallError('BadValues', [text]);
  }
  const rule: Rule = {
    apiGroups: [''],
    resources: ['serviceaccounts'],
    resourceNames: [serviceAccount],
    verbs: ['impersonate'],
  };
  return [...new Set(places)].flatMap((place) => grantObjects({ name, rules: [rule], subjects }, place, context));
}

function adminBinding(context: RightsContext): KubeObject {
  const subjects = [...new Set(Object.values(context.accounts))].map((account) => subjectOf(account, context));
  return {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: `${context.fullname}:cluster-admin`, labels: context.labels },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects,
  } as unknown as KubeObject;
}

/**
 * Returns every rule that one account gets from rendered roles, by scope.
 *
 * @testonly
 */
export function rulesOf(objects: readonly KubeObject[], account: string): ReadonlyMap<string, readonly Rule[]> {
  const found = new Map<string, Rule[]>();
  for (const binding of objects.filter(({ kind }) => kind.endsWith('RoleBinding') || kind.endsWith('Binding'))) {
    const subjects = (binding['subjects'] ?? []) as readonly { readonly name: string }[];
    if (!subjects.some(({ name }) => name === account)) continue;
    const reference = binding['roleRef'] as { readonly kind: string; readonly name: string };
    const place = binding.metadata.namespace ?? '';
    const role = objects.find(
      (object) =>
        object.kind === reference.kind &&
        object.metadata.name === reference.name &&
        deepEqual((object.metadata.namespace ?? '') as Json, (reference.kind === 'Role' ? place : '') as Json),
    );
    found.set(place, [...(found.get(place) ?? []), ...((role?.['rules'] ?? []) as readonly Rule[])]);
  }
  return found;
}
