import type { KubeObject } from '../../../machinery/src/meta.ts';
import { badRequest, invalid } from '../contract/errors.ts';
import { StatusError } from '../contract/status-error.ts';
import { invalid as invalidField, Struct } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import type { PolicyRule, Rbac } from './rbac.ts';
import type { Subjects, Tokens } from './tokens.ts';
import { apiAudience } from './tokens.ts';
import type { Attributes, User } from '../contract/user.ts';

interface ResourceAttributes {
  readonly namespace?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
}

interface AccessSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
  readonly user?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** SubjectAccessReview, LocalSubjectAccessReview, and with `self` SelfSubjectAccessReview. */
export function reviewAccess(
  review: KubeObject,
  rbac: Rbac,
  { self, namespace: place }: { readonly self?: User; readonly namespace?: string | undefined } = {},
): KubeObject {
  const spec = (review['spec'] ?? {}) as AccessSpec;
  checkAccess(spec, self !== undefined, place);
  const user = self ?? {
    name: spec.user ?? '',
    groups: spec.groups ?? [],
    ...(spec.uid && { uid: spec.uid }),
    ...(spec.extra && { extra: spec.extra }),
  };
  const { allowed, reason } = rbac.authorize(attributesOf(spec, user));
  return { ...review, status: { allowed, ...(reason && { reason }) } };
}

function checkAccess(spec: AccessSpec, isSelf: boolean, namespace: string | undefined): void {
  const problems: FieldProblem[] = namespace === undefined ? [] : placeProblems(spec, namespace);
  if (spec.resourceAttributes && spec.nonResourceAttributes) {
    const text = 'cannot be specified in combination with resourceAttributes';
    problems.push(invalidField('spec.nonResourceAttributes', shownPath(spec), text));
  } else if (!spec.resourceAttributes && !spec.nonResourceAttributes) {
    const text = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    problems.push(invalidField('spec.resourceAttributes', null, text));
  }
  if (!isSelf && !spec.user && (spec.groups ?? []).length === 0) {
    problems.push(invalidField('spec.user', spec.user ?? '', 'at least one of user or group must be specified'));
  }
  if (problems.length === 0) return;
  const { status } = invalid({ group: 'authorization.k8s.io', kind: '' }, '', problems);
  throw new StatusError({ ...status, details: { group: 'authorization.k8s.io', causes: problems } });
}

/** A LocalSubjectAccessReview is about its own namespace. */
function placeProblems(spec: AccessSpec, namespace: string): FieldProblem[] {
  const asked = spec.resourceAttributes?.namespace ?? '';
  const problems: FieldProblem[] = [];
  if (spec.resourceAttributes && asked !== namespace)
    problems.push(invalidField('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace'));
  if (spec.nonResourceAttributes)
    problems.push(invalidField('spec.nonResourceAttributes', shownPath(spec), 'disallowed on this kind of request'));
  return problems;
}

/** A path as kube-apiserver shows it: by its internal names. */
function shownPath({ nonResourceAttributes: path }: AccessSpec): Struct {
  return new Struct({ Path: path?.path ?? '', Verb: path?.verb ?? '' });
}

function attributesOf({ resourceAttributes: r, nonResourceAttributes: n }: AccessSpec, user: User): Attributes {
  if (!r) return { user, verb: n?.verb ?? '', path: n?.path ?? '' };
  const { verb = '', group = '', resource = '', ...rest } = r;
  return { user, verb, group, resource, ...rest };
}

/** TokenReview: the user of a token. */
export async function reviewToken(review: KubeObject, tokens: Tokens, subjects: Subjects): Promise<KubeObject> {
  const { token = '', audiences } = (review['spec'] ?? {}) as { token?: string; audiences?: readonly string[] };
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const verified = await tokens.verify(token, subjects, audiences?.length ? audiences : [apiAudience]);
  if (!verified) return { ...review, status: { user: {}, error: 'invalid bearer token' } };
  return { ...review, status: { authenticated: true, user: userInfo(verified.user), audiences: verified.audiences } };
}

/** SelfSubjectReview: the user of the request. */
export function reviewSelf(review: KubeObject, user: User, now: number): KubeObject {
  const creationTimestamp = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  return { ...review, metadata: { ...review.metadata, creationTimestamp }, status: { userInfo: userInfo(user) } };
}

/** SelfSubjectRulesReview: what the user may do in one namespace. */
export function reviewRules(review: KubeObject, rbac: Rbac, user: User): KubeObject {
  const { namespace } = (review['spec'] ?? {}) as { namespace?: string };
  if (namespace === undefined || namespace === '') throw badRequest('no namespace on request');
  const rules = user.groups.includes('system:masters')
    ? [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ]
    : rbac.rulesFor(user, namespace);
  const onPaths = (rule: PolicyRule): boolean => (rule.nonResourceURLs ?? []).length > 0;
  const resourceRules = rules
    .filter((rule) => !onPaths(rule))
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      apiGroups,
      resources,
      ...(resourceNames && { resourceNames }),
    }));
  const nonResourceRules = rules.filter(onPaths).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  return { ...review, status: { resourceRules, nonResourceRules, incomplete: false } };
}

function userInfo({ name, uid, groups, extra }: User): object {
  return { username: name, ...(uid && { uid }), groups, ...(extra && Object.keys(extra).length > 0 && { extra }) };
}
