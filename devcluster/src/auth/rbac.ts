import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { Attributes, Authorizer, Decision, User } from '../contract/user.ts';

export interface PolicyRule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

interface Binding {
  readonly name: string;
  /** Empty for a ClusterRoleBinding. */
  readonly namespace: string;
  readonly role: string;
  readonly subjects: readonly Subject[];
  readonly text: string;
}

export type RbacKind = 'Role' | 'ClusterRole' | 'RoleBinding' | 'ClusterRoleBinding';

/** The rights of users, in maps that follow the stored roles and bindings, so that no request scans them. */
export class Rbac implements Authorizer {
  /** Rules by `Role/namespace/name` or `ClusterRole//name`. */
  readonly #rules = new Map<string, readonly PolicyRule[]>();
  /** Bindings by subject: `User/x`, `Group/x`, `ServiceAccount/ns/x`. */
  readonly #bindings = new Map<string, Map<string, Binding>>();

  /** Takes in a role or binding as it is stored now; `undefined` once it is gone. */
  put(kind: RbacKind, namespace: string, name: string, object: KubeObject | undefined): void {
    if (kind === 'Role' || kind === 'ClusterRole') {
      const key = `${kind}/${namespace}/${name}`;
      if (object) this.#rules.set(key, (object['rules'] ?? []) as readonly PolicyRule[]);
      else this.#rules.delete(key);
      return;
    }
    const id = `${kind}/${namespace}/${name}`;
    for (const bindings of this.#bindings.values()) bindings.delete(id);
    if (!object) return;
    const binding = bindingOf(kind, namespace, object);
    for (const subject of binding.subjects) {
      const key = subjectKey(subject);
      const bindings = this.#bindings.get(key) ?? new Map<string, Binding>();
      this.#bindings.set(key, bindings.set(id, binding));
    }
  }

  authorize(attributes: Attributes): Decision {
    if (attributes.user.groups.includes('system:masters')) return { allowed: true, reason: '' };
    for (const { binding, rules } of this.#grants(attributes.user, attributes.namespace)) {
      if (!rules.some((rule) => covers(rule, attributes))) continue;
      const keys = keysOf(attributes.user);
      const subject = binding.subjects.find((one) => keys.includes(subjectKey(one)));
      const to = subject === undefined ? '' : ` to ${subject.kind} "${subjectText(subject)}"`;
      return { allowed: true, reason: `${binding.text}${to}` };
    }
    return { allowed: false, reason: '' };
  }

  /** Every rule that a user has in a namespace, for SelfSubjectRulesReview. */
  rulesFor(user: User, namespace: string | undefined): readonly PolicyRule[] {
    return [...this.#grants(user, namespace)].flatMap(({ rules }) => rules);
  }

  /** What a user's bindings grant, those for all namespaces first. */
  *#grants(user: User, namespace: string | undefined): Generator<{ binding: Binding; rules: readonly PolicyRule[] }> {
    const places = namespace === undefined || namespace === '' ? [''] : ['', namespace];
    const bindings = keysOf(user).map((key) => this.#bindings.get(key));
    for (const place of places) {
      for (const of of bindings) {
        for (const binding of of?.values() ?? []) {
          if (binding.namespace !== place) continue;
          const rules = this.#rules.get(binding.role);
          if (rules) yield { binding, rules };
        }
      }
    }
  }
}

function bindingOf(kind: RbacKind, namespace: string, object: KubeObject): Binding {
  const roleRef = object['roleRef'] as { kind: string; name: string };
  const subjects = (object['subjects'] ?? []) as readonly Subject[];
  const name = object.metadata.name ?? '';
  const role = roleRef.kind === 'Role' ? `Role/${namespace}/${roleRef.name}` : `ClusterRole//${roleRef.name}`;
  const place = namespace === '' ? name : `${name}/${namespace}`;
  const text = `RBAC: allowed by ${kind} "${place}" of ${roleRef.kind} "${roleRef.name}"`;
  return { name, namespace, role, subjects, text };
}

const subjectText = (s: Subject): string => (s.kind === 'ServiceAccount' ? `${s.name}/${s.namespace ?? ''}` : s.name);
const subjectKey = (s: Subject): string =>
  s.kind === 'ServiceAccount' ? `ServiceAccount/${s.namespace ?? ''}/${s.name}` : `${s.kind}/${s.name}`;

function keysOf(user: User): string[] {
  const account = /^system:serviceaccount:([^:]+):(.+)$/.exec(user.name);
  const own = account ? [`ServiceAccount/${account[1] ?? ''}/${account[2] ?? ''}`] : [];
  return [`User/${user.name}`, ...own, ...user.groups.map((group) => `Group/${group}`)];
}

/** Whether a rule allows a request; `*` stands for all, and `*` + `/sub` for the subresource of all. */
export function covers(rule: PolicyRule, attributes: Attributes): boolean {
  if (!includes(rule.verbs, attributes.verb)) return false;
  const { path, resource, subresource, group = '', name = '' } = attributes;
  if (resource === undefined) return (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, path ?? ''));
  if (!includes(rule.apiGroups, group)) return false;
  const combined = subresource ? `${resource}/${subresource}` : resource;
  const wanted = subresource ? ['*', combined, `*/${subresource}`] : ['*', combined];
  if (!(rule.resources ?? []).some((entry) => wanted.includes(entry))) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(name);
}

const includes = (list: readonly string[] | undefined, wanted: string): boolean =>
  list?.some((entry) => entry === '*' || entry === wanted) ?? false;

function matchesPath(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));
}
